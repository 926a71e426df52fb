;; The gate: asks the policy about the scheme and the authority of a request, and sends it, or drops it.
(module
  (import "mcpgen:gate/policy" "allowed" (func $allowed (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]outgoing-request.scheme" (func $scheme (param i32 i32)))
  (import "wasi:http/types@0.2.0" "[method]outgoing-request.authority" (func $authority (param i32 i32)))
  (import "wasi:http/types@0.2.0" "[resource-drop]outgoing-request" (func $drop-request (param i32)))
  (import "wasi:http/types@0.2.0" "[resource-drop]request-options" (func $drop-options (param i32)))
  (import "wasi:http/outgoing-handler@0.2.0" "handle" (func $send (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 4096))
  (data (i32.const 1024) "http")
  (data (i32.const 1028) "https")

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))) (then (unreachable)))
    (local.get $at))

  (func $goes (param $request i32) (result i32)
    (local $named i32) (local $size i32)
    (global.set $free (i32.const 4096)) ;; nothing is kept from one request to the next
    (call $authority (local.get $request) (i32.const 64))
    (if (i32.eqz (i32.load8_u (i32.const 64))) (then (return (i32.const 0))))
    (call $scheme (local.get $request) (i32.const 96))
    (if (i32.eqz (i32.load8_u (i32.const 96))) (then (return (i32.const 0))))
    (if (i32.eq (i32.load8_u (i32.const 100)) (i32.const 2)) ;; a scheme of its own
      (then (return (i32.const 0))))
    (local.set $named (i32.const 1024))
    (local.set $size (i32.const 4))
    (if (i32.eq (i32.load8_u (i32.const 100)) (i32.const 1))
      (then (local.set $named (i32.const 1028)) (local.set $size (i32.const 5))))
    (call $allowed (local.get $named) (local.get $size)
      (i32.load (i32.const 68)) (i32.load (i32.const 72))))

  (func (export "handle") (param $request i32) (param $some i32) (param $options i32) (result i32)
    (if (call $goes (local.get $request))
      (then (call $send (local.get $request) (local.get $some) (local.get $options) (i32.const 256)))
      (else
        (call $drop-request (local.get $request))
        (if (local.get $some) (then (call $drop-options (local.get $options))))
        (i32.store8 (i32.const 256) (i32.const 1))
        (i32.store8 (i32.const 264) (i32.const 15)))) ;; HTTP-request-denied
    (i32.const 256)))
