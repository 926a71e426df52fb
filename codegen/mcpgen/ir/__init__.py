"""The IR: the protocol as frozen dataclasses, built once from the schema room."""
