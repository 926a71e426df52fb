"""Serving from inside a WebAssembly component, where the only world there is, is what the component imports.

`handler` answers single messages for a host that has the transport; `http` is the twin of the native HTTP
adapter. Both run handlers under asyncio, on the loop of `loop`, and give Python the clock, the randomness and
the output that it lacks here: `surroundings`.
"""
