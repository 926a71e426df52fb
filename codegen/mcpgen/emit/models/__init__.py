"""Emits `models.py`: the pydantic models of one revision, by datamodel-code-generator.

The generator sees a JSON Schema written from the IR (`json_schema`) and imports its base class and its
numbers from `prelude`. Here the two texts become one self-contained module with a table of definitions.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from mcpgen.emit.models.json_schema import JsonSchema, json_schema
from mcpgen.emit.models.source import ModuleText, merged_imports
from mcpgen.errors import SchemaError
from mcpgen.ir.model import ObjectType, Revision

_PACKAGE = "mcpgen.emit.models"
_PRELUDE = f"{_PACKAGE}.prelude"

# A field cannot be called like an attribute of pydantic's BaseModel; it gets an underscore, like a keyword.
BASE_MODEL_ATTRIBUTES = frozenset((
    "construct", "copy", "dict", "from_orm", "json", "model_computed_fields", "model_config",
    "model_construct", "model_copy", "model_dump", "model_dump_json", "model_extra", "model_fields",
    "model_fields_set", "model_json_schema", "model_parametrized_name", "model_post_init", "model_rebuild",
    "model_validate", "model_validate_json", "model_validate_strings", "parse_file", "parse_obj",
    "parse_raw", "schema", "schema_json", "update_forward_refs", "validate",
))  # fmt: skip


def emit_models(revision: Revision) -> str:
    """The text of `models.py` for `revision`; pure, and the same for equal revisions.

    The module holds a class or type alias for each type of the revision under its own name, `DEFINITIONS`
    with all of them (each is something that `pydantic.TypeAdapter` accepts), and `dump`, the way back to
    JSON. Raises `SchemaError` where a type has a name that the module needs for itself.
    """
    names = [named.name for named in revision.types]
    prelude = ModuleText(resources.files(_PACKAGE).joinpath("prelude.py").read_text("utf-8"))
    schema = json_schema(revision, prelude=_PRELUDE)
    models = ModuleText(_generate(schema, _attributes(revision)))
    taken = sorted((prelude.names | {"DEFINITIONS"}).intersection(schema["$defs"]))
    if taken:
        raise SchemaError(
            f"{revision.name} has a type {taken[0]!r}, a name that its models.py needs for itself",
            hint="rename what mcpgen.emit.models.prelude calls so",
        )
    aside = _make_room(schema["$defs"], prelude, models)
    if models.names != set(schema["$defs"]):
        wrong = ", ".join(sorted(models.names.symmetric_difference(schema["$defs"])))
        raise AssertionError(f"datamodel-code-generator did not keep the names of {revision.name}: {wrong}")
    return "\n\n".join(
        [
            f'"""The definitions of MCP {revision.name} as pydantic models."""\n',
            merged_imports([prelude, models], without=_PRELUDE, renamed=aside),
            prelude.body,
            models.body,
            "".join(
                ["DEFINITIONS: dict[str, Any] = {\n", *(f'    "{name}": {name},\n' for name in names), "}\n"]
            ),
        ]
    )


def _make_room(names: Iterable[str], prelude: ModuleText, models: ModuleText) -> dict[str, str]:
    """Give a type its own name where it is called like an import (2024-11-05 has a type `Annotated`).

    The generator has called it `AnnotatedModel`; the import becomes `_Annotated`. Returns the imports that
    are renamed so.
    """
    clashes = sorted((prelude.imported | models.imported).intersection(names))
    aside = {name: f"_{name}" for name in clashes}
    prelude.rename(aside)
    models.rename(aside | {f"{name}Model": name for name in clashes})
    return aside


def _attributes(revision: Revision) -> dict[str, str]:
    """The Python name of each field whose key is not its name: `Type.key` → attribute."""
    attributes = {}
    for named in revision.types:
        for field in named.fields if isinstance(named, ObjectType) else ():
            taken = field.attribute in BASE_MODEL_ATTRIBUTES
            if taken or field.attribute != field.name:
                attributes[f"{named.name}.{field.name}"] = field.attribute + ("_" if taken else "")
    return attributes


def _generate(schema: JsonSchema, attributes: dict[str, str]) -> str:
    # It takes a while to import, and `mcpgen regen` often finds that nothing is to be done.
    from datamodel_code_generator import generate
    from datamodel_code_generator.enums import (
        DataModelType,
        InputFileType,
        StrictTypes,
        TargetPydanticVersion,
    )
    from datamodel_code_generator.format import PythonVersion
    from datamodel_code_generator.parser import LiteralType

    with resources.as_file(resources.files(_PACKAGE).joinpath("templates")) as templates:
        text = generate(
            schema,
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            target_pydantic_version=TargetPydanticVersion.V2_14,
            base_class=f"{_PRELUDE}.Model",
            custom_template_dir=Path(templates),
            aliases=attributes,
            # The configuration of `Model` does not reach type aliases, so strictness is said in each type.
            strict_types=[StrictTypes.str, StrictTypes.bool],
            # `json_schema` gives constants a default, and writes `format` so that it stays an annotation.
            apply_default_values_for_required_fields=True,
            field_extra_keys_without_x_prefix={"x-format"},
            enum_field_as_literal=LiteralType.All,
            field_constraints=True,
            use_annotated=True,
            use_missing_sentinel=True,
            use_type_alias_type=True,
            skip_root_model=True,
            disable_timestamp=True,
            formatters=[],
        )
    assert isinstance(text, str)
    return text
