"""Running WebAssembly components as servers: compiled once, sandboxed, called in threads of their own.

    file ──▶ cache ──▶ Code ──▶ linking ──▶ Instance ──▶ Pool ──▶ ComponentServer, a `ProtocolHandler`

See docs/host.md, and docs/adr/0026 for why it is wasmtime's C library that is called, and not its package.
"""
