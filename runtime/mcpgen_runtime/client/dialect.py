"""How the neutral types travel in one revision: into its words on the way out, out of them on the way in.

The neutral types are those of the newest revision. What the newest revision does not know any more, such
as core tasks of 2025-11-25, keeps the types of the last one that did.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mcpgen_runtime.client.eras import LEGACY, NEUTRAL
from mcpgen_runtime.client.errors import BadAnswer, NotInRevision
from mcpgen_runtime.errors import InvalidParams
from mcpgen_types import revision as package_of
from mcpgen_types.codec import DecodeError, Method


class Dialect:
    """The methods of `revision` and what changes between its wire and the neutral types."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self.is_modern = revision not in LEGACY
        package = package_of(revision)
        self._methods: dict[str, Method] = package.METHODS
        self._neutral: dict[str, Method] = package_of(NEUTRAL).METHODS
        self._converters: dict[str, Any] = (
            {} if self.is_modern else import_module(f"{package.__name__}.neutral").CONVERTERS
        )

    def knows(self, method: str) -> bool:
        """Whether the method exists in this revision."""
        return method in self._methods

    def capability(self, method: str) -> str | None:
        """What must be declared before the method may be used, as SIDE.PATH."""
        return self._methods[method].capability

    def params_to_wire(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Neutral params as JSON, in this revision's words. Raises `NotInRevision`."""
        if method not in self._methods:
            raise NotInRevision(method, self.revision)
        return self._changed(method, "params_to_wire", params)

    def result_from_wire(self, method: str, result: dict[str, Any]) -> Any:
        """The neutral object that a result means. Raises `BadAnswer`."""
        if self.is_modern:
            # Servers of an older revision do not know it, and some do not know that they are none.
            result.setdefault("resultType", "complete")
        return self._decoded(method, "result", result)

    def notification_from_wire(self, method: str, params: dict[str, Any]) -> Any:
        """The neutral object that a notification's params mean. Raises `BadAnswer`."""
        return self._decoded(method, "params", params)

    def request_from_wire(self, method: str, params: dict[str, Any]) -> Any:
        """The neutral object that the params of the server's request mean. Raises `InvalidParams`."""
        try:
            return self._decoded(method, "params", params)
        except BadAnswer as error:
            raise InvalidParams(str(error)) from None

    def result_to_wire(self, method: str, result: Any) -> dict[str, Any]:
        """A neutral result of ours as JSON, in this revision's words."""
        codec = self._neutral[method].result
        assert codec is not None
        return self._changed(method, "result_to_wire", codec.encode(result))

    def _decoded(self, method: str, part: str, value: dict[str, Any]) -> Any:
        """The neutral object of a part, "params" or "result". Checked in the words that it came in."""
        spoken = self._methods.get(method)
        if spoken is None:
            raise BadAnswer(f"{method} is no method of revision {self.revision}")
        try:
            codec = getattr(spoken, part)
            if codec is None:
                return None
            decoded = codec.decode(value)
            if self.is_modern or method not in self._neutral:
                return decoded
            neutral = getattr(self._neutral[method], part)
            return neutral.decode(self._changed(method, f"{part}_from_wire", value))
        except DecodeError as error:
            raise BadAnswer(f"{method}: {error}") from None

    def _changed(self, method: str, step: str, value: dict[str, Any]) -> dict[str, Any]:
        converter = self._converters.get(method)
        convert = None if converter is None else getattr(converter, step)
        changed: dict[str, Any] = value if convert is None else convert(value)
        return changed
