"""Find how two revisions differ, and what the converters between them have to do.

The two are an older revision, whose types are the wire's, and the newest, whose types are the neutral
ones. They are walked side by side, from the params and the result of each method that both have. What is
alike needs nothing; for every difference there must be a decision in `conversions.toml`. A difference that
nobody has decided is an error, and so is a decision that decides nothing: a new revision cannot slip by.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mcpgen.errors import SchemaError
from mcpgen.ir.conversion import (
    Conversion,
    ListConversion,
    MapConversion,
    MemberConversion,
    MethodConversion,
    ObjectConversion,
    RefuseConversion,
    RevisionConversion,
    RewriteConversion,
    TypeConversion,
    UnionConversion,
)
from mcpgen.ir.dispatch import Candidate, Dispatch, dispatch, resolve
from mcpgen.ir.model import (
    AnyShape,
    ArrayShape,
    Field,
    IntegerShape,
    JsonShape,
    LiteralShape,
    MapShape,
    NamedType,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Revision,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.schema.conversions import Conversions, Decision, place

_FILE = "conversions.toml"
_SHOWN = 12


class Use(NamedTuple):
    """A decision that decided something: for which revision, and in which direction."""

    decision: Decision
    revision: str
    direction: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The conversions between two revisions, and every use of a decision on the way to them."""

    conversion: RevisionConversion
    uses: tuple[Use, ...]


def compare(
    older: Revision, newest: Revision, conversions: Conversions, *, functions: Collection[str]
) -> Comparison:
    """How values go between `older` and `newest`, where `functions` are those that may be named.

    Raises `SchemaError` that names each difference without a decision, or a decision whose `until` is
    `older` and that decides nothing, or one that does not fit what it decides about.
    """
    for decision in conversions.decisions:
        if decision.by is not None and decision.by not in functions:
            raise SchemaError(
                f"{_FILE}: [[decision]] number {decision.number} names a function that is not there: "
                f"{decision.by!r}",
                hint=f"known: {', '.join(sorted(functions))}",
            )
    walk = _Walk(older, newest, conversions.until(older.name))
    methods = []
    others = {method.name: method for method in older.methods}
    for neutral in newest.methods:
        if (wire := others.get(neutral.name)) is not None:
            params = walk.both_ways(neutral.params, wire.params)
            result = walk.both_ways(neutral.result, wire.result)
            methods.append(MethodConversion(neutral.name, *params, *result))
    types = [
        TypeConversion(name, *walk.both_ways(name, name)) for name in conversions.types if walk.has(name)
    ]
    walk.refuse_gaps()
    return Comparison(
        RevisionConversion(older.name, newest.name, tuple(methods), tuple(types)), tuple(walk.uses)
    )


