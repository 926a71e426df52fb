"""Schemas and codecs from type hints, by pydantic: the only module here that imports it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError, PydanticSerializationError, SchemaValidator
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function

from mcpgen_runtime.code_first.codecs import Codec
from mcpgen_runtime.code_first.core_schemas import held_to_schema
from mcpgen_runtime.code_first.faults import wrong
from mcpgen_runtime.code_first.refusals import Refused
from mcpgen_runtime.code_first.shapes import Shape, Shapes
from mcpgen_runtime.code_first.signatures import EMPTY, Parameter, Signature
from mcpgen_runtime.errors import DefinitionError
from mcpgen_runtime.schemas import SchemaError, compile_schema
from mcpgen_types.codec import Fault, escape, found

#: Shapes whose JSON is their Python value.
_SAME = {"any", "none", "str", "bool"}
_REF = "#/$defs/{model}"


class _Untitled(GenerateJsonSchema):
    """Schemas without the titles that pydantic makes of names: a model reads them, and learns nothing."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def encode_default(self, dft: Any) -> Any:
        """The default of a field as JSON. What it refuses is left out: infinity is no JSON."""
        default = _settled(dft, super().encode_default(dft))
        try:
            json.dumps(default, allow_nan=False)
        except ValueError:
            raise PydanticSerializationError(f"{default} is no JSON") from None
        return default


def derive(signature: Signature, data: Any) -> Codec:
    """The codec of a tool. `data` is the type of the data that it returns, `EMPTY` where it returns none.

    Raises `DefinitionError` for a type that JSON cannot say.
    """
    adapters = {each.name: _adapter(signature, each.hint, each.name) for each in signature.parameters}
    input_schema = _input_schema(signature, adapters)
    shapes = Shapes()
    validators = {
        each.name: validating(adapters[each.name])
        for each in signature.parameters
        if not _is_same(shapes.of(each.hint))
    }
    arguments = _converting(validators) if validators else None
    if data is EMPTY:
        return Codec(input_schema, None, arguments, None)
    adapter = _adapter(signature, data, None)
    return Codec(input_schema, _output_schema(signature, data, adapter), arguments, dumping(adapter))


