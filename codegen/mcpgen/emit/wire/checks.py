"""The checks: the same questions as the decoders ask, but every fault is collected and nothing is built.

They run only after a decoder has said no, so they are written for the message, not for speed.
"""

from __future__ import annotations

from mcpgen.emit.source import Source, equals, quoted
from mcpgen.emit.wire.decoders import rejects
from mcpgen.emit.wire.scope import Scope
from mcpgen.ir.dispatch import Candidate, Dispatch
from mcpgen.ir.model import (
    AnyShape,
    ArrayShape,
    BooleanShape,
    IntegerShape,
    JsonShape,
    LiteralShape,
    MapShape,
    NamedType,
    NullShape,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Shape,
    StringShape,
    UnionShape,
)
from mcpgen.schema.pointer import to_pointer

SIGNATURE = "(value: Any, at: str, faults: list[Fault]) -> None:"


def emit_check(named: NamedType, scope: Scope, source: Source) -> None:
    """Add `check_X` and what it needs to `source`."""
    _Check(scope, source, named.name).named(named)


class _Check:
    def __init__(self, scope: Scope, source: Source, definition: str) -> None:
        self.scope = scope
        self.source = source
        self.definition = definition

    def fault(self, at: str, expected: str, found: str) -> None:
        self.source.line(f'faults.append(Fault({_pointer(at)}, {expected!r}, {found}, "{self.definition}"))')

    def named(self, named: NamedType) -> None:
        if isinstance(named, ObjectType):
            for field in named.fields:
                self.helpers(field.shape, f"_check_{self.scope.stem(named, field)}")
            self.object(named)
            return
        shape = self.scope.shape_of(named)
        if isinstance(shape, UnionShape):
            self.union(shape, f"check_{named.name}")
            return
        self.helpers(shape, f"_check_{named.name}_item")
        with self.source.block(f"def check_{named.name}{SIGNATURE}"):
            self.shape(shape, "value", "{at}", f"_check_{named.name}_item", depth=0)
        self.source.line()

    def helpers(self, shape: Shape, name: str) -> None:
        shape = self.scope.flat(shape)
        match shape:
            case UnionShape():
                self.union(shape, name)
            case ArrayShape(items):
                self.helpers(items, f"{name}_item")
            case MapShape(values):
                self.helpers(values, f"{name}_value")

    def object(self, named: ObjectType) -> None:
        line, block = self.source.line, self.source.block
        with block(f"def check_{named.name}{SIGNATURE}"):
            with block("if type(value) is not dict:"):
                self.fault("{at}", "an object", "found(value)")
                line("return")
            for field in named.fields:
                free = isinstance(self.scope.flat(field.shape), AnyShape)
                if field.required:
                    with block(f"if {field.name!r} not in value:"):
                        self.fault("{at}", f"the key {field.name!r}", '"no such key"')
                if not free:
                    with block("else:" if field.required else f"if {field.name!r} in value:"):
                        line(f"item = value[{field.name!r}]")
                        place = "{at}" + quoted(to_pointer([field.name]))
                        self.shape(field.shape, "item", place, f"_check_{self.scope.stem(named, field)}", 0)
        line()

    def shape(self, shape: Shape, var: str, at: str, name: str, depth: int) -> None:
        """Statements that add the faults of `var`; `at` is the body of an f-string, its pointer."""
        line, block = self.source.line, self.source.block
        shape = self.scope.flat(shape)
        match shape:
            case AnyShape():
                line("pass")
            case JsonShape():
                line(f'check_json({var}, {_pointer(at)}, faults, "{self.definition}")')
            case ReferenceShape(target):
                line(f"check_{target}({var}, {_pointer(at)}, faults)")
            case UnionShape():
                line(f"{name}({var}, {_pointer(at)}, faults)")
            case ArrayShape(items):
                with block(f"if type({var}) is not list:"):
                    self.fault(at, describe(shape), f"found({var})")
                if shape.min_items:
                    with block(f"elif len({var}) < {shape.min_items}:"):
                        self.fault(at, f"at least {shape.min_items} items", f'f"{{len({var})}} items"')
                if shape.max_items is not None:
                    with block(f"elif len({var}) > {shape.max_items}:"):
                        self.fault(at, f"at most {shape.max_items} items", f'f"{{len({var})}} items"')
                if not isinstance(self.scope.flat(items), AnyShape):
                    index, element = f"index{depth or ''}", f"element{depth or ''}"
                    with block("else:"), block(f"for {index}, {element} in enumerate({var}):"):
                        self.shape(items, element, f"{at}/{{{index}}}", f"{name}_item", depth + 1)
            case MapShape(values):
                with block(f"if type({var}) is not dict:"):
                    self.fault(at, describe(shape), f"found({var})")
                if not isinstance(self.scope.flat(values), AnyShape):
                    key, element = f"key{depth or ''}", f"element{depth or ''}"
                    with block("else:"), block(f"for {key}, {element} in {var}.items():"):
                        self.shape(values, element, f"{at}/{{escape({key})}}", f"{name}_value", depth + 1)
            case _:
                with block(f"if {rejects(shape, var)}:"):
                    self.fault(at, describe(shape), f"found({var})")

    def union(self, shape: UnionShape, name: str) -> None:
        line, block = self.source.line, self.source.block
        plan = self.scope.dispatch(shape.members)
        parts = self.container_checks(plan, name)
        with block(f"def {name}{SIGNATURE}"):
            if AnyShape() in plan.scalars:
                line("pass")
                line()
                return
            if plan.objects or plan.maps:
                with block("if type(value) is dict:"):
                    if plan.tag is not None and not plan.maps:
                        self.tagged(plan)
                    else:
                        self.attempts([f"check_{name_}" for name_ in plan.objects] + parts["dict"])
                    line("return")
            if plan.arrays:
                with block("if type(value) is list:"):
                    self.attempts(parts["list"])
                    line("return")
            for scalar in plan.scalars:
                with block(f"if not ({rejects(scalar, 'value')}):"):
                    line("return")
            kinds = list(
                dict.fromkeys(describe(member) for member in (*plan.scalars, *plan.arrays, *plan.maps))
            )
            if plan.objects:
                kinds.insert(0, "an object")
            self.fault("{at}", " or ".join(dict.fromkeys(kinds)), "found(value)")
        line()

    def container_checks(self, plan: Dispatch, name: str) -> dict[str, list[str]]:
        """Functions of their own for the lists and maps that a union holds, by kind."""
        parts: dict[str, list[str]] = {"list": [], "dict": []}
        for container, suffix in plan.containers:
            part = f"_{name.lstrip('_')}_{suffix}"
            self.helpers(container, part)
            with self.source.block(f"def {part}{SIGNATURE}"):
                self.shape(container, "value", "{at}", part, depth=0)
            self.source.line()
            parts["list" if isinstance(container, ArrayShape) else "dict"].append(part)
        return parts

    def tagged(self, plan: Dispatch) -> None:
        line, block = self.source.line, self.source.block
        line(f"tag = value.get({plan.tag!r}, UNSET)")
        untagged = [candidate.name for candidate in plan.untagged]
        for number, (values, candidates) in enumerate(plan.cases):
            # Whoever may leave the tag out is often the only one with its value for it.
            absent = " or tag is UNSET" if untagged == [candidate.name for candidate in candidates] else ""
            untagged = [] if absent else untagged
            with block(f"{'el' if number else ''}if {equals('tag', values)}{absent}:"):
                self.candidates(candidates)
        if untagged:
            with block("elif tag is UNSET:"):
                self.candidates(plan.untagged)
        elif not plan.untagged:
            with block("elif tag is UNSET:"):
                self.fault("{at}", f"the key {plan.tag!r}", '"no such key"')
        with block("else:"):
            known = " or ".join(repr(value) for values, _ in plan.cases for value in values)
            self.fault("{at}" + quoted(to_pointer([plan.tag or ""])), known, "found(tag)")

    def candidates(self, candidates: tuple[Candidate, ...]) -> None:
        self.attempts([f"check_{candidate.name}" for candidate in candidates])

    def attempts(self, checks: list[str]) -> None:
        if len(checks) == 1:
            self.source.line(f"{checks[0]}(value, at, faults)")
        else:
            self.source.line(f"closest(value, at, faults, ({', '.join(checks)}))")


def _pointer(at: str) -> str:
    """The expression for a pointer, given the body of its f-string."""
    return "at" if at == "{at}" else f'f"{at}"'


def describe(shape: Shape) -> str:
    """What a shape wants, for people."""
    match shape:
        case NullShape():
            return "null"
        case BooleanShape():
            return "a boolean"
        case StringShape():
            return "a string"
        case IntegerShape() | NumberShape():
            kind = "an integer" if isinstance(shape, IntegerShape) else "a number"
            low = None if shape.minimum is None else f"at least {shape.minimum}"
            high = None if shape.maximum is None else f"at most {shape.maximum}"
            bounds = " and ".join(bound for bound in (low, high) if bound)
            return f"{kind}, {bounds}" if bounds else kind
        case LiteralShape(values):
            return " or ".join(repr(value) for value in values)
        case ArrayShape():
            return "an array"
        case MapShape():
            return "an object"
        case AnyShape() | JsonShape():
            return "any value"
        case ReferenceShape(name):
            return name
        case UnionShape(members):
            return " or ".join(dict.fromkeys(describe(member) for member in members))
