"""What a generated decoder asks besides its type, where a schema says more than Python's types can."""

from __future__ import annotations

from typing import Any

from mcpgen_types.codec import DecodeError, Fault

from .compiler import Validator, compile_schema


class Held:
    """The parts of `schema` at the JSON Pointers `places`, all of which a value of the type `name` must fit.

    They are compiled when the first value comes.
    """

    __slots__ = ("_name", "_places", "_schema", "_validators")

    def __init__(self, name: str, schema: Any, *places: str) -> None:
        self._name = name
        self._schema = schema
        self._places = places
        self._validators: list[Validator] | None = None

    def check(self, value: Any) -> None:
        """Raise `DecodeError`, with the faults that were found, where `value` does not fit."""
        validators = self._validators
        if validators is None:
            validators = self._validators = [
                compile_schema(self._schema, at=place, name=self._name) for place in self._places
            ]
        for validator in validators:
            if not validator.accepts(value):
                faults = validator.faults(value)
                raise DecodeError(
                    self._name, faults or [Fault("", "a value that fits its schema", "another", self._name)]
                )