def adapter_codec(hint: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """How a value of `hint` is made of JSON and written as JSON: what frozen code asks of pydantic."""
    adapter = TypeAdapter(hint)
    return validating(adapter), dumping(adapter)


def validating(adapter: TypeAdapter[Any]) -> Callable[[Any], Any]:
    """A function from JSON to the value of the adapter's type; it raises `Refused`."""
    held = held_to_schema(adapter.core_schema, _before)
    validate = (adapter.validator if held is adapter.core_schema else SchemaValidator(held)).validate_python

    def convert(value: Any) -> Any:
        try:
            return validate(value)
        except ValidationError as error:
            raise Refused.at([_fault(each) for each in error.errors(include_url=False)]) from None

    return convert


def _before(function: Callable[[Any], Any], schema: CoreSchema) -> CoreSchema:
    def call(value: Any) -> Any:
        try:
            return function(value)
        except Refused as refused:
            expected = {"expected": refused.faults[0].expected}
            raise PydanticCustomError("format", "Input should be {expected}", expected) from None

    return no_info_before_validator_function(call, schema)


def dumping(adapter: TypeAdapter[Any]) -> Callable[[Any], Any]:
    """A function from a value of the adapter's type to JSON. What is of another type, its schema refuses."""
    dump = adapter.serializer.to_python
    return lambda value: dump(value, mode="json", by_alias=True, warnings=False)


def _adapter(signature: Signature, hint: Any, parameter: str | None) -> TypeAdapter[Any]:
    function = signature.function
    try:
        return TypeAdapter(hint)
    except PydanticUndefinedAnnotation as error:
        problem = f"{_shown(hint)} names {error.name!r}, which is not to be found where it is defined"
    except PydanticUserError as error:
        if error.code == "typed-dict-version":
            problem = (
                "before Python 3.12, pydantic cannot read typing.TypedDict: import it from typing_extensions"
            )
        else:
            problem = f"{_shown(hint)} has no JSON Schema: {error.message.splitlines()[0]}"
    except DefinitionError as error:  # of what stands in an annotation further inside
        problem = str(error)
    except (TypeError, NameError, AttributeError) as error:
        problem = f"{_shown(hint)} has no JSON Schema: {error}"
    raise _wrong(function, problem, parameter)


def _input_schema(signature: Signature, adapters: dict[str, TypeAdapter[Any]]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    if adapters:
        inputs: list[tuple[str, Any, TypeAdapter[Any]]] = [
            (name, "validation", adapter) for name, adapter in adapters.items()
        ]
        try:
            schemas, common = TypeAdapter.json_schemas(inputs, ref_template=_REF, schema_generator=_Untitled)
        except PydanticUserError:
            raise _without_schema(signature, adapters) from None
        definitions = common.get("$defs", {})
        for each in signature.parameters:
            schema = dict(schemas[each.name, "validation"])
            if each.description and "description" not in schema:
                schema["description"] = each.description
            if not each.required:
                _tell_default(schema, each, adapters[each.name])
            properties[each.name] = schema
    schema = {"type": "object", "properties": properties}
    required = [each.name for each in signature.parameters if each.required]
    if required:
        schema["required"] = required
    schema["additionalProperties"] = False
    if definitions:
        schema["$defs"] = {name: _without_title(each, name) for name, each in definitions.items()}
    _check_defaults(signature, schema)
    return schema


def _output_schema(signature: Signature, data: Any, adapter: TypeAdapter[Any]) -> dict[str, Any]:
    try:
        schema = adapter.json_schema(ref_template=_REF, schema_generator=_Untitled, mode="serialization")
    except PydanticUserError as error:
        problem = f"{_shown(data)} has no JSON Schema: {error.message.splitlines()[0]}"
        raise _wrong(signature.function, problem, None) from None
    definitions = schema.get("$defs", {})
    for name, each in definitions.items():
        definitions[name] = _without_title(each, name)
    schema = _without_title(schema, getattr(data, "__name__", ""))
    reference = schema.get("$ref", "")
    if definitions.get(reference.rpartition("/")[2], {}).get("type") == "object":
        schema = {"type": "object", **schema}  # revisions up to 2025-11-25 take no other, and look no further
    if signature.doc.returns and "description" not in schema:
        schema["description"] = signature.doc.returns
    return schema


def _without_schema(signature: Signature, adapters: dict[str, TypeAdapter[Any]]) -> DefinitionError:
    """The error that names the parameter whose type has no JSON Schema."""
    for each in signature.parameters:
        try:
            adapters[each.name].json_schema(schema_generator=_Untitled)
        except PydanticUserError as error:
            problem = f"{_shown(each.hint)} has no JSON Schema: {error.message.splitlines()[0]}"
            return _wrong(signature.function, problem, each.name)
    return _wrong(signature.function, "its parameters have no JSON Schema together", None)


def _tell_default(schema: dict[str, Any], parameter: Parameter, adapter: TypeAdapter[Any]) -> None:
    """Add the default, where JSON can say it: a sentinel is nobody's business."""
    try:
        default = adapter.dump_python(parameter.default, mode="json", by_alias=True, warnings="error")
        json.dumps(default, allow_nan=False)
        schema["default"] = _settled(parameter.default, default)
    except (PydanticSerializationError, ValueError, TypeError):
        schema.pop("default", None)


def _settled(value: Any, written: Any) -> Any:
    """`written`, which is the JSON of `value`, with its sets in the same order in every process."""
    if written.__class__ is list and isinstance(value, list | tuple | set | frozenset):
        items = [_settled(*pair) for pair in zip(value, written, strict=False)]
        if len(items) == len(written):  # else it writes itself in a way of its own
            return sorted(items, key=repr) if isinstance(value, set | frozenset) else items
    if written.__class__ is dict:
        held = value.get if isinstance(value, dict) else partial(getattr, value)
        return {key: _settled(held(key, None), part) for key, part in written.items()}
    return written


def _check_defaults(signature: Signature, schema: dict[str, Any]) -> None:
    """Raise `DefinitionError` for a default that a client could not send, of those that JSON can say.

    None passes: it is what most people write for an argument that was not given.
    """
    given = {each.name: found for each in signature.parameters for found in _as_json(each.default)}
    if not given:
        return
    try:
        validator = compile_schema({key: value for key, value in schema.items() if key != "required"})
    except SchemaError:
        return  # `add_tool` tells of it
    for name, default in given.items():
        if validator.accepts({name: default}):
            continue
        if default is None:
            schema["properties"][name].pop("default", None)
            continue
        fault = validator.faults({name: default})[0]
        problem = f"its default {default!r:.60} does not fit what clients are told: expected {fault.expected}"
        raise wrong(signature.function, problem, parameter=name)


def _as_json(default: Any) -> Iterator[Any]:
    """A default that is its own JSON; of another, such as a date, its class says what it is."""
    try:
        found = json.loads(json.dumps(default, allow_nan=False))
    except (TypeError, ValueError):
        return
    if found == default:
        yield found


def _without_title(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title" or value != name}


def _converting(
    validators: dict[str, Callable[[Any], Any]],
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def convert(given: dict[str, Any]) -> dict[str, Any]:
        converted = given.copy()
        for name, validate in validators.items():
            if name in given:
                try:
                    converted[name] = validate(given[name])
                except Refused as refused:
                    raise refused.under(f"/{escape(name)}") from None
        return converted

    return convert


def _is_same(shape: Shape) -> bool:
    if shape.kind in _SAME:
        return True
    if shape.kind in ("list", "dict", "union"):
        return all(_is_same(part) for part in shape.parts)
    return shape.kind == "literal" and all(value.__class__ is not int for value in shape.values)


def _fault(error: Any) -> Fault:
    pointer = "".join(f"/{escape(str(step))}" for step in error["loc"])
    said = str(error["msg"])
    wanted = "Input should be "
    expected = said.removeprefix(wanted) if said.startswith(wanted) else f"a valid value ({said})"
    return Fault(pointer, expected, found(error["input"]), "")


def _shown(hint: Any) -> str:
    return str(getattr(hint, "__qualname__", hint))


def _wrong(function: Callable[..., Any], problem: str, parameter: str | None) -> DefinitionError:
    return wrong(function, problem if parameter else f"its result: {problem}", parameter=parameter)
