"""How the neutral types travel in one revision: into its words on the way out, out of them on the way in.

The neutral types are those of the newest revision. What the newest revision does not know any more, such
as core tasks of 2025-11-25, keeps the types of the last one that did.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, get_args

from mcpgen_runtime.client.errors import BadAnswer, NotInRevision
from mcpgen_runtime.errors import InvalidParams
from mcpgen_runtime.revisions import LEGACY, NEUTRAL
from mcpgen_types import revision as package_of
from mcpgen_types.codec import Codec, DecodeError, Inexpressible, Method


class Dialect:
    """The methods of `revision` and what changes between its wire and the neutral types."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self.is_modern = revision not in LEGACY
        package = package_of(revision)
        self._package = package
        self._neutral_package = package_of(NEUTRAL)
        self._methods: dict[str, Method] = package.METHODS
        self._neutral: dict[str, Method] = self._neutral_package.METHODS
        self._converters: dict[str, Any] = (
            {} if self.is_modern else import_module(f"{package.__name__}.neutral").CONVERTERS
        )

    def knows(self, method: str) -> bool:
        """Whether the method exists in this revision."""
        return method in self._methods

    def params_to_wire(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Neutral params as JSON, in this revision's words. Raises `NotInRevision`."""
        if method not in self._methods:
            raise NotInRevision(f"{method} is no method of revision {self.revision}, which the server speaks")
        try:
            return self._changed(method, "params_to_wire", params)
        except Inexpressible as error:
            raise NotInRevision(f"{method}: {error}") from None

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
            decoded = _usual(self._package, codec)(value)
            if self.is_modern or method not in self._neutral:
                return decoded
            neutral = getattr(self._neutral[method], part)
            return _usual(self._neutral_package, neutral)(self._changed(method, f"{part}_from_wire", value))
        except DecodeError as error:
            raise BadAnswer(f"{method}: {error}") from None

    def _changed(self, method: str, step: str, value: dict[str, Any]) -> dict[str, Any]:
        converter = self._converters.get(method)
        convert = None if converter is None else getattr(converter, step)
        changed: dict[str, Any] = value if convert is None else convert(value)
        return changed


def _usual(package: ModuleType, codec: Codec) -> Callable[[Any], Any]:
    """The decoder of the usual answer, where a method has several: the others were dealt with before."""
    members = get_args(codec.type) if codec.name.endswith("Answer") else ()
    decode: Callable[[Any], Any] = (
        getattr(package, f"decode_{members[0].__name__}") if members else codec.decode
    )
    return decode
