;; Functions that loop, eat memory, trap, and give what is none of their type.
(module
  (memory (export "memory") 1)
  (data (i32.const 64) "\ff\fe\ff")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "fine") (param $x i32) (result i32) local.get $x)
  (func (export "loop") (loop $again br $again))
  (func (export "eat") (loop $again
    i32.const 64 memory.grow i32.const -1 i32.eq if unreachable end
    br $again))
  (func (export "trap") unreachable)
  ;; A text at 64 that is no UTF-8: its address and size stand at 16.
  (func (export "no-text") (result i32)
    i32.const 16 i32.const 64 i32.store
    i32.const 20 i32.const 3 i32.store
    i32.const 16)
  ;; A text outside of the memory.
  (func (export "far-text") (result i32)
    i32.const 16 i32.const 65530 i32.store
    i32.const 20 i32.const 1000 i32.store
    i32.const 16)
  (func (export "no-char") (result i32) i32.const 0xD800)
  (func (export "no-case") (result i32) i32.const 7))
