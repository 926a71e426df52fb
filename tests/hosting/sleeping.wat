;; A component with functions that wait in the host: `wait` for so many nanoseconds, `START` as it begins.
(component
 (import "wasi:io/poll@0.2.0" (instance $poll
   (export "pollable" (type (sub resource)))
   (export "[method]pollable.block" (func (param "self" (borrow 0))))))
 (alias export $poll "pollable" (type $pollable))
 (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
   (alias outer 1 $pollable (type $outer)) (export "pollable" (type $own (eq $outer)))
   (export "subscribe-duration" (func (param "when" u64) (result (own $own))))))
 (core func $subscribe (canon lower (func $clock "subscribe-duration")))
 (core func $block (canon lower (func $poll "[method]pollable.block")))
 (core module $module
   (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
   (import "host" "block" (func $block (param i32)))
   (func $wait (export "wait") (param i64) (call $block (call $subscribe (local.get 0))))
   (func $start START)
   (start $start))
 (core instance $host (export "subscribe" (func $subscribe)) (export "block" (func $block)))
 (core instance $instance (instantiate $module (with "host" (instance $host))))
 (func (export "wait") (param "ns" u64) (canon lift (core func $instance "wait"))))
