"""The decoders: straight-line Python that builds an object, or raises at the first fault.

For every type there is `_decode_X`, which other decoders call and which raises a `KeyError` (a missing
key does that by itself, everything else raises `Mismatch`), and `decode_X`, which turns that into the
`DecodeError` that names every fault.
"""

from __future__ import annotations

from mcpgen.emit.source import Source, equals
from mcpgen.emit.wire.scope import Scope
from mcpgen.ir.dispatch import Candidate
from mcpgen.ir.model import (
    AnyShape,
    ArrayShape,
    BooleanShape,
    Field,
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

_FEW = 3


def emit_decoder(named: NamedType, scope: Scope, source: Source, *, held: str | None = None) -> None:
    """Add `_decode_X`, what it needs and `decode_X` to `source`.

    `held` is an expression for what raises where the type says less than its schema.
    """
    _Decoder(scope, source).named(named)
    with source.block(f"def decode_{named.name}(value: Any) -> {named.name}:"):
        source.line(
            f'"""Decode `value`, parsed JSON, as `{named.name}`; raises `DecodeError` with every fault."""'
        )
        if held is not None:
            source.line(f"{held}.check(value)")
        with source.block("try:"):
            source.line(f"result: {named.name} = _decode_{named.name}(value)")
        with source.block("except KeyError:"):
            source.line(f'raise rejected("{named.name}", value, check_{named.name}) from None')
        if scope.may_be_bottomless(named):
            with source.block("except RecursionError:"):
                source.line(f'raise too_deep("{named.name}") from None')
        source.line("return result")
    source.line()


class _Decoder:
    def __init__(self, scope: Scope, source: Source) -> None:
        self.scope = scope
        self.source = source

    def named(self, named: NamedType) -> None:
        if isinstance(named, ObjectType):
            for field in named.fields:
                self.helpers(field.shape, self.scope.stem(named, field))
            self.object(named)
        else:
            shape = self.scope.shape_of(named)
            if isinstance(shape, UnionShape):
                self.union(shape, named.name)
            else:
                self.helpers(shape, f"{named.name}_item")
                with self.source.block(f"def _decode_{named.name}(value: Any) -> Any:"):
                    self.statements(shape, "value", f"{named.name}_item", returning=True)
                self.source.line()

    def helpers(self, shape: Shape, name: str) -> None:
        """Functions of their own for the unions inside a field's shape."""
        shape = self.scope.flat(shape)
        match shape:
            case UnionShape():
                self.union(shape, name)
            case ArrayShape(items):
                self.element_helpers(items, f"{name}_item")
            case MapShape(values):
                self.element_helpers(values, f"{name}_value")

    def element_helpers(self, shape: Shape, name: str) -> None:
        """As `helpers`, and a function for an element that is rebuilt by statements."""
        self.helpers(shape, name)
        shape = self.scope.flat(shape)
        if self.expression(shape, "value", name) is None and not self.scope.kept(shape):
            with self.source.block(f"def _decode_{name}(value: Any) -> Any:"):
                self.statements(shape, "value", name, returning=True)
            self.source.line()

    def object(self, named: ObjectType) -> None:
        line, block = self.source.line, self.source.block
        required = [field for field in named.fields if field.required]
        optional = [field for field in named.fields if not field.required]
        if len(named.fields) > _FEW:
            keys = ", ".join(repr(field.name) for field in named.fields)
            line(f"_KEYS_{named.name} = ({keys},)")
        line(f"_new_{named.name} = partial(object.__new__, {named.name})")
        line()
        with block(f"def _decode_{named.name}(value: Any) -> {named.name}:"):
            with block("if value.__class__ is not dict:"):
                line("raise Mismatch")
            line(f"result = _new_{named.name}()")
            for field in required:
                self.field(named, field)
            if optional:
                line(f"known = {len(required)}")
            for field in optional:
                with block(f"if {field.name!r} in value:"):
                    self.field(named, field)
                    line("known += 1")
                with block("else:"):
                    line(
                        f"result.{field.attribute} = {self.scope.default(field) or self.scope.absent(field)}"
                    )
            self.unknown_keys(named, "known" if optional else str(len(required)))
            line("return result")
        line()

    def unknown_keys(self, named: ObjectType, count: str) -> None:
        """Statements that put the keys which the type does not know into `result`.

        An object with few known keys is often mostly open, as `inputSchema` is: there it pays to take them
        out in place.
        """
        line, block = self.source.line, self.source.block
        if not named.fields:
            line("result._extra = value.copy() or None")
            return
        if len(named.fields) > _FEW:
            line(f"result._extra = None if len(value) == {count} else others(value, _KEYS_{named.name})")
            return
        with block(f"if len(value) == {count}:"):
            line("result._extra = None")
        with block("else:"):
            line("result._extra = extra = value.copy()")
            for field in named.fields:
                if field.required:
                    line(f"del extra[{field.name!r}]")
                else:
                    with block(f"if {field.name!r} in extra:"):
                        line(f"del extra[{field.name!r}]")

    def field(self, named: ObjectType, field: Field) -> None:
        """Statements that take one key out of `value` and put it into `result`."""
        line, block = self.source.line, self.source.block
        name, key = self.scope.stem(named, field), f"value[{field.name!r}]"
        shape = self.scope.flat(field.shape)
        if isinstance(shape, LiteralShape) and len(shape.values) == 1 and isinstance(shape.values[0], str):
            with block(f"if {key} != {shape.values[0]!r}:"):
                line("raise Mismatch")
            line(f"result.{field.attribute} = {shape.values[0]!r}")
            return
        direct = self.expression(shape, key, name)
        if direct is not None:
            line(f"result.{field.attribute} = {direct}")
            return
        line(f"item = {key}")
        self.statements(shape, "item", name)
        line(f"result.{field.attribute} = item")

    def expression(self, shape: Shape, value: str, name: str) -> str | None:
        """An expression for the decoded `value`, for shapes that need no statement."""
        shape = self.scope.flat(shape)
        match shape:
            case AnyShape():
                return value
            case ReferenceShape(target):
                return f"_decode_{target}({value})"
            case UnionShape():
                return f"_decode_{name}({value})"
            case _:
                return None

    def statements(
        self, shape: Shape, var: str, name: str, *, returning: bool = False, kind_is_known: bool = False
    ) -> None:
        """Statements after which the variable `var`, a JSON value before, holds the decoded one.

        With `returning` they return it instead; `kind_is_known` says that a list is known to be one.
        """
        line, block = self.source.line, self.source.block
        shape = self.scope.flat(shape)
        result = self.expression(shape, var, name) or var
        match shape:
            case ArrayShape(items):
                problems = [] if kind_is_known else [f"{var}.__class__ is not list"]
                self.unless([*problems, *_length(shape, var)])
                result = self.elements(
                    items, var, f"{name}_item", each=var, rebuild="[{} for {} in " + var + "]"
                )
            case MapShape(values):
                self.unless([] if kind_is_known else [f"{var}.__class__ is not dict"])
                rebuild = "{{key: {} for key, {} in " + var + ".items()}}"
                result = self.elements(values, var, f"{name}_value", each=f"{var}.values()", rebuild=rebuild)
            case IntegerShape():
                with block(f"if {var}.__class__ is not int:"):
                    with block(f"if {var}.__class__ is not float or not {var}.is_integer():"):
                        line("raise Mismatch")
                    line(f"{var} = int({var})")
                if (bounds := _bounds(shape, var)) is not None:
                    with block(f"if not {bounds}:"):
                        line("raise Mismatch")
            case AnyShape() | ReferenceShape() | UnionShape():
                pass
            case _:
                with block(f"if {rejects(shape, var)}:"):
                    line("raise Mismatch")
        if returning:
            line(f"return {result}")
        elif result != var:
            line(f"{var} = {result}")

    def unless(self, problems: list[str]) -> None:
        if problems:
            with self.source.block(f"if {' or '.join(problems)}:"):
                self.source.line("raise Mismatch")

    def elements(self, shape: Shape, var: str, name: str, *, each: str, rebuild: str) -> str:
        """Check what the list or map `var` holds; the expression for it, rebuilt where it must be.

        What needs no rebuilding stays the same object. `each` iterates over the elements, `rebuild`
        is a comprehension with places for the new element and for the old one.
        """
        shape = self.scope.flat(shape)
        if isinstance(shape, AnyShape):
            return var
        element = f"{var}_" if var.startswith("element") else "element"
        if self.scope.kept(shape):
            with self.source.block(f"for {element} in {each}:"):
                self.statements(shape, element, name)
            return var
        return rebuild.format(self.expression(shape, element, name) or f"_decode_{name}({element})", element)

    def union(self, shape: UnionShape, name: str) -> None:
        line, block = self.source.line, self.source.block
        plan = self.scope.dispatch(shape.members)
        for container, suffix in plan.containers:
            self.helpers(container, f"{name}_{suffix}")
        with block(f"def _decode_{name}(value: Any) -> Any:"):
            if AnyShape() in plan.scalars:
                line("return value")
                return
            if plan.objects:
                with block("if value.__class__ is dict:"):
                    if plan.tag is not None:
                        line(f"tag = value.get({plan.tag!r}, UNSET)")
                        for values, candidates in plan.cases:
                            with block(f"if {equals('tag', values)}:"):
                                self.attempts(candidates)
                        if plan.untagged:
                            with block("if tag is UNSET:"):
                                self.attempts(plan.untagged)
                    else:
                        self.attempts(plan.untagged, last=not plan.maps)
            for members, kind in ((plan.arrays, "list"), (plan.maps, "dict")):
                if members:
                    with block(f"if value.__class__ is {kind}:"):
                        self.containers([pair for pair in plan.containers if pair[0] in members], name)
            for scalar in plan.scalars:
                if isinstance(scalar, IntegerShape):
                    with block(f"if value.__class__ is int{_and(_bounds(scalar, 'value'))}:"):
                        line("return value")
                    with block(
                        f"if value.__class__ is float and value.is_integer(){_and(_bounds(scalar, 'value'))}:"
                    ):
                        line("return int(value)")
                else:
                    with block(f"if not ({rejects(scalar, 'value')}):"):
                        line("return value")
            line("raise Mismatch")
        line()

    def containers(self, containers: list[tuple[ArrayShape | MapShape, str]], name: str) -> None:
        """Try the lists or maps of a union in order; the last one's failure is the failure of all."""
        *first, (last, suffix) = containers
        for container, word in first:
            with self.source.block("try:"):
                self.statements(container, "value", f"{name}_{word}", returning=True, kind_is_known=True)
            with self.source.block("except KeyError:"):
                self.source.line("pass")
        self.statements(last, "value", f"{name}_{suffix}", returning=True, kind_is_known=True)

    def attempts(self, candidates: tuple[Candidate, ...], *, last: bool = True) -> None:
        """Try the candidates in order; the last one's failure is the failure of all."""
        line, block = self.source.line, self.source.block
        for number, candidate in enumerate(candidates, start=1):
            call = f"return _decode_{candidate.name}(value)"
            if number == len(candidates) and last:
                line(call)
                continue
            guard = " and ".join(f"{key!r} in value" for key in candidate.keys)
            if guard:
                with block(f"if {guard}:"):
                    self.attempt(call)
            else:
                self.attempt(call)

    def attempt(self, call: str) -> None:
        with self.source.block("try:"):
            self.source.line(call)
        with self.source.block("except KeyError:"):
            self.source.line("pass")


def rejects(shape: Shape, var: str) -> str:
    """A condition that holds where `var` is not valid, for a scalar shape or `JsonShape`."""
    match shape:
        case JsonShape():
            return f"not is_json({var})"
        case NullShape():
            return f"{var} is not None"
        case BooleanShape():
            return f"{var}.__class__ is not bool"
        case StringShape():
            return f"{var}.__class__ is not str"
        case NumberShape():
            finite = f"{var}.__class__ is not int and ({var}.__class__ is not float or {var} - {var} != 0.0)"
            bounds = _bounds(shape, var)
            return finite if bounds is None else f"({finite}) or not {bounds}"
        case IntegerShape():
            whole = f"{var}.__class__ is not int and ({var}.__class__ is not float or not {var}.is_integer())"
            bounds = _bounds(shape, var)
            return whole if bounds is None else f"({whole}) or not {bounds}"
        case LiteralShape(values):
            # In Python True equals 1; in JSON it does not.
            if all(isinstance(value, str) for value in values):
                return f"{var} not in {tuple(values)!r}" if len(values) > 1 else f"{var} != {values[0]!r}"
            return " and ".join(f"({_differs(value, var)})" for value in values)
        case _:
            raise AssertionError(f"{shape} is not a scalar")


def _differs(value: object, var: str) -> str:
    if value is None or isinstance(value, bool):
        return f"{var} is not {value!r}"
    return f"{var}.__class__ is bool or {var} != {value!r}"


def _bounds(shape: IntegerShape | NumberShape, var: str) -> str | None:
    """A condition that holds where `var` is within the bounds; None where there are none."""
    if shape.minimum is None:
        return None if shape.maximum is None else f"{var} <= {shape.maximum!r}"
    if shape.maximum is None:
        return f"{var} >= {shape.minimum!r}"
    return f"{shape.minimum!r} <= {var} <= {shape.maximum!r}"


def _length(shape: ArrayShape, var: str) -> list[str]:
    """The conditions under which the list `var` is too short or too long."""
    low = [f"len({var}) < {shape.min_items}"] if shape.min_items else []
    high = [f"len({var}) > {shape.max_items}"] if shape.max_items is not None else []
    return low + high


def _and(condition: str | None) -> str:
    return "" if condition is None else f" and {condition}"
