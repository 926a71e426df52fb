"""What a type hint looks like, as far as the standard library can tell.

A `Shape` says which codec a type needs; `Tokens` say all that its schema was made of. The shapes of a tool's
arguments and result are what `mcpgen export` freezes into code, and the tokens are what it takes a digest of.
Both are the same in every version of Python, so what was frozen by one fits another.
"""

from __future__ import annotations

import collections.abc as abc
import dataclasses
import datetime
import enum
import re
import sys
import types
from collections.abc import Mapping
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NewType,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)

from mcpgen_runtime.code_first.schema_keywords import Schema
from mcpgen_runtime.code_first.signatures import EMPTY, hashable, resolved_hints

#: Types that are one JSON value, by the names of their shapes.
SCALARS: dict[Any, str] = {
    Any: "any",
    object: "any",
    None: "none",
    type(None): "none",
    str: "str",
    bool: "bool",
    int: "int",
    float: "float",
    datetime.datetime: "datetime",
    datetime.date: "date",
    datetime.time: "time",
}
#: The same of modules that take long to import: where one is not loaded, nobody means its type.
_LATE = {"uuid": ("uuid", "UUID"), "path": ("pathlib", "Path"), "decimal": ("decimal", "Decimal")}
_LISTS: dict[Any, str] = {list: "list", abc.Sequence: "list", set: "set", frozenset: "frozenset"}
_MAPS = (dict, abc.Mapping, abc.MutableMapping)
#: Of the annotated-types package, which pydantic brings: what only narrows a schema, and changes no value.
_NARROWING = {"Ge", "Gt", "Le", "Lt", "MultipleOf", "MinLen", "MaxLen", "Len", "Interval"}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Shape(NamedTuple):
    """One type.

    `kind` is a name of `SCALARS` or `_LATE`, or list, set, frozenset, tuple, dict, union, literal, class,
    opaque; `place` is that of a class, or of an opaque hint, among its kind in the `Shapes`.
    """

    kind: str
    parts: tuple[Shape, ...] = ()
    values: tuple[Any, ...] = ()
    place: int = -1


class Field(NamedTuple):
    """A field of a dataclass, or a key of a `TypedDict`. `given`: the class does not set it itself."""

    name: str
    shape: Shape
    required: bool
    given: bool = True


class ClassShape(NamedTuple):
    """A class whose values are made of JSON: a dataclass, a typeddict, or an enum."""

    type: Any
    kind: Literal["dataclass", "typeddict", "enum"]
    fields: tuple[Field, ...] = ()

    @property
    def given(self) -> tuple[Field, ...]:
        """The fields that a value is made of; the others are only written."""
        return tuple([field for field in self.fields if field.given])


class Opaque(Exception):
    """Of this class the standard library cannot tell what it is made of."""


