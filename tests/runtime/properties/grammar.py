"""What a server may say in one revision: the official schema judges, and so does the generated decoder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.convert.samples import objects
from tests.exactness.oracle import Oracle

import mcpgen_types
from mcpgen.paths import schema_directory
from mcpgen.schema.methods import MethodRow
from mcpgen.schema.room import SchemaRoom
from mcpgen_types.codec import Wire

#: Types whose unknown keys are no keys of the protocol but a schema's or an application's.
_OPEN = frozenset({"ToolInputSchema", "ToolOutputSchema"})
#: The prefix of keys that our own handlers put into `_meta`.
_OURS = "com.example/"


class Ungrammatical(AssertionError):
    """A message that its revision does not have."""


class Grammar:
    """The words of one revision, as a server speaks them."""

    def __init__(self, room: SchemaRoom, revision: str) -> None:
        self.revision = revision
        self._oracle = Oracle(room.schema(revision))
        self._definitions = room.schema(revision)["$defs"]
        self._package = mcpgen_types.revision(revision)
        self._methods = {row.name: row for row in room.methods(revision)}

    def knows(self, method: str) -> bool:
        """Whether the revision has the method."""
        return method in self._methods

    def result(self, method: str, message: dict[str, Any]) -> None:
        """Raise `Ungrammatical` unless `message` may answer a request of that method."""
        self._members(message, {"jsonrpc", "id", "result"})
        self._is(self._first("JSONRPCResultResponse", "JSONRPCResponse"), message)
        result = message["result"]
        row = self._methods[method]
        definition = row.results[0]
        if result.get("resultType", "complete") == "input_required":
            definition = "InputRequiredResult"
            if definition not in row.results:
                raise Ungrammatical(f"{method} cannot want input: {message}")
        self._is(definition, result)
        self._of_this_revision(definition, result)

    def error(self, message: dict[str, Any]) -> None:
        """Raise `Ungrammatical` unless `message` may say that a request, or no request, failed."""
        if message.get("id", message) is None and "id" in self._definitions[self._error].get("required", ()):
            message = {**message, "id": 0}  # JSON-RPC has it null, where the schemas have no word for it
        self._members(message, {"jsonrpc", "id", "error"} if "id" in message else {"jsonrpc", "error"})
        self._is(self._error, message)
        if set(message["error"]) - {"code", "message", "data"}:
            raise Ungrammatical(f"an error has members of its own: {message}")

    def notification(self, message: dict[str, Any]) -> None:
        """Raise `Ungrammatical` unless a server may tell this."""
        self._members(
            message, {"jsonrpc", "method", "params"} if "params" in message else {"jsonrpc", "method"}
        )
        self._is("JSONRPCNotification", message)
        self._params(self._sendable(message, "notification"), message)

    def request(self, message: dict[str, Any]) -> None:
        """Raise `Ungrammatical` unless a server may ask this."""
        self._members(message, {"jsonrpc", "id", "method", "params"})
        self._is("JSONRPCRequest", message)
        self._params(self._sendable(message, "request"), message)

    @property
    def _error(self) -> str:
        return self._first("JSONRPCErrorResponse", "JSONRPCError")

    def _first(self, *definitions: str) -> str:
        return next(name for name in definitions if name in self._definitions)

    def _sendable(self, message: dict[str, Any], kind: str) -> MethodRow:
        row = self._methods.get(message["method"])
        if row is None or row.kind != kind or row.direction == "client-to-server":
            raise Ungrammatical(f"no {kind} of a server in {self.revision}: {message}")
        return row

    def _params(self, row: MethodRow, message: dict[str, Any]) -> None:
        self._is(row.message, message)
        if row.params is not None and "params" in message:
            self._of_this_revision(row.params, message["params"])

    def _members(self, message: dict[str, Any], members: set[str]) -> None:
        if set(message) != members:
            raise Ungrammatical(f"not just the members {sorted(members)}: {message}")

    def _is(self, definition: str, value: Any) -> None:
        if not self._oracle.accepts(definition, value):
            raise Ungrammatical(f"no {definition} of {self.revision}: {value}")

    def _of_this_revision(self, type_: str, value: Any) -> None:
        for name, key in strangers(getattr(self._package, f"decode_{type_}")(value)):
            raise Ungrammatical(f"{self.revision} has no {key} in {name}: {value}")


def strangers(decoded: Any) -> Iterator[tuple[str, str]]:
    """Keys that the revision does not know, each with the type that has it."""
    for item in objects(decoded):
        name = type(item).__name__
        if name not in _OPEN:
            for key in item.extra:
                if not key.startswith(_OURS):
                    yield name, key
        for field in item.__slots__:
            # `_meta` has no type of its own everywhere; in it, the protocol's own keys have a prefix.
            value = getattr(item, field)
            if field == "meta" and not isinstance(value, Wire) and isinstance(value, dict):
                for key in value:
                    if not key.startswith(_OURS):
                        yield name, f"_meta/{key}"


@cache
def _room() -> SchemaRoom:
    return SchemaRoom(schema_directory())


@cache
def grammar(revision: str) -> Grammar:
    """The grammar of that revision."""
    return Grammar(_room(), revision)
