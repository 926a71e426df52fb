"""From WIT, as text or inside a component, to the model: what wasm-tools' JSON says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal, cast

from mcpgen.errors import UsageError
from mcpgen.wasm_tools import run
from mcpgen.wit.model import (
    Case,
    Enum,
    Field,
    Flags,
    Function,
    FutureOf,
    Handle,
    Interface,
    ListOf,
    MapOf,
    OptionOf,
    Package,
    Parameter,
    Primitive,
    Record,
    Resource,
    ResultOf,
    StreamOf,
    TupleOf,
    TypeDefinition,
    Variant,
    Wit,
    WitType,
    World,
    WorldItem,
)
from mcpgen.wit.sources import main_package, sources


class InvalidWit(UsageError):
    """What is no WIT, or has none: `message` begins with the place, where there is one."""


def read(path: Path) -> Wit:
    """The WIT of a file, of a directory with its deps/, of a component, or of a package encoded as one.

    Raises `InvalidWit`, and `MissingExtra` where wasm-tools is not installed.
    """
    wit = _Reading(json.loads(said_of(path, "--json"))).all()
    if path.is_dir() or path.suffix == ".wit":
        # Text may define packages that have nothing to do with each other, in any order.
        named = main_package(sources(path))
        return next((Wit(package, wit.packages) for package in wit.packages if package.id == named), wit)
    return wit


def said_of(path: Path, *options: str | Path) -> bytes:
    """What `wasm-tools component wit` says of `path`. Raises as `read` does."""
    if not path.exists():
        raise InvalidWit(f"{path}: no such file or directory", hint="name WIT, its directory, or a component")
    ended = run("wasm-tools", "component", "wit", *options, path)
    if ended.code != 0 and "missing interface" in ended.error:
        # It documents an interface that is not in the component: no reason for not reading it.
        stripped = run("wasm-tools", "strip", "--delete", "^package-docs$", path)
        ended = run("wasm-tools", "component", "wit", *options, given=stripped.output)
    if ended.code != 0:
        raise _refusal(path, ended.error)
    return ended.output


_CAUSE = re.compile(r"(?: Caused by:)? \d+: ")
#: What it was doing, which the place says as well.
_ABOUT = re.compile(r"^failed to parse (?:package|dependency directory): .*?: ")
_PLACE = re.compile(r"^\s*--> (?P<place>.+?:\d+:\d+)$", re.MULTILINE)


def _refusal(path: Path, said: str) -> InvalidWit:
    """What wasm-tools said, on one line and with the place in front."""
    message = said.removeprefix("error: ").strip()
    place = _PLACE.search(message)
    if place is not None:
        file = Path(place["place"]).as_posix()
        return InvalidWit(
            f"{file}: {_one_line(message[: place.start()])}", hint=_shown(message[place.end() :])
        )
    if "core wasm module" in message:
        return InvalidWit(
            f"{path}: a core module, not a component: it has no WIT",
            hint="`wasm-tools component new` makes a component of a module that was built for one",
        )
    hint = f"see: wasm-tools component wit {path}"
    if "no `package` header" in message:
        hint = "WIT begins with its package, as `package my:package@0.1.0;`, in a file that ends with .wit"
    return InvalidWit(f"{path}: {_one_line(message)}", hint=hint)


def _one_line(message: str) -> str:
    """A message and its causes, in one line."""
    return _CAUSE.sub(": ", " ".join(_ABOUT.sub("", message.strip()).split()))


def _shown(excerpt: str) -> str:
    """The line that wasm-tools shows, and its mark under it."""
    lines = [line.partition("|")[2][1:] for line in excerpt.splitlines() if line.partition("|")[2].strip()]
    return "\n".join(["it is here:", *lines])


class _Reading:
    """Follows the numbers by which wasm-tools' JSON refers to its parts."""

    def __init__(self, said: dict[str, Any]) -> None:
        self._said = said
        self._types: dict[int, WitType] = {}
        self._interfaces: dict[int, Interface] = {}

    def all(self) -> Wit:
        packages = tuple(self._package(said) for said in self._said["packages"])
        return Wit(packages[-1], packages)

    def _package(self, said: dict[str, Any]) -> Package:
        name, _, version = said["name"].partition("@")
        interfaces = {key: self._interface(number) for key, number in said["interfaces"].items()}
        worlds = {key: self._world(self._said["worlds"][number]) for key, number in said["worlds"].items()}
        return Package(name, version or None, interfaces, worlds, _docs(said))

    def _interface(self, number: int, name: str | None = None) -> Interface:
        if number not in self._interfaces:
            said = self._said["interfaces"][number]
            self._interfaces[number] = Interface(
                self._interface_id(number) if name is None else name,
                {key: cast(TypeDefinition, self._type(type)) for key, type in said["types"].items()},
                {key: self._function(function) for key, function in said["functions"].items()},
                _docs(said),
            )
        return self._interfaces[number]

    def _interface_id(self, number: int) -> str:
        said = self._said["interfaces"][number]
        return _in_package(self._said["packages"][said["package"]]["name"], said["name"] or "")

    def _world(self, said: dict[str, Any]) -> World:
        package = self._said["packages"][said["package"]]["name"]
        imports, exports = (
            dict(self._item(key, item) for key, item in said[side].items()) for side in ("imports", "exports")
        )
        return World(said["name"], package, imports, exports, _docs(said))

    def _item(self, key: str, said: dict[str, Any]) -> tuple[str, WorldItem]:
        if "function" in said:
            return key, self._function(said["function"])
        if "type" in said:
            return key, cast(TypeDefinition, self._type(said["type"]))
        number = said["interface"]["id"]
        if self._said["interfaces"][number]["name"] is None:
            return key, self._interface(number, key)
        return self._interface_id(number), self._interface(number)

    def _function(self, said: dict[str, Any]) -> Function:
        kind, resource = said["kind"], None
        if isinstance(kind, dict):
            ((kind, number),) = kind.items()
            resource = cast(TypeDefinition, self._type(number))
        plain = kind.removeprefix("async-")
        return Function(
            said["name"],
            cast(Literal["freestanding", "method", "static", "constructor"], plain),
            plain != kind,
            resource,
            tuple(Parameter(each["name"], self._type(each["type"])) for each in said["params"]),
            self._optional(said.get("result")),
            _docs(said),
        )

    def _optional(self, type: int | str | None) -> WitType | None:
        return None if type is None else self._type(type)

    def _type(self, type: int | str) -> WitType:
        if isinstance(type, str):
            return Primitive(type)
        if type not in self._types:
            said = self._said["types"][type]
            made = self._kind(said["kind"])
            if said["name"] is not None:
                made = TypeDefinition(said["name"], self._owner(said["owner"]), made, _docs(said))
            self._types[type] = made
        return self._types[type]

    def _owner(self, said: dict[str, int]) -> str:
        if "interface" in said:
            return self._interface_id(said["interface"])
        world = self._said["worlds"][said["world"]]
        return _in_package(self._said["packages"][world["package"]]["name"], world["name"])

    def _kind(self, said: Any) -> WitType:
        if said == "resource":
            return Resource()
        ((kind, of),) = said.items()
        match kind:
            case "type":
                return self._type(of)
            case "record":
                return Record(
                    tuple(Field(each["name"], self._type(each["type"]), _docs(each)) for each in of["fields"])
                )
            case "variant":
                return Variant(
                    tuple(
                        Case(each["name"], self._optional(each["type"]), _docs(each)) for each in of["cases"]
                    )
                )
            case "enum":
                return Enum(tuple(Case(each["name"], docs=_docs(each)) for each in of["cases"]))
            case "flags":
                return Flags(tuple(Case(each["name"], docs=_docs(each)) for each in of["flags"]))
            case "list":
                return ListOf(self._type(of))
            case "fixed-length-list":
                return ListOf(self._type(of[0]), of[1])
            case "map":
                return MapOf(self._type(of[0]), self._type(of[1]))
            case "option":
                return OptionOf(self._type(of))
            case "result":
                return ResultOf(self._optional(of["ok"]), self._optional(of["err"]))
            case "tuple":
                return TupleOf(tuple(self._type(each) for each in of["types"]))
            case "stream":
                return StreamOf(self._optional(of))
            case "future":
                return FutureOf(self._optional(of))
            case "handle":
                ((owned, resource),) = of.items()
                return Handle(owned, cast(TypeDefinition, self._type(resource)))
        raise InvalidWit(
            f"{kind}: a kind of type that this mcpgen does not know",
            hint="update mcpgen: pip install -U mcpgen",
        )


def _in_package(package: str, name: str) -> str:
    """The id of what is called `name` in a package: the version goes to the end."""
    package, at, version = package.partition("@")
    return f"{package}/{name}{at}{version}"


def _docs(said: dict[str, Any]) -> str:
    docs: str | None = said.get("docs", {}).get("contents")
    return docs or ""
