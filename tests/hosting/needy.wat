(module ;; a handler that imports what nobody has
  (import "$root" "nobody" (func $nobody))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "mcpgen:mcp/handler@0.1.0#handle") (param i32) (result i32) (call $nobody) (i32.const 0)))
