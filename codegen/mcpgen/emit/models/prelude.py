"""What every generated `models.py` begins with; its text is copied into each of them.

The generated classes inherit from `Model` and use `Integer`, `Number` and `Json`; `dump` is the way back to
JSON. This file is a module so that it is linted, type-checked and tested as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Annotated, Any

from pydantic import (
    MISSING,
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class _JsonInteger:
    """A JSON Schema integer: 5.0 is one and becomes 5; booleans, 5.5 and infinity are none."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.union_schema(
            [
                core_schema.int_schema(strict=True),
                core_schema.no_info_after_validator_function(
                    _whole, core_schema.float_schema(strict=True, allow_inf_nan=False)
                ),
            ],
            mode="left_to_right",
            custom_error_type="integer",
            custom_error_message="Input should be an integer",
            serialization=core_schema.simple_ser_schema("int"),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "integer"}


class _JsonNumber:
    """A JSON Schema number: an int of any size stays an int; booleans and infinity are none."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.union_schema(
            [core_schema.int_schema(strict=True), core_schema.float_schema(strict=True, allow_inf_nan=False)],
            mode="left_to_right",
            custom_error_type="number",
            custom_error_message="Input should be a finite number",
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "number"}


def _whole(value: float) -> int:
    if not value.is_integer():
        raise ValueError("a number with a fraction")
    return int(value)


def _finite(value: Any) -> Any:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, float) and not isfinite(item):
            raise ValueError("a number that JSON cannot write")
    return value


Integer = Annotated[int, _JsonInteger()]
Number = Annotated[int | float, _JsonNumber()]
Json = Annotated[Any, AfterValidator(_finite)]


class Model(BaseModel):
    """A JSON object: strict, and its unknown keys are kept (`model_extra`).

    An optional key that is absent is `MISSING`, so that None can only mean null. A field whose default is
    anything but `MISSING` is a constant: the constructor fills it in, but a message must carry it.
    The constructor takes a field by its attribute or by its key on the wire, validation only by the key.
    """

    model_config = ConfigDict(extra="allow", strict=True, serialize_by_alias=True, protected_namespaces=())

    def __init__(self, /, **data: Any) -> None:
        fields = type(self).model_fields
        for name, field in fields.items():
            key = field.alias or name
            if name in data and key not in data:
                data[key] = data.pop(name)
            if field.default is not MISSING and not field.is_required():
                data.setdefault(key, field.default)
        super().__init__(**data)

    # Without this mark pydantic would run the constructor, and fill in constants, when it validates.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        model = handler.resolve_ref_schema(schema)
        while model["type"] != "model-fields":
            model = model["schema"]
        for field in model["fields"].values():
            inner = field["schema"]
            if inner["type"] == "default" and inner.get("default") is not MISSING:
                field["schema"] = inner["schema"]
        return schema

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return [(name, value) for name, value in super().__repr_args__() if value is not MISSING]


_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


def dump(value: Any) -> Any:
    """The JSON value of `value`: a model, or whatever a definition's type holds."""
    return _ANYTHING.dump_python(value, by_alias=True)
