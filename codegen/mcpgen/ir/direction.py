"""Walk two revisions side by side, in one direction: what makes a value of the target out of the source's."""

from __future__ import annotations

from mcpgen.errors import SchemaError
from mcpgen.ir.conversion import (
    Conversion,
    ListConversion,
    MapConversion,
    MemberConversion,
    ObjectConversion,
    RefuseConversion,
    RewriteConversion,
    UnionConversion,
)
from mcpgen.ir.dispatch import Candidate, Dispatch, dispatch, resolve
from mcpgen.ir.ledger import FILE, Ledger, Place, Use
from mcpgen.ir.model import (
    AnyShape,
    ArrayShape,
    BooleanShape,
    Field,
    JsonShape,
    MapShape,
    NamedType,
    ObjectType,
    ReferenceShape,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.ir.shapes import is_part, looser, tags, words
from mcpgen.schema.conversions import Decision, place


class Direction:
    """One direction of the walk: from the types of the source to those of the target."""

    def __init__(self, ledger: Ledger, *, to_wire: bool) -> None:
        self.ledger = ledger
        self.to_wire = to_wire
        self.source, self.target = (ledger.newest, ledger.older) if to_wire else (ledger.older, ledger.newest)

    def decide(self, at: Place, member: str | None, what: str) -> Decision | None:
        return self.ledger.decide(at, member, what, to_wire=self.to_wire)

    def neutral(self, source: Shape, target: Shape) -> Shape:
        return source if self.to_wire else target

    def shape(self, source: Shape, target: Shape, at: Place) -> Conversion | None:
        """What a valid `source` needs to be a valid `target`."""
        named = self.neutral(source, target)
        if isinstance(named, ReferenceShape) and isinstance(self.ledger.newest[named.name], UnionType):
            at = Place(named.name)
        source, target = resolve(source, self.source), resolve(target, self.target)
        if isinstance(target, AnyShape | JsonShape):
            return None
        if isinstance(source, UnionShape) or isinstance(target, UnionShape):
            return self.union(source, target, at)
        if isinstance(source, ArrayShape) and isinstance(target, ArrayShape):
            if not looser((source.min_items, source.max_items), (target.min_items, target.max_items)):
                self.narrowed(source, target, at)
            items = self.shape(source.items, target.items, at)
            return None if items is None else ListConversion(items)
        if isinstance(source, MapShape) and isinstance(target, MapShape):
            values = self.shape(source.values, target.values, at)
            return None if values is None else MapConversion(values)
        if isinstance(source, ReferenceShape | MapShape) and isinstance(target, ReferenceShape | MapShape):
            return self.object(self.fields(source, self.source), self.fields(target, self.target), at, named)
        if not is_part(source, target):
            self.narrowed(source, target, at)
        return None

    def narrowed(self, source: Shape, target: Shape, at: Place) -> None:
        """A value that the target may not accept: the owner must have been rewritten."""
        decision = self.decide(at, None, f"{words(source)} where {words(target)} is wanted")
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
        self, source: tuple[Field, ...], target: tuple[Field, ...], at: Place, named: Shape
    ) -> Conversion | None:
        """The conversion of an object with the known keys `source` to one with `target`."""
        neutral = resolve(named, self.ledger.newest)
        name = neutral.name if isinstance(neutral, ReferenceShape) else f"{at.type}.{at.field}"
        known = {field.name: field for field in target}
        parts = _Parts(name)
        for field in source:
            other = known.pop(field.name, None)
            here = Place(name, field.name)
            if other is None:
                self.only_in_source(field, here, parts)
            else:
                self.in_both(field, other, here, parts)
        for field in known.values():
            self.only_in_target(field, Place(name, field.name), parts)
        return parts.conversion()

    def only_in_source(self, field: Field, at: Place, parts: _Parts) -> None:
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

    def only_in_target(self, field: Field, at: Place, parts: _Parts) -> None:
        decision = self.decide(at, None, f"a key that only {self.target_name} has")
        if decision is None or decision.do == "leave":
            return
        if decision.do == "inherit" and not self.to_wire:
            self.in_both(self.inherited(field.name, decision), field, at, parts)
        elif decision.do == "default" and field.required:
            parts.constants.append((field.name, decision.value))
        elif decision.do == "drop" or (decision.do == "rewrite" and not self.to_wire):
            parts.dropped.append(field.name)
        elif decision.do in ("keep", "rewrite"):
            if decision.do == "rewrite":
                self.rewrite(decision, parts)
            parts.checked.append((field.name, self.closed(field.shape, decision)))
        else:
            raise self.misfit(decision, "a key that only the target has")

    def in_both(self, source: Field, target: Field, at: Place, parts: _Parts) -> None:
        if target.required and not source.required:
            decision = self.decide(at, None, f"a key that {self.target_name} needs")
            if decision is not None and decision.do == "default":
                parts.defaults.append((target.name, decision.value))
            elif decision is not None and decision.do not in ("leave", "inherit", "rewrite"):
                raise self.misfit(decision, "a key that may be absent and must not")
        conversion = self.shape(source.shape, target.shape, at)
        decision = self.ledger.decisions.get(place(at.type, at.field, None))
        if decision is not None and decision.do == "rewrite":
            if conversion is not None and self.to_wire:
                self.ledger.use(decision, to_wire=True)
            if Use(decision, self.ledger.revision, self.to_wire) in self.ledger.uses:
                self.rewrite(decision, parts)
        if conversion is not None:
            parts.fields.append((source.name, conversion))

    def rewrite(self, decision: Decision, parts: _Parts) -> None:
        assert decision.field is not None and decision.by is not None
        parts.rewritten.append((decision.field, decision.by))

    def inherited(self, key: str, decision: Decision) -> Field:
        """The key as the type that the older revision means, but does not name here, has it."""
        base = self.ledger.older.get(decision.of or "")
        fields = base.fields if isinstance(base, ObjectType) else ()
        for field in fields:
            if field.name == key:
                return field
        raise self.misfit(decision, f"nothing: {self.ledger.revision} has no {decision.of}.{key}")

    def closed(self, shape: Shape, decision: Decision) -> Shape:
        """`shape`, which a converter will have to check, if it is simple enough for that."""
        shape = resolve(shape, self.target)
        match shape:
            case ArrayShape(items):
                return ArrayShape(self.closed(items, decision))
            case MapShape(values):
                return MapShape(self.closed(values, decision))
            case AnyShape() | JsonShape() | StringShape() | BooleanShape():
                return shape
            case _:
                raise self.misfit(decision, "a value too complex to be checked")

    def union(self, source: Shape, target: Shape, at: Place) -> Conversion | None:
        """The conversion of a value that has several shapes, in the source, in the target or in both."""
        theirs = self.plan(source, self.source)
        ours = self.plan(target, self.target)

        def member(candidate: Candidate) -> MemberConversion:
            counterpart = self.counterpart(candidate.name, theirs, ours)
            if counterpart is None:
                conversion = self.stranger(candidate.name, target, at)
            else:
                conversion = self.shape(ReferenceShape(candidate.name), ReferenceShape(counterpart), at)
            needed = _required(self.target.get(counterpart or ""))
            # What both revisions need tells it from the others more surely than what one has added since.
            keys = tuple(key for key in candidate.keys if key in needed) or candidate.keys
            return MemberConversion(keys, conversion)

        array: Conversion | None = None
        for shape in theirs.arrays:
            if ours.arrays:
                items = self.shape(shape.items, ours.arrays[0].items, at)
                array = None if items is None else ListConversion(items)
            else:
                array = self.stranger("array", target, at)
        for kept in (*theirs.scalars, *theirs.maps):
            if not any(is_part(kept, other) for other in (*ours.scalars, *ours.maps)):
                decision = self.decide(at, words(kept), f"a member that {self.target_name} does not have")
                if decision is not None and decision.do != "leave":
                    raise self.misfit(decision, "a value that is neither an object nor an array")
        cases = tuple((values, tuple(map(member, candidates))) for values, candidates in theirs.cases)
        untagged = tuple(map(member, theirs.untagged))
        members = [item for _, candidates in cases for item in candidates] + list(untagged)
        if array is None and all(item.conversion is None for item in members):
            return None
        if len(members) == 1 and not theirs.arrays and not theirs.scalars and not theirs.maps:
            return members[0].conversion
        return UnionConversion(at.name, theirs.tag, cases, untagged, array)

    def plan(self, shape: Shape, types: dict[str, NamedType]) -> Dispatch:
        return dispatch(shape.members if isinstance(shape, UnionShape) else (shape,), types)

    def counterpart(self, name: str, theirs: Dispatch, ours: Dispatch) -> str | None:
        """The target's name for it: its own, what a decision pairs it with, or the one that has its tag."""
        if name in ours.objects:
            return name
        for decision in self.ledger.decisions.values():
            if decision.do == "pair":
                names = (decision.type, decision.older)
                here, there = names if self.to_wire else reversed(names)
                if here == name and there in ours.objects:
                    self.ledger.use(decision, to_wire=self.to_wire)
                    return there
        own = tags(self.source[name], self.source)
        alike = [other for other in ours.objects if tags(self.target[other], self.target) == own]
        rivals = [other for other in theirs.objects if tags(self.source[other], self.source) == own]
        return alike[0] if own and len(alike) == len(rivals) == 1 else None

    def stranger(self, name: str, target: Shape, at: Place) -> Conversion | None:
        """What becomes of a member that the target does not have."""
        decision = self.decide(at, name, f"a member that {self.target_name} does not have")
        if decision is None or decision.do == "leave":
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
        return self.ledger.revision if self.to_wire else "the newest revision"

    def misfit(self, decision: Decision, found: str) -> SchemaError:
        return SchemaError(
            f"{FILE}: [[decision]] number {decision.number} says `do = {decision.do!r}` at "
            f"{decision.place}, but there is {found} ({self.direction}, {self.ledger.revision})",
            hint="docs/conversions.md says what each `do` is for",
        )


def _required(named: NamedType | None) -> frozenset[str]:
    fields = named.fields if isinstance(named, ObjectType) else ()
    return frozenset(field.name for field in fields if field.required)


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
        for part in (self.dropped, self.fields):
            part.sort(key=str)
        return ObjectConversion(self.name, *(tuple(part) for part in parts))  # type: ignore[arg-type]
