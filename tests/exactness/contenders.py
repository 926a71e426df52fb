"""Who is judged: everything that claims to know the protocol's types, behind one small interface."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar, Protocol

from mcpgen_types.codec import DecodeError, Fault


class Rejected(Exception):
    """A contender did not accept a value. `faults` are its reasons, None where it names none in our form."""

    def __init__(self, faults: tuple[Fault, ...] | None) -> None:
        super().__init__()
        self.faults = faults


class Contender(Protocol):
    """Types of one revision that decode and encode by a definition's name."""

    name: str

    def covers(self, definition: str) -> bool:
        """Whether it has a type for `definition`."""

    def decode(self, definition: str, value: Any) -> Any:
        """The object for `value`. Raises `Rejected`, and nothing else if it is right."""

    def encode(self, definition: str, decoded: Any) -> Any:
        """The JSON value of what `decode` gave."""


class Wire:
    """The generated wire types."""

    name = "wire"

    def __init__(self, revision: str) -> None:
        self.package = import_module(f"mcpgen_types.v{revision.replace('-', '_')}")

    def covers(self, definition: str) -> bool:
        return True

    def decode(self, definition: str, value: Any) -> Any:
        try:
            return getattr(self.package, f"decode_{definition}")(value)
        except DecodeError as error:
            raise Rejected(error.faults) from None

    def encode(self, definition: str, decoded: Any) -> Any:
        return getattr(self.package, f"encode_{definition}")(decoded)


class PydanticModels:
    """The generated pydantic models."""

    name = "pydantic"

    def __init__(self, revision: str) -> None:
        # Imported late, so that the wire types can be judged where pydantic is not installed.
        from pydantic import TypeAdapter

        self.models = import_module(f"mcpgen_types.v{revision.replace('-', '_')}.models")
        self.adapters = {name: TypeAdapter(type_) for name, type_ in self.models.DEFINITIONS.items()}

    def covers(self, definition: str) -> bool:
        return True

    def decode(self, definition: str, value: Any) -> Any:
        from pydantic import ValidationError

        try:
            return self.adapters[definition].validate_python(value)
        except ValidationError:
            raise Rejected(None) from None

    def encode(self, definition: str, decoded: Any) -> Any:
        return self.models.dump(decoded)


class McpTypes:
    """The official SDK's types (PyPI `mcp-types`), read and written as its own `methods` module does.

    It has wire types of its own for 2025-11-25 and 2026-07-28, found here by the definition's name. For an
    older revision its tables name the 2025-11-25 classes that stand in; where that revision's requests carry
    no envelope, one is put around the value and taken off again, as mcp-types itself does.
    """

    name = "mcp-types"
    _OWN = ("2025-11-25", "2026-07-28")
    _ENVELOPE: ClassVar[dict[str, Any]] = {"jsonrpc": "2.0", "id": 0}

    def __init__(self, revision: str, schema: Mapping[str, Any]) -> None:
        from pydantic import TypeAdapter

        definitions = schema["$defs"]
        if revision in self._OWN:
            package = import_module(f"mcp_types._v{revision.replace('-', '_')}")
            found = {name: getattr(package, name) for name in definitions if hasattr(package, name)}
        else:
            methods = import_module("mcp_types.methods")
            tables = (
                *(methods.CLIENT_REQUESTS, methods.CLIENT_NOTIFICATIONS, methods.CLIENT_RESULTS),
                *(methods.SERVER_REQUESTS, methods.SERVER_NOTIFICATIONS, methods.SERVER_RESULTS),
            )
            rows = (type_ for table in tables for (_, known), type_ in table.items() if known == revision)
            classes = {getattr(type_, "__name__", ""): type_ for type_ in rows}
            found = {name: classes[name] for name in definitions if name in classes}
        self.adapters: dict[str, TypeAdapter[Any]] = {
            name: TypeAdapter(type_) for name, type_ in found.items()
        }
        self.bare = {
            name
            for name in found
            if name.endswith(("Request", "Notification"))
            and "method" in definitions[name].get("properties", {})
            and "jsonrpc" not in definitions[name]["properties"]
        }

    def covers(self, definition: str) -> bool:
        return definition in self.adapters

    def decode(self, definition: str, value: Any) -> Any:
        from pydantic import ValidationError

        if definition in self.bare and isinstance(value, dict):
            value = {**self._ENVELOPE, **value}
        try:
            return self.adapters[definition].validate_python(value, by_name=False)
        except ValidationError:
            raise Rejected(None) from None

    def encode(self, definition: str, decoded: Any) -> Any:
        value = self.adapters[definition].dump_python(decoded, by_alias=True, mode="json", exclude_none=True)
        if definition in self.bare:
            return {key: item for key, item in value.items() if key not in self._ENVELOPE}
        return value