class _Walk:
    """Both directions between two revisions; collects what is missing and what was used."""

    def __init__(self, older: Revision, newest: Revision, conversions: Conversions) -> None:
        self.older = {named.name: named for named in older.types}
        self.newest = {named.name: named for named in newest.types}
        self.revision = older.name
        self.decisions: dict[str, Decision] = {}
        # The last row for a place wins that holds at all: the one with the earliest `until`.
        for decision in sorted(conversions.decisions, key=lambda item: item.until, reverse=True):
            self.decisions[decision.place] = decision
        self.uses: dict[Use, None] = {}
        self.missing: dict[str, str] = {}

    def has(self, name: str) -> bool:
        return name in self.older and name in self.newest

    def both_ways(self, neutral: str | None, wire: str | None) -> tuple[Conversion | None, Conversion | None]:
        """The conversions of two named types: from the wire, to the wire."""
        if neutral is None or wire is None:
            return None, None
        up = _Direction(self, to_wire=False).shape(
            ReferenceShape(wire), ReferenceShape(neutral), _Place(neutral)
        )
        down = _Direction(self, to_wire=True).shape(
            ReferenceShape(neutral), ReferenceShape(wire), _Place(neutral)
        )
        return up, down

    def decide(self, at: _Place, member: str | None, what: str, *, to_wire: bool) -> Decision | None:
        """The decision about a difference; notes that it is missing where it is."""
        key = place(at.type, at.field, member)
        decision = self.decisions.get(key)
        if decision is None:
            self.missing.setdefault(key, what)
        else:
            self.use(decision, to_wire=to_wire)
        return decision

    def use(self, decision: Decision, *, to_wire: bool) -> None:
        self.uses[Use(decision, self.revision, "to wire" if to_wire else "from wire")] = None

    def refuse_gaps(self) -> None:
        """Raise `SchemaError` for what is missing and, if nothing is, for what is too much."""
        if self.missing:
            shown = [f"{key}: {what}" for key, what in list(self.missing.items())[:_SHOWN]]
            more = [f"and {len(self.missing) - _SHOWN} more"] if len(self.missing) > _SHOWN else []
            raise SchemaError(
                f"{_FILE} does not decide about {self.revision}:\n  " + "\n  ".join(shown + more),
                hint=f'add a [[decision]] with `until = "{self.revision}"` or later for each; '
                "docs/conversions.md says how",
            )
        used = {use.decision for use in self.uses}
        for decision in self.decisions.values():
            if decision.until == self.revision and decision not in used:
                raise SchemaError(
                    f"{_FILE}: [[decision]] number {decision.number} decides nothing: {self.revision} has no "
                    f"difference at {decision.place}",
                    hint="delete it, or let its `until` name the newest revision that it is needed for",
                )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is, in the names of the newest revision: a type, or a key of one."""

    type: str
    field: str | None = None


class _Direction:
    """One direction of the walk: from the types of the source to those of the target."""

    def __init__(self, walk: _Walk, *, to_wire: bool) -> None:
        self.walk = walk
        self.to_wire = to_wire
        self.source, self.target = (walk.newest, walk.older) if to_wire else (walk.older, walk.newest)

    def decide(self, at: _Place, member: str | None, what: str) -> Decision | None:
        return self.walk.decide(at, member, what, to_wire=self.to_wire)

    def neutral(self, source: Shape, target: Shape) -> Shape:
        return source if self.to_wire else target

    def shape(self, source: Shape, target: Shape, at: _Place) -> Conversion | None:
        """What a valid `source` needs to be a valid `target`."""
        named = self.neutral(source, target)
        if isinstance(named, ReferenceShape) and isinstance(self.walk.newest[named.name], UnionType):
            at = _Place(named.name)
        source, target = resolve(source, self.source), resolve(target, self.target)
        if isinstance(target, AnyShape | JsonShape):
            return None
        if isinstance(source, UnionShape) or isinstance(target, UnionShape):
            return self.union(source, target, at)
        if isinstance(source, ArrayShape) and isinstance(target, ArrayShape):
            if not _looser((source.min_items, source.max_items), (target.min_items, target.max_items)):
                self.narrowed(source, target, at)
            items = self.shape(source.items, target.items, at)
            return None if items is None else ListConversion(items)
        if isinstance(source, MapShape) and isinstance(target, MapShape):
            values = self.shape(source.values, target.values, at)
            return None if values is None else MapConversion(values)
        if isinstance(source, ReferenceShape | MapShape) and isinstance(target, ReferenceShape | MapShape):
            return self.object(self.fields(source, self.source), self.fields(target, self.target), at, named)
        if not _is_part(source, target):
            self.narrowed(source, target, at)
        return None

    def narrowed(self, source: Shape, target: Shape, at: _Place) -> None:
        """A value that the target may not accept: the owner must have been rewritten."""
        decision = self.decide(at, None, f"{_words(source)} where {_words(target)} is wanted")
        if decision is not None and decision.do not in ("rewrite", "leave"):
            raise self.misfit(decision, "a value that the target does not accept")

    def fields(self, shape: Shape, types: dict[str, NamedType]) -> tuple[Field, ...]:
        """The known keys of an object; a map has none."""
        if isinstance(shape, MapShape):
            return ()
        assert isinstance(shape, ReferenceShape)
        named = types[shape.name]
        assert isinstance(named, ObjectType)
        return named.fields

    def object(
        self, source: tuple[Field, ...], target: tuple[Field, ...], at: _Place, named: Shape
    ) -> Conversion | None:
        """The conversion of an object with the known keys `source` to one with `target`."""
        neutral = resolve(named, self.walk.newest)
        name = neutral.name if isinstance(neutral, ReferenceShape) else f"{at.type}.{at.field}"
        known = {field.name: field for field in target}
        parts = _Parts(name)
        for field in source:
            other = known.pop(field.name, None)
            here = _Place(name, field.name)
            if other is None:
                self.only_in_source(field, here, parts)
            else:
                self.in_both(field, other, here, parts)
        for field in known.values():
            self.only_in_target(field, _Place(name, field.name), parts)
        return parts.conversion()

    def only_in_source(self, field: Field, at: _Place, parts: _Parts) -> None:
        decision = self.decide(at, None, f"a key that {self.target_name} does not have")
        if decision is None or decision.do in ("keep", "leave"):
            return
        if decision.do == "inherit" and self.to_wire:
            self.in_both(field, self.inherited(field.name, decision), at, parts)
        elif decision.do == "rewrite" and self.to_wire:
            self.rewrite(decision, parts)
            parts.dropped.append(field.name)
        elif decision.do in ("drop", "default"):
            parts.dropped.append(field.name)
        elif decision.do != "rewrite":
            raise self.misfit(decision, "a key that the target does not have")

    def only_in_target(self, field: Field, at: _Place, parts: _Parts) -> None:
        decision = self.decide(at, None, f"a key that only {self.target_name} has")
        if decision is None or decision.do == "leave":
            return
        if decision.do == "inherit" and not self.to_wire:
            self.in_both(self.inherited(field.name, decision), field, at, parts)
        elif decision.do == "default" and field.required:
            parts.constants.append((field.name, decision.value))
        elif decision.do == "drop" or (decision.do == "rewrite" and not self.to_wire):
            parts.dropped.append(field.name)
        elif decision.do in ("keep", "rewrite") and not field.required:
            if decision.do == "rewrite":
                self.rewrite(decision, parts)
            parts.checked.append((field.name, self.closed(field.shape, decision)))
        else:
            raise self.misfit(decision, "a key that only the target has" + " and needs" * field.required)

    def in_both(self, source: Field, target: Field, at: _Place, parts: _Parts) -> None:
        if target.required and not source.required:
            decision = self.decide(at, None, f"a key that {self.target_name} needs")
            if decision is not None and decision.do == "default":
                parts.defaults.append((target.name, decision.value))
            elif decision is not None and decision.do not in ("leave", "inherit", "rewrite"):
                raise self.misfit(decision, "a key that may be absent and must not")
        conversion = self.shape(source.shape, target.shape, at)
        decision = self.walk.decisions.get(place(at.type, at.field, None))
        if decision is not None and decision.do == "rewrite":
            if conversion is not None and self.to_wire:
                self.walk.use(decision, to_wire=True)
            if Use(decision, self.walk.revision, self.direction) in self.walk.uses:
                self.rewrite(decision, parts)
        if conversion is not None:
            parts.fields.append((source.name, conversion))

    def rewrite(self, decision: Decision, parts: _Parts) -> None:
        assert decision.field is not None and decision.by is not None
        parts.rewritten.append((decision.field, decision.by))

    def inherited(self, key: str, decision: Decision) -> Field:
        """The key as the type that the older revision means, but does not name here, has it."""
        base = self.walk.older.get(decision.of or "")
        fields = base.fields if isinstance(base, ObjectType) else ()
        for field in fields:
            if field.name == key:
                return field
        raise self.misfit(decision, f"nothing: {self.walk.revision} has no {decision.of}.{key}")

    def closed(self, shape: Shape, decision: Decision) -> Shape:
        """`shape`, which a converter will have to check, if it is simple enough for that."""
        shape = resolve(shape, self.target)
        match shape:
            case ArrayShape(items):
                self.closed(items, decision)
            case MapShape(values):
                self.closed(values, decision)
            case ReferenceShape() | UnionShape():
                raise self.misfit(decision, "a value too complex to be checked")
        return shape

    def union(self, source: Shape, target: Shape, at: _Place) -> Conversion | None:
        """The conversion of a value that has several shapes, in the source, in the target or in both."""
        theirs = self.plan(source, self.source)
        ours = self.plan(target, self.target)

        def member(candidate: Candidate) -> MemberConversion:
            counterpart = self.counterpart(candidate.name, theirs, ours)
            if counterpart is None:
                conversion = self.stranger(candidate.name, target, at)
            else:
                conversion = self.shape(ReferenceShape(candidate.name), ReferenceShape(counterpart), at)
            return MemberConversion(candidate.keys, conversion)

        array: Conversion | None = None
        for shape in theirs.arrays:
            if ours.arrays:
                items = self.shape(shape.items, ours.arrays[0].items, at)
                array = None if items is None else ListConversion(items)
            else:
                array = self.stranger("array", target, at)
        for kept in (*theirs.scalars, *theirs.maps):
            if not any(_is_part(kept, other) for other in (*ours.scalars, *ours.maps)):
                self.stranger(_words(kept), target, at)
        cases = tuple((values, tuple(map(member, candidates))) for values, candidates in theirs.cases)
        untagged = tuple(map(member, theirs.untagged))
        members = [item for _, candidates in cases for item in candidates] + list(untagged)
        if array is None and all(item.conversion is None for item in members):
            return None
        if len(members) == 1 and not theirs.arrays and not theirs.scalars and not theirs.maps:
            return members[0].conversion
        return UnionConversion(_name(at), theirs.tag, cases, untagged, array)

    def plan(self, shape: Shape, types: dict[str, NamedType]) -> Dispatch:
        return dispatch(shape.members if isinstance(shape, UnionShape) else (shape,), types)

    def counterpart(self, name: str, theirs: Dispatch, ours: Dispatch) -> str | None:
        """The target's name for it: its own, what a decision pairs it with, or the one that has its tag."""
        if name in ours.objects:
            return name
        for decision in self.walk.decisions.values():
            if decision.do == "pair":
                names = (decision.type, decision.older)
                here, there = names if self.to_wire else reversed(names)
                if here == name and there in ours.objects:
                    self.walk.use(decision, to_wire=self.to_wire)
                    return there
        tags = _tags(self.source[name], self.source)
        alike = [other for other in ours.objects if _tags(self.target[other], self.target) == tags]
        rivals = [other for other in theirs.objects if _tags(self.source[other], self.source) == tags]
        return alike[0] if tags and len(alike) == len(rivals) == 1 else None

    def stranger(self, name: str, target: Shape, at: _Place) -> Conversion | None:
        """What becomes of a member that the target does not have."""
        decision = self.decide(at, name, f"a member that {self.target_name} does not have")
        if decision is None or decision.do in ("leave", "rewrite"):
            return None
        if decision.do == "refuse":
            return RefuseConversion(name)
        if decision.do != "become" or decision.by is None:
            raise self.misfit(decision, "a member that the target does not have")
        if decision.becomes == "string":
            return RewriteConversion(decision.by, None)
        if decision.becomes not in self.source:
            raise self.misfit(decision, f"a member that becomes {decision.becomes}, which is not there")
        becomes = resolve(ReferenceShape(decision.becomes), self.source)
        return RewriteConversion(decision.by, self.union(becomes, target, at))

    @property
    def direction(self) -> str:
        return "to wire" if self.to_wire else "from wire"

    @property
    def target_name(self) -> str:
        return self.walk.revision if self.to_wire else "the newest revision"

    def misfit(self, decision: Decision, found: str) -> SchemaError:
        return SchemaError(
            f"{_FILE}: [[decision]] number {decision.number} says `do = {decision.do!r}` at "
            f"{decision.place}, but there is {found} ({self.direction}, {self.walk.revision})",
            hint="docs/conversions.md says what each `do` is for",
        )