class Shapes:
    """The shapes of several hints, with the classes in them.

    `tokens` grow with each: nested lists of texts, numbers and None.
    """

    def __init__(self, scope: Mapping[str, Any] | None = None) -> None:
        self.scope = scope
        self.classes: list[ClassShape] = []
        self.opaque: list[Any] = []
        self.tokens: list[Any] = []
        self._seen: dict[Any, Shape] = {}
        self._aliases: list[Any] = []
        #: Whether pydantic narrows a type somewhere. Then it must choose among the members of unions as well.
        self._narrowed = False

    def of(self, hint: Any) -> Shape:
        """The shape of `hint`; "opaque" for what only pydantic knows how to convert."""
        known = _scalar(hint) if hashable(hint) else None
        if known is not None:
            self.tokens.append(known)
            return Shape(known)
        origin = get_origin(hint)
        if origin is None and hint in (list, set, frozenset, dict, tuple):
            return self.of(
                dict[str, Any] if hint is dict else tuple[Any, ...] if hint is tuple else hint[Any]
            )
        arguments = get_args(hint)
        if origin is Annotated:
            return self._annotated(hint, arguments)
        if origin is Literal:
            return self._literal(hint, arguments)
        if origin in (Union, types.UnionType):
            union = Shape("union", self._parts("union", arguments))
            # Where pydantic narrows a member, or alone knows one, which one it takes is its own affair.
            return self._hidden(hint) if self._narrowed or self._of_pydantic(union, set()) else union
        if origin in _LISTS:
            return Shape(_LISTS[origin], self._parts(_LISTS[origin], arguments))
        if origin is tuple and arguments:
            if arguments[-1] is ...:
                return Shape("tuple", self._parts("tuples", arguments[:1]), place=0)
            return Shape("tuple", self._parts("tuple", () if arguments == ((),) else arguments))
        if origin in _MAPS and arguments[0] is str:
            return Shape("dict", self._parts("dict", arguments[1:]))
        if isinstance(hint, NewType):
            return self.of(hint.__supertype__)
        if type(hint).__name__ == "TypeAliasType":  # of typing, from Python 3.12 on, or of typing_extensions
            return self._alias(hint)
        return self._class(hint)

    def _alias(self, hint: Any) -> Shape:
        """What a `type X = …` stands for; inside of itself, only pydantic can follow it."""
        if hint in self._aliases or isinstance(hint.__value__, str):
            return self._hidden(hint)
        self._aliases.append(hint)
        try:
            return self.of(hint.__value__)
        finally:
            self._aliases.pop()

    def _parts(self, kind: str, hints: tuple[Any, ...]) -> tuple[Shape, ...]:
        self.tokens.append([kind, len(hints)])
        return tuple(self.of(each) for each in hints)

    def _annotated(self, hint: Any, arguments: tuple[Any, ...]) -> Shape:
        self.tokens.append("annotated")
        shape = self.of(arguments[0])
        for each in arguments[1:]:
            self.tokens.append(described(each))
            self._narrowed |= not isinstance(each, str | Schema)
            if not _only_narrows(each):
                shape = self._hidden(hint)
        return shape

    def _literal(self, hint: Any, values: tuple[Any, ...]) -> Shape:
        self.tokens.append(["literal", [described(value) for value in values]])
        if all(
            isinstance(value, str | int | bool | None) and not isinstance(value, enum.Enum)
            for value in values
        ):
            return Shape("literal", values=values)
        return self._hidden(hint)

    def _class(self, hint: Any) -> Shape:
        if not hashable(hint):
            return self._hidden(hint)
        if hint in self._seen:
            self.tokens.append(["again", list(self._seen).index(hint)])
            return self._seen[hint]
        self.tokens.append(["class", str(getattr(hint, "__qualname__", hint)), _documented(hint)])
        kind = _kind(hint)
        if kind is None:
            shape = self._seen[hint] = self._hidden(hint)
            self._inside(hint)
            return shape
        place = len(self.classes)
        shape = self._seen[hint] = Shape("class", place=place)
        self.classes.append(ClassShape(hint, kind))
        try:
            self.classes[place] = ClassShape(hint, kind, self._fields(hint, kind))
        except (Opaque, NameError):  # rare, and the classes found inside of it do no harm
            shape = self._seen[hint] = self._hidden(hint)
            self._inside(hint)
        return shape

    def _fields(self, of: Any, kind: str) -> tuple[Field, ...]:
        if kind == "enum":
            self.tokens.append([[member.name, described(member.value)] for member in of])
            if not all(isinstance(member.value, str | int) for member in of) or issubclass(of, enum.Flag):
                raise Opaque
            return ()
        hints = resolved_hints(of, self.scope)
        if kind == "dataclass":
            self.tokens.append(hasattr(of, "__post_init__"))
            # `__init__` is the author's own, or takes what is no field.
            if not of.__dataclass_params__.init or any(map(_is_passed_on, hints.values())):
                raise Opaque
            # What the class sets itself, without a default, pydantic knows nothing of, and does not write.
            known = [each for each in dataclasses.fields(of) if each.init or _has_default(each)]
            return tuple([self._of_dataclass(field, hints[field.name]) for field in known])
        return tuple([self._of_typeddict(of, name, hint) for name, hint in hints.items()])

    def _of_dataclass(self, field: dataclasses.Field[Any], hint: Any) -> Field:
        self.tokens.append([field.name, field.init])
        if field.default is not dataclasses.MISSING:
            self.tokens.append(["default", described(field.default)])
        elif field.default_factory is not dataclasses.MISSING:
            self.tokens.append(["factory", described(field.default_factory)])
        if field.metadata or type(field.default).__module__.startswith("pydantic"):
            raise Opaque
        return Field(field.name, self.of(hint), not _has_default(field), field.init)

    def _of_typeddict(self, of: Any, name: str, hint: Any) -> Field:
        required = name in of.__required_keys__
        # Where annotations are strings, Python 3.11 does not see what is in them.
        while str(get_origin(hint)).partition(".")[2] in ("Required", "NotRequired", "ReadOnly"):
            wrapper = str(get_origin(hint)).partition(".")[2]
            required = required if wrapper == "ReadOnly" else wrapper == "Required"
            hint = get_args(hint)[0]
        self.tokens.append([name, required])
        return Field(name, self.of(hint), required)

    def _of_pydantic(self, shape: Shape, seen: set[int]) -> bool:
        """Whether pydantic alone can write what is in a union, where None is no member."""
        if shape.kind == "union" and sum(part.kind != "none" for part in shape.parts) == 1:
            return False
        parts = list(shape.parts)
        if (
            shape.kind == "class"
            and shape.place not in seen
            and self.classes[shape.place].kind == "typeddict"
        ):
            seen.add(shape.place)
            parts = [field.shape for field in self.classes[shape.place].fields]
        return shape.kind == "opaque" or any(self._of_pydantic(part, seen) for part in parts)

    def _hidden(self, hint: Any) -> Shape:
        self.opaque.append(hint)
        return Shape("opaque", place=len(self.opaque) - 1)

    def _inside(self, hint: Any) -> None:
        """The tokens of a class that only pydantic knows: its fields, and how each is described."""
        inner = Shapes(self.scope)  # whose shapes nobody needs
        inner.tokens, inner._seen = self.tokens, {**self._seen}
        of = get_origin(hint) or hint
        for name, field in getattr(of, "__pydantic_fields__", {}).items():
            self.tokens.append([name, described(field)])
            inner.of(field.annotation)
        if dataclasses.is_dataclass(of) or hasattr(of, "__required_keys__"):
            inner._members(of)
        for each in get_args(hint):
            if not isinstance(each, list):
                inner.of(each)

    def _members(self, of: Any) -> None:
        """The tokens of all that a dataclass takes, fields or not, or a `TypedDict` holds."""
        try:
            hints = resolved_hints(of, self.scope)
        except NameError:
            hints = of.__annotations__
        fields = getattr(of, "__dataclass_fields__", {})
        for name, hint in hints.items():
            self.tokens.append([name, name in getattr(of, "__required_keys__", ())])
            if name in fields:
                field = fields[name]
                defaults = [described(field.default), described(field.default_factory)]
                self.tokens.append([field.init, defaults, described(field.metadata)])
            self.of(hint.type if isinstance(hint, dataclasses.InitVar) else hint)


