"""Exactness: wire types, pydantic models and JSON Schema agree on every value, and no round trip loses one.

    schema ──▶ instances ──▶ mutants ──▶ corpus ──▶ harness ──▶ verdict, report
                                          oracle ─────┘└───── contenders

`pytest tests/exactness` runs a corpus with a fixed seed; `python -m tests.exactness` (`just exactness`)
runs one of any seed and size, and sets mcp-types beside ours.
"""
