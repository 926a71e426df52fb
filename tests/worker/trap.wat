(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (func $now (import "clock" "now") (result i64))
    (func (export "handle") (param i32 i32) (drop (call $now)) unreachable))
  (core instance $i (instantiate $m (with "clock" (instance (export "now" (func $now))))))
  (type $handle (func (param "request" (own $request)) (param "response-out" (own $out))))
  (func $f (type $handle) (canon lift (core func $i "handle")))
  (component $shim
    (import "request-type" (type $r (sub resource)))
    (import "out-type" (type $o (sub resource)))
    (import "f" (func $f (param "request" (own $r)) (param "response-out" (own $o))))
    (export $er "incoming-request" (type $r))
    (export $eo "response-outparam" (type $o))
    (export "handle" (func $f) (func (param "request" (own $er)) (param "response-out" (own $eo)))))
  (instance $h (instantiate $shim
    (with "request-type" (type $request)) (with "out-type" (type $out)) (with "f" (func $f))))
  (export "wasi:http/incoming-handler@0.2.0" (instance $h)))