def described(value: Any, inside: frozenset[int] = frozenset()) -> Any:
    """A default, or what an annotation adds, as a token: the same in every process, whatever it holds.

    `inside` are the ids of what it lies in, for one may hold itself.
    """
    kind = value.__class__
    if value is None or kind in (str, int, float, bool):
        return [kind.__name__, repr(value)]
    if isinstance(value, enum.Enum):
        return ["member", kind.__qualname__, value.name]
    if value is EMPTY:
        return "empty"
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        return ["named", value.__qualname__]
    if id(value) in inside:
        return "around"
    parts = _parts_of(value)
    if parts is None:
        return ["shown", _ADDRESS.sub("", repr(value))]
    deeper = inside | {id(value)}
    tokens = [[described(name), described(part, deeper)] for name, part in parts]
    # A set has no order, and shows another one in each process.
    return [kind.__qualname__, sorted(tokens, key=repr) if isinstance(value, set | frozenset) else tokens]


def _parts_of(value: Any) -> list[tuple[Any, Any]] | None:
    """What `value` holds, with its names; None where its text says all."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return [(None, each) for each in value]
    if dataclasses.is_dataclass(value):
        shown = [field.name for field in dataclasses.fields(value) if field.repr]
        return [(name, getattr(value, name, EMPTY)) for name in shown]
    if isinstance(value, Schema):
        return list(value.keywords.items())
    arguments = getattr(value, "__repr_args__", None)  # of pydantic: a `Field`, or a model
    return list(arguments()) if callable(arguments) else None


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return not field.default is field.default_factory is dataclasses.MISSING


def _is_passed_on(hint: Any) -> bool:
    """Whether a dataclass hands this to `__post_init__` and keeps nothing of it."""
    return hint is dataclasses.InitVar or isinstance(hint, dataclasses.InitVar)


def _kind(hint: Any) -> Literal["dataclass", "typeddict", "enum"] | None:
    if not isinstance(hint, type) or any(
        hasattr(hint, name)
        for name in ("__pydantic_validator__", "__pydantic_config__", "__get_pydantic_core_schema__")
    ):
        return None
    if dataclasses.is_dataclass(hint):
        return None if getattr(hint, "__parameters__", ()) else "dataclass"
    if is_typeddict(hint) or type(hint).__name__ == "_TypedDictMeta":  # typing_extensions has its own
        return "typeddict"
    return "enum" if issubclass(hint, enum.Enum) else None


def _documented(hint: Any) -> str:
    """The docstring that the author wrote: a dataclass without one is given its name and its signature.

    The signature is left out where it cannot be told, as in a component.
    """
    text = vars(hint).get("__doc__") if isinstance(hint, type) else None
    if not isinstance(text, str) or text == hint.__name__ or text.startswith(f"{hint.__name__}("):
        return ""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _only_narrows(metadata: Any) -> bool:
    kind = type(metadata)
    if isinstance(metadata, str | Schema) or (
        kind.__module__ == "annotated_types" and kind.__name__ in _NARROWING
    ):
        return True
    if kind.__name__ == "FieldInfo" and kind.__module__ == "pydantic.fields":
        return (
            metadata.is_required()
            and (metadata.alias, metadata.validation_alias, metadata.discriminator) == (None, None, None)
            and all(_only_narrows(each) for each in metadata.metadata)
        )
    return False


def _scalar(hint: Any) -> str | None:
    known = SCALARS.get(hint)
    if known is None and isinstance(hint, type):
        for kind, (module, name) in _LATE.items():
            if hint is getattr(sys.modules.get(module), name, None):
                return kind
    return known


__all__ = ["SCALARS", "ClassShape", "Field", "Shape", "Shapes", "described"]
