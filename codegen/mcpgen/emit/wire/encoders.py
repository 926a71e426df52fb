"""The encoders: from an object back to the value that `json.dumps` takes. They check nothing that the
type annotations already promise; of a union they need the member's class, and raise `TypeError` for one
that is no member.
"""

from __future__ import annotations

from mcpgen.emit.source import Source
from mcpgen.emit.wire.scope import Scope
from mcpgen.ir.model import (
    ArrayShape,
    Field,
    MapShape,
    NamedType,
    ObjectType,
    ReferenceShape,
    Shape,
    UnionShape,
)

_DOCSTRING = '"""The JSON value of `value`, which is not checked."""'


def emit_encoder(named: NamedType, scope: Scope, source: Source) -> None:
    """Add `encode_X` and what it needs to `source`."""
    _Encoder(scope, source).named(named)


def encoded(shape: Shape, value: str, name: str, scope: Scope) -> str:
    """An expression for the encoded `value`; `name` is the function for a union that stands here."""
    if scope.passes(shape):
        return value
    match shape:
        case ReferenceShape(target):
            return f"encode_{target}({value})"
        case ArrayShape(items):
            return f"[{encoded(items, 'element', f'{name}_item', scope)} for element in {value}]"
        case MapShape(values):
            inside = encoded(values, "element", f"{name}_value", scope)
            return f"{{key: {inside} for key, element in {value}.items()}}"
        case _:
            return f"{name}({value})"


class _Encoder:
    def __init__(self, scope: Scope, source: Source) -> None:
        self.scope = scope
        self.source = source

    def named(self, named: NamedType) -> None:
        line, block = self.source.line, self.source.block
        if isinstance(named, ObjectType):
            for field in named.fields:
                self.helpers(field.shape, f"_encode_{self.scope.stem(named, field)}")
            self.object(named)
            return
        shape = self.scope.shape_of(named)
        if isinstance(shape, UnionShape) and not self.scope.passes(shape):
            self.union(shape, f"encode_{named.name}")
            return
        self.helpers(shape, f"_encode_{named.name}_item")
        with block(f"def encode_{named.name}(value: {named.name}) -> Any:"):
            line(_DOCSTRING)
            line(f"return {self.expression(shape, 'value', f'_encode_{named.name}_item')}")
        line()

    def helpers(self, shape: Shape, name: str) -> None:
        """Functions of their own for the unions inside a field's shape."""
        match shape:
            case UnionShape() if not self.scope.passes(shape):
                self.union(shape, name)
            case ArrayShape(items):
                self.helpers(items, f"{name}_item")
            case MapShape(values):
                self.helpers(values, f"{name}_value")

    def object(self, named: ObjectType) -> None:
        line, block = self.source.line, self.source.block
        with block(f"def encode_{named.name}(value: {named.name}) -> dict[str, Any]:"):
            line(_DOCSTRING)
            with block("result: dict[str, Any] = {"):
                for field in named.fields:
                    if self.scope.absent(field) is None:
                        item = self.field(named, field)
                        line(f"{field.name!r}: {item},")
            line("}")
            for field in named.fields:
                if (absent := self.scope.absent(field)) is not None:
                    item, expression = f"value.{field.attribute}", self.field(named, field)
                    # Type checkers do not see by `is` that it cannot be UNSET.
                    seen = absent == "UNSET" and expression != item
                    there = f"not isinstance({item}, Unset)" if seen else f"{item} is not {absent}"
                    with block(f"if {there}:"):
                        line(f"result[{field.name!r}] = {expression}")
            with block("if value._extra:"):
                line("return {**value._extra, **result}")
            line("return result")
        line()

    def field(self, named: ObjectType, field: Field) -> str:
        """An expression for the encoded value of a field."""
        return self.expression(
            field.shape, f"value.{field.attribute}", f"_encode_{self.scope.stem(named, field)}"
        )

    def expression(self, shape: Shape, value: str, name: str) -> str:
        return encoded(shape, value, name, self.scope)

    def union(self, shape: UnionShape, name: str) -> None:
        line, block = self.source.line, self.source.block
        plan = self.scope.dispatch(shape.members)
        items = UnionShape(tuple(dict.fromkeys(array.items for array in plan.arrays)))
        values = UnionShape(tuple(dict.fromkeys(mapping.values for mapping in plan.maps)))
        one_items = items.members[0] if len(items.members) == 1 else items
        one_values = values.members[0] if len(values.members) == 1 else values
        if plan.arrays:
            self.helpers(one_items, f"{name}_item")
        if plan.maps:
            self.helpers(one_values, f"{name}_value")
        with block(f"def {name}(value: {self.scope.annotation(shape)}) -> Any:"):
            if name.startswith("encode_"):
                line(_DOCSTRING)
            line("item: Any = value")
            line("kind = item.__class__")
            for target in plan.objects:
                with block(f"if kind is {target}:"):
                    line(f"return encode_{target}(item)")
            if plan.arrays:
                with block("if kind is list:"):
                    line(f"return {self.expression(ArrayShape(one_items), 'item', name)}")
            if plan.maps:
                with block("if kind is dict:"):
                    line(f"return {self.expression(MapShape(one_values), 'item', name)}")
            if plan.scalars:
                with block("if not isinstance(item, Wire | list | dict):"):
                    line("return item")
            union = name.lstrip("_").removeprefix("encode_")
            line(f'raise TypeError(f"{union} cannot hold a {{kind.__name__}}")')
        line()
