;; A handler that does what the second character of its request's id says: an id of "trap" makes it trap.
(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (global $calls (mut i32) (i32.const 48)) ;; "0"
  (global $asked (mut i32) (i32.const 0))
  (data (i32.const 1024) "{\"jsonrpc\":\"2.0\",\"id\":")
  (data (i32.const 1088) ",\"result\":{\"content\":[],\"calls\":0,\"resultType\":\"complete\"}}")
  (data (i32.const 1152) "this is no JSON")
  (data (i32.const 1184) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1}}")
  (data (i32.const 1312) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}")
  (data (i32.const 1376) "{\"jsonrpc\":\"2.0\",\"id\":\"somebody else\",\"result\":{}}")
  (data (i32.const 1536) "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"capabilities\":{\"tools\":{\"listChanged\":true}}}}")
  (data (i32.const 1664) "{\"jsonrpc\":\"2.0\",\"id\":\"initialize\",\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{\"listChanged\":true}},\"serverInfo\":{\"name\":\"odd\",\"version\":\"1\"}}}")
  (data (i32.const 1856) "{\"jsonrpc\":\"2.0\",\"id\":\"u\",\"result\":{\"resultType\":\"input_required\",\"requestState\":\"where it was\",\"inputRequests\":{\"q\":{\"method\":\"roots/list\"}}}}")
  (data (i32.const 2048) "{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"q\":{\"method\":\"tools/call\"}}}}")
  (data (i32.const 1440) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}")
  (data (i32.const 2304) "\"resultType\":\"complete\",\"message\":")
  (data (i32.const 2368) "{\"jsonrpc\":\"2.0\",\"id\":\"r\",\"result\":{\"resultType\":\"complete\",\"content\":5}}")
  (data (i32.const 2496) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/made_up\"}")
  (data (i32.const 2624) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"heard\"}}")
  (data (i32.const 2752) "{\"jsonrpc\":\"2.0\",\"id\":\"j\",\"result\":{\"resultType\":\"input_required\",\"requestState\":\"first\",\"inputRequests\":{\"q\":{\"method\":\"roots/list\"}}}}")
  (data (i32.const 2944) "{\"jsonrpc\":\"2.0\",\"id\":\"j\",\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"r\":{\"method\":\"roots/list\"}}}}")

  (func $take (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $free) (i32.mul (memory.size) (i32.const 65536)))
      (then (if (i32.eq (i32.const -1)
          (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536)))))
        (then (unreachable)))))
    (local.get $at))

  ;; The message number $number of the list at 512, which begins anew with 0.
  (func $say (param $number i32) (param $at i32) (param $size i32)
    (i32.store (i32.add (i32.const 512) (i32.mul (local.get $number) (i32.const 8))) (local.get $at))
    (i32.store (i32.add (i32.const 516) (i32.mul (local.get $number) (i32.const 8))) (local.get $size))
    (i32.store8 (i32.const 256) (i32.const 0))
    (i32.store (i32.const 260) (i32.const 512))
    (i32.store (i32.const 264) (i32.add (local.get $number) (i32.const 1))))

  ;; An answer as it should be, as message $number.
  (func $answer (param $number i32) (param $id i32) (param $size i32)
    (local $at i32)
    (i32.store8 (i32.const 1120) (global.get $calls))
    (local.set $at (call $take (i32.const 0) (i32.const 0) (i32.const 1) (i32.add (local.get $size) (i32.const 96))))
    (memory.copy (local.get $at) (i32.const 1024) (i32.const 22))
    (memory.copy (i32.add (local.get $at) (i32.const 22)) (local.get $id) (local.get $size))
    (memory.copy (i32.add (i32.add (local.get $at) (i32.const 22)) (local.get $size)) (i32.const 1088) (i32.const 59))
    (call $say (local.get $number) (local.get $at) (i32.add (local.get $size) (i32.const 81))))

  ;; The message itself is what the result holds.
  (func $repeat (param $arguments i32) (param $id i32) (param $size i32)
    (local $at i32) (local $length i32)
    (local.set $length (i32.load offset=4 (local.get $arguments)))
    (local.set $at (call $take (i32.const 0) (i32.const 0) (i32.const 1)
      (i32.add (i32.add (local.get $size) (local.get $length)) (i32.const 96))))
    (memory.copy (local.get $at) (i32.const 1024) (i32.const 22))
    (memory.copy (i32.add (local.get $at) (i32.const 22)) (local.get $id) (local.get $size))
    (local.set $size (i32.add (local.get $size) (i32.const 22)))
    (memory.copy (i32.add (local.get $at) (local.get $size)) (i32.const 1088) (i32.const 24)) ;; up to "calls"
    (local.set $size (i32.add (local.get $size) (i32.const 24)))
    (memory.copy (i32.add (local.get $at) (local.get $size)) (i32.const 2304) (i32.const 34))
    (local.set $size (i32.add (local.get $size) (i32.const 34)))
    (memory.copy (i32.add (local.get $at) (local.get $size)) (i32.load (local.get $arguments)) (local.get $length))
    (local.set $size (i32.add (local.get $size) (local.get $length)))
    (i32.store16 (i32.add (local.get $at) (local.get $size)) (i32.const 32125)) ;; }}
    (call $say (i32.const 0) (local.get $at) (i32.add (local.get $size) (i32.const 2))))

  (func $deeper (param i32) (result i32) (i32.add (call $deeper (local.get 0)) (i32.const 1)))

  (func (export "mcpgen:mcp/handler@0.1.0#handle") (param $arguments i32) (result i32)
    (local $id i32) (local $size i32) (local $what i32)
    (if (i32.lt_u (global.get $calls) (i32.const 57)) ;; up to "9"
      (then (global.set $calls (i32.add (global.get $calls) (i32.const 1)))))
    (i32.store8 (i32.const 256) (i32.const 0))
    (i32.store (i32.const 260) (i32.const 512))
    (i32.store (i32.const 264) (i32.const 0))
    (if (i32.eqz (i32.load8_u offset=24 (local.get $arguments))) ;; a notification
      (then
        (if (i32.eq (i32.const 97) (i32.load8_u offset=41 (i32.load (local.get $arguments)))) ;; notifications/a…
          (then (call $say (i32.const 0) (i32.const 1376) (i32.const 50))))
        (return (i32.const 256))))
    (local.set $id (i32.load offset=28 (local.get $arguments)))
    (local.set $size (i32.load offset=32 (local.get $arguments)))
    (if (i32.eq (local.get $size) (i32.const 1)) ;; the host asks what it can do
      (then (call $say (i32.const 0) (i32.const 1536) (i32.const 81)) (return (i32.const 256))))
    (local.set $what (i32.load8_u offset=1 (local.get $id)))
    (if (i32.eq (local.get $what) (i32.const 116)) (then (unreachable))) ;; t
    (if (i32.eq (local.get $what) (i32.const 108)) (then (loop (br 0)))) ;; l
    (if (i32.eq (local.get $what) (i32.const 100)) (then (drop (call $deeper (i32.const 0))))) ;; d
    (if (i32.eq (local.get $what) (i32.const 109)) ;; m
      (then (loop (br_if 0 (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 103)) (then (call $say (i32.const 0) (i32.const 1152) (i32.const 15)))) ;; g
    (if (i32.eq (local.get $what) (i32.const 119)) (then (call $say (i32.const 0) (i32.const 1376) (i32.const 50)))) ;; w
    (if (i32.eq (local.get $what) (i32.const 113)) (then (call $say (i32.const 0) (i32.const 1312) (i32.const 46)))) ;; q
    (if (i32.eq (local.get $what) (i32.const 105)) (then (call $say (i32.const 0) (i32.const 1664) (i32.const 165)))) ;; i
    (if (i32.eq (local.get $what) (i32.const 118)) ;; v
      (then (call $repeat (local.get $arguments) (local.get $id) (local.get $size))))
    (if (i32.eq (local.get $what) (i32.const 98)) ;; b
      (then (call $say (i32.const 0) (i32.const 2048) (i32.const 113))))
    (if (i32.eq (local.get $what) (i32.const 117)) ;; u: asks the first time
      (then (if (global.get $asked)
        (then (call $repeat (local.get $arguments) (local.get $id) (local.get $size)))
        (else (global.set $asked (i32.const 1))
          (call $say (i32.const 0) (i32.const 1856) (i32.const 143))))))
    (if (i32.eq (local.get $what) (i32.const 106)) ;; j: asks twice
      (then (if (i32.eq (global.get $asked) (i32.const 2))
        (then (call $repeat (local.get $arguments) (local.get $id) (local.get $size)))
        (else (if (global.get $asked)
            (then (call $say (i32.const 0) (i32.const 2944) (i32.const 113)))
            (else (call $say (i32.const 0) (i32.const 2752) (i32.const 136))))
          (global.set $asked (i32.add (global.get $asked) (i32.const 1)))))))
    (if (i32.eq (local.get $what) (i32.const 114)) (then (call $say (i32.const 0) (i32.const 2368) (i32.const 73)))) ;; r
    (if (i32.eq (local.get $what) (i32.const 107)) ;; k
      (then (call $say (i32.const 0) (i32.const 2496) (i32.const 50))
            (call $answer (i32.const 1) (local.get $id) (local.get $size))))
    (if (i32.eq (local.get $what) (i32.const 121)) ;; y
      (then (call $say (i32.const 0) (i32.const 2624) (i32.const 91))
            (call $answer (i32.const 1) (local.get $id) (local.get $size))))
    (if (i32.eq (local.get $what) (i32.const 110)) ;; n
      (then (i32.store8 (i32.const 256) (i32.const 1)) (i32.store8 (i32.const 260) (i32.const 0))))
    (if (i32.eq (local.get $what) (i32.const 50)) ;; 2
      (then (call $answer (i32.const 0) (local.get $id) (local.get $size))
            (call $answer (i32.const 1) (local.get $id) (local.get $size))))
    (if (i32.eq (local.get $what) (i32.const 112)) ;; p
      (then (call $say (i32.const 0) (i32.const 1184) (i32.const 93))
            (call $answer (i32.const 1) (local.get $id) (local.get $size))))
    (if (i32.eq (local.get $what) (i32.const 99)) ;; c
      (then (call $say (i32.const 0) (i32.const 1440) (i32.const 61))
            (call $answer (i32.const 1) (local.get $id) (local.get $size))))
    (if (i32.eq (local.get $what) (i32.const 104)) ;; h: one message of 64 MB
      (then (drop (memory.grow (i32.const 1024))) (call $say (i32.const 0) (i32.const 0) (i32.const 67108864))))
    (if (i32.eq (local.get $what) (i32.const 97)) ;; a: a list of 4000 messages that are the same 64 KB
      (then (drop (memory.grow (i32.const 1024)))
        (local.set $what (i32.const 0))
        (loop
          (i32.store (i32.add (i32.const 262144) (i32.mul (local.get $what) (i32.const 8))) (i32.const 0))
          (i32.store (i32.add (i32.const 262148) (i32.mul (local.get $what) (i32.const 8))) (i32.const 65536))
          (br_if 0 (i32.lt_u (local.tee $what (i32.add (local.get $what) (i32.const 1))) (i32.const 4000))))
        (i32.store (i32.const 260) (i32.const 262144))
        (i32.store (i32.const 264) (i32.const 4000))
        (return (i32.const 256))))
    (if (i32.eq (local.get $what) (i32.const 111)) ;; o: as it should be
      (then (call $answer (i32.const 0) (local.get $id) (local.get $size))))
    (i32.const 256)))