class _Parts:
    """An `ObjectConversion` that grows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rewritten: list[tuple[str, str]] = []
        self.dropped: list[str] = []
        self.checked: list[tuple[str, Shape]] = []
        self.fields: list[tuple[str, Conversion]] = []
        self.constants: list[tuple[str, str | int | float | bool | None]] = []
        self.defaults: list[tuple[str, str | int | float | bool | None]] = []

    def conversion(self) -> ObjectConversion | None:
        parts = (self.rewritten, self.dropped, self.checked, self.fields, self.constants, self.defaults)
        if not any(parts):
            return None
        return ObjectConversion(self.name, *(tuple(part) for part in parts))  # type: ignore[arg-type]


def _is_part(source: Shape, target: Shape) -> bool:
    """Whether every value of `source`, neither of them a union or a named type, is one of `target`."""
    match source, target:
        case LiteralShape(values), LiteralShape(others):
            return set(values) <= set(others)
        case LiteralShape(values), StringShape():
            return all(isinstance(value, str) for value in values)
        case ((IntegerShape() | NumberShape()), NumberShape()):
            return _looser((source.minimum, source.maximum), (target.minimum, target.maximum))
        case IntegerShape(), IntegerShape():
            return _looser((source.minimum, source.maximum), (target.minimum, target.maximum))
        case StringShape(), StringShape():
            return True
        case _, (AnyShape() | JsonShape()):
            return True
        case _:
            return source == target


def _looser(source: Sequence[float | None], target: Sequence[float | None]) -> bool:
    """Whether `target` bounds nothing (minimum, maximum) that `source` leaves open."""
    (low, high), (lowest, highest) = source, target
    return (lowest is None or (low is not None and low >= lowest)) and (
        highest is None or (high is not None and high <= highest)
    )


def _tags(named: NamedType, types: dict[str, NamedType]) -> frozenset[tuple[str, object]]:
    """The keys of an object type that are one constant string, with it."""
    tags = set()
    for field in named.fields if isinstance(named, ObjectType) else ():
        shape = resolve(field.shape, types)
        if isinstance(shape, LiteralShape) and len(shape.values) == 1:
            tags.add((field.name, shape.values[0]))
    return frozenset(tags)


def _name(at: _Place) -> str:
    return f"{at.type}.{at.field}" if at.field else at.type


def _words(shape: Shape) -> str:
    """A shape in a few words."""
    match shape:
        case ReferenceShape(name):
            return name
        case LiteralShape(values):
            return " or ".join(map(repr, values))
        case _:
            return type(shape).__name__.removesuffix("Shape").lower()
