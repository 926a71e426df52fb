"""From the IR of a revision to WIT.

1. An object is a record. Keys that can only have one value are left out, for the type says it; those that
   are unknown go into the field `extra`, as the text of a JSON object.
2. A union is a variant with a case for each kind of value it may be, unions of unions laid flat; with null,
   an option of that. Where it may be anything, or its members cannot be told apart, it is JSON text.
3. Strings out of a few are an enum, other constants JSON text.
4. An object without known keys is a list of pairs; where its values may be anything, the text of the object.
5. WIT knows no recursion: what may hold a value of its own type, is JSON text there.
6. JSON's numbers know no bounds. Where 64 bits do not hold one, a variant has the case `other-number`; an
   optional field of a record is none, a required one has the nearest number, and `extra` the exact one.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, partial

from mcpgen.emit.requests import python_name
from mcpgen.emit.wit.forms import (
    Alias,
    Boolean,
    Case,
    Choice,
    Declaration,
    Enumeration,
    Form,
    Function,
    Integer,
    Json,
    Many,
    Maybe,
    Named,
    Number,
    Package,
    Record,
    RecordField,
    Table,
    Text,
    Variant,
)
from mcpgen.emit.wit.names import KebabNames, kebab
from mcpgen.ir.dispatch import Dispatch, dispatch, resolve
from mcpgen.ir.model import (
    AnyShape,
    ArrayShape,
    BooleanShape,
    IntegerShape,
    JsonShape,
    LiteralShape,
    MapShape,
    Method,
    NamedType,
    NullShape,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Revision,
    Scalar,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.ir.references import reached

#: What the interface `types` has beside the protocol's types, and each record beside its keys.
_OF_TYPES = ("json-text", "object-text")
_OF_RECORDS = ("extra",)


def lower(revision: Revision) -> Package:
    """`revision` as a WIT package."""
    lowering = _Lowering(revision)
    for named in revision.types:
        lowering.declare(named)
    return Package(
        revision.name,
        package_name(revision.name),
        frozenset(lowering.own),
        tuple(lowering.declarations),
        lowering.functions("client-to-server"),
        lowering.functions("server-to-client"),
    )


def package_name(revision: str) -> str:
    """The package of a revision. Its words begin with letters: parsers before 2026 want that."""
    return f"mcpgen:mcp-v{revision.replace('-', '')}"


class _Lowering:
    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self.types = {named.name: named for named in revision.types}
        self.declarations: list[Declaration] = []
        self.names = KebabNames(_OF_TYPES)
        # The protocol's own types come first: what is inline steps aside for them.
        self.own = {named.name: self.names.give(named.name) for named in revision.types}
        self.unions = {each.members: each.name for each in revision.types if isinstance(each, UnionType)}
        self.reaches = cache(partial(reached, types=self.types))

    def declare(self, named: NamedType) -> None:
        name = self.own[named.name]
        if isinstance(named, ObjectType):
            self.declarations.append(self.record(named, name))
            return
        shape = UnionShape(named.members) if isinstance(named, UnionType) else named.target
        place = len(self.declarations)
        form = self.form(shape, named.name, named.name, name)
        if form != Named(named.name):
            self.declarations.insert(place, Alias(named.name, name, form))

    def record(self, named: ObjectType, name: str) -> Record:
        names = KebabNames(_OF_RECORDS)
        fields = []
        for field in named.fields:
            given = names.give(field.name)
            target = resolve(field.shape, self.types)
            if field.required and isinstance(target, LiteralShape) and len(target.values) == 1:
                fields.append(RecordField(field.name, given, Text(), True, True, target.values[0]))
                continue
            form = self.form(field.shape, named.name, f"{named.name}_{field.attribute}")
            fields.append(RecordField(field.name, given, form, field.required))
        return Record(named.name, name, tuple(fields))

    def form(self, shape: Shape, owner: str, identifier: str, name: str | None = None) -> Form:
        """The form of `shape`, which stands inside the type `owner`.

        What has to be declared for it gets the `identifier`, and the WIT `name` or one made of that.
        """
        match shape:
            case ReferenceShape(target):
                return Json() if self.is_cut(owner, target) else Named(target)
            case AnyShape() | JsonShape() | NullShape():
                return Json()
            case BooleanShape():
                return Boolean()
            case IntegerShape(minimum):
                return Integer(signed=minimum is None or minimum < 0)
            case NumberShape():
                return Number()
            case StringShape():
                return Text()
            case LiteralShape(values):
                strings = [value for value in values if isinstance(value, str)]
                if len(strings) < len(values):
                    return Json()
                return self.enumeration(strings, identifier, name)
            case ArrayShape(items):
                return Many(self.form(items, owner, f"{identifier}_item"))
            case MapShape(values):
                anything = isinstance(resolve(values, self.types), AnyShape | JsonShape)
                if anything:
                    return Json(object=True)
                return Table(self.form(values, owner, f"{identifier}_value"))
            case UnionShape(members):
                return self.union(members, owner, identifier, name)

    def union(self, members: tuple[Shape, ...], owner: str, identifier: str, name: str | None) -> Form:
        plan = dispatch(members, self.types)
        if name is None and members in self.unions:
            return Named(self.unions[members])
        scalars: list[Shape] = [scalar for scalar in plan.scalars if not isinstance(scalar, NullShape)]
        if len(scalars) < len(plan.scalars):
            rest = tuple(each for each in members if not isinstance(resolve(each, self.types), NullShape))
            if not rest or any(self.may_be_null(member) for member in rest):
                return Json()
            shape = rest[0] if len(rest) == 1 else UnionShape(rest)
            return Maybe(self.form(shape, owner, f"{identifier}_value"))
        strings: list[Scalar] = [
            value for scalar in scalars if isinstance(scalar, LiteralShape) for value in scalar.values
        ]
        if any(isinstance(scalar, StringShape) for scalar in scalars):
            # An open list of strings is any string.
            scalars = [scalar for scalar in scalars if not isinstance(scalar, LiteralShape)]
            strings = []
        if self.is_anything(plan, scalars, strings):
            return Json()
        alone = not (plan.objects or plan.arrays or plan.maps)
        if alone and all(isinstance(scalar, LiteralShape) for scalar in scalars):
            return self.enumeration([str(value) for value in strings], identifier, name)
        if alone and len(scalars) == 1:
            return self.form(scalars[0], owner, identifier, name)
        return self.variant(plan, scalars, owner, identifier, name)

    def may_be_null(self, shape: Shape) -> bool:
        target = resolve(shape, self.types)
        if isinstance(target, UnionShape):
            return any(self.may_be_null(member) for member in target.members)
        return isinstance(target, NullShape)

    def is_anything(self, plan: Dispatch, scalars: list[Shape], strings: list[Scalar]) -> bool:
        """Whether the kinds of JSON values do not tell the members apart."""
        kinds = [type(scalar) for scalar in scalars]
        return (
            any(isinstance(scalar, AnyShape | JsonShape) for scalar in scalars)
            or any(not isinstance(value, str) for value in strings)
            or len(kinds) > len(set(kinds))
        )

    def variant(
        self, plan: Dispatch, scalars: list[Shape], owner: str, identifier: str, name: str | None
    ) -> Named:
        name = name or self.names.give(identifier)
        names = KebabNames()
        place = len(self.declarations)
        cases = []
        for source in plan.objects:
            form: Form = Json() if self.is_cut(owner, source) else Named(source)
            cases.append(Case(names.give(source), form, source))
        # Lists of one and lists of another are told apart item by item.
        containers: list[tuple[str, Shape]] = []
        if plan.arrays:
            containers.append(("array", ArrayShape(_any_of([each.items for each in plan.arrays]))))
        if plan.maps:
            containers.append(("map", MapShape(_any_of([each.values for each in plan.maps]))))
        for word, shape in containers:
            cases.append(Case(names.give(word), self.form(shape, owner, f"{identifier}_{word}")))
        for scalar in scalars:
            form = self.form(scalar, owner, f"{identifier}_known")
            cases.append(Case(names.give(_WORDS[type(scalar)]), form))
        if any(isinstance(scalar, IntegerShape | NumberShape) for scalar in scalars):
            cases.append(Case(names.give(OTHER_NUMBER), Json()))
        groups = [*plan.cases, ((), plan.untagged)] if plan.untagged else plan.cases
        choices = [
            Choice(values, tuple((each.name, each.keys) for each in candidates))
            for values, candidates in groups
        ]
        self.declarations.insert(place, Variant(identifier, name, tuple(cases), plan.tag, tuple(choices)))
        return Named(identifier)

    def enumeration(self, strings: list[str], identifier: str, name: str | None) -> Named:
        names = KebabNames()
        values = tuple((value, names.give(value)) for value in dict.fromkeys(strings))
        self.declarations.append(Enumeration(identifier, name or self.names.give(identifier), values))
        return Named(identifier)

    def is_cut(self, owner: str, target: str) -> bool:
        """Whether a `target` inside of `owner` may hold an `owner` again."""
        return owner == target or (owner in self.reaches(target))

    # Methods.

    def functions(self, direction: str) -> tuple[Function, ...]:
        """The methods that travel in that direction, as functions of the side that hears them."""
        methods = [
            method
            for method in self.revision.methods
            if method.direction in (direction, "both") and method.kind != "input-request"
        ]
        used = {part for method in methods for part in (method.params, method.result, self.error) if part}
        types = {self.own[part] for part in used}
        names = KebabNames(types)
        return tuple(
            Function(
                method,
                names.give(_function_name(method, types)),
                method.params,
                method.result,
                self.error if method.kind == "request" else None,
            )
            for method in methods
        )

    @property
    def error(self) -> str | None:
        """The type of the key `error` in an error response."""
        for name in ("JSONRPCErrorResponse", "JSONRPCError"):
            named = self.types.get(name)
            for field in named.fields if isinstance(named, ObjectType) else ():
                if field.name == "error" and isinstance(field.shape, ReferenceShape):
                    return field.shape.name
        return None


def _any_of(shapes: list[Shape]) -> Shape:
    different = tuple(dict.fromkeys(shapes))
    return different[0] if len(different) == 1 else UnionShape(different)


def _function_name(method: Method, types: Collection[str]) -> str:
    """As clients in Python call it; `tasks/result` as it is, where a type is called `get-task-result`."""
    if method.kind != "request":
        return method.message.removesuffix("Notification")
    name = python_name(method)
    return name if kebab(name) not in types else method.name.replace("/", "_")


#: The case of numbers that no other case holds.
OTHER_NUMBER = "other-number"
#: What the cases of values that are no objects are called.
_WORDS: dict[type, str] = {
    BooleanShape: "boolean",
    IntegerShape: "integer",
    NumberShape: "number",
    StringShape: "text",
    LiteralShape: "known",
}
