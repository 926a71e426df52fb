"""The kind `types`: one Python package per revision, with pydantic models and typed WIT where that is
wanted, and the converters between the older revisions and the newest.
"""

from __future__ import annotations

from functools import partial

from mcpgen.project import OptionDefaults, Output, Project
from mcpgen.regen.inputs import (
    conversion_inputs,
    generator_inputs,
    require,
    schema_inputs,
    schema_source,
    tool_inputs,
)
from mcpgen.regen.unit import Unit
from mcpgen.schema.room import SchemaRoom

# tests/regen/test_inputs.py proves that these are all that the emitters import.
_WIRE_CODE = ("ir", "schema/pointer.py", "emit/source.py", "emit/templates.py", "emit/wire")
_CLIENT_CODE = (*_WIRE_CODE, "emit/requests.py", "emit/client")
_HANDLER_CODE = (
    *("ir", "schema/pointer.py", "emit/source.py", "emit/templates.py"),
    *("emit/requests.py", "emit/handler"),
)
_MODELS_CODE = ("ir", "emit/models")
_DEFINITION_CODE = ("ir", "emit/definition")
_WIT_CODE = (
    *("ir", "schema/pointer.py", "emit/source.py", "emit/templates.py", "emit/requests.py", "emit/wit"),
    "regen/typed_wit.py",
)
_CONVERT_CODE = ("ir", "schema/pointer.py", "emit/source.py", "emit/templates.py", "emit/convert")


class PythonTypes:
    """Wire types and codecs; with the option `models` also pydantic models, with `wit` also typed WIT."""

    def __init__(self) -> None:
        self.options: OptionDefaults = {"models": True, "wit": False}

    def units(
        self, project: Project, output: Output, room: SchemaRoom, revisions: tuple[str, ...]
    ) -> tuple[Unit, ...]:
        """Two units a revision, for models take longer than wire types; the root; both sides' methods.
        With the newest revision also the schema of definitions.
        """
        require("jinja2")
        wire = generator_inputs(*_WIRE_CODE) | tool_inputs("ruff")
        units = [
            Unit(
                name="root",
                revision=None,
                sources=tuple(schema_source(room, revision) for revision in revisions),
                inputs=wire | schema_inputs(room, revisions),
                emit=partial(_emit_root, revisions),
            ),
            Unit(
                name="client",
                revision=None,
                sources=tuple(schema_source(room, revision) for revision in revisions),
                inputs=generator_inputs(*_CLIENT_CODE) | tool_inputs("ruff") | schema_inputs(room, revisions),
                emit=partial(_emit_client, room, revisions),
            ),
            Unit(
                name="server",
                revision=None,
                sources=tuple(schema_source(room, revision) for revision in revisions),
                inputs=generator_inputs(*_HANDLER_CODE)
                | tool_inputs("ruff")
                | schema_inputs(room, revisions),
                emit=partial(_emit_handler, room, revisions),
            ),
        ]
        for revision in revisions:
            package = self.directory_of(revision)
            sources = (schema_source(room, revision),)
            schema = schema_inputs(room, (revision,))
            units.append(
                Unit(package, revision, sources, wire | schema, partial(_emit_wire, room, revision, package))
            )
            if output.options["models"]:
                models = generator_inputs(*_MODELS_CODE) | tool_inputs("datamodel-code-generator", "ruff")
                emit = partial(_emit_models, room, revision, package)
                units.append(Unit(f"{package}.models", revision, sources, models | schema, emit))
        if output.options["wit"]:
            units += self._typed_wit(room, revisions)
        return (*units, *self._definition_schema(room, revisions), *self._converters(room, revisions))

    def _typed_wit(self, room: SchemaRoom, revisions: tuple[str, ...]) -> list[Unit]:
        """A unit for each revision, and one for what their converters share.

        wasm-tools only checks: its version decides nothing, and where nothing is stale it may be missing.
        """
        wit = generator_inputs(*_WIT_CODE) | tool_inputs("ruff")
        units = [Unit("wit", None, (), wit, _emit_wit_root, kind="wit")]
        for revision in revisions:
            package = self.directory_of(revision)
            sources, inputs = (schema_source(room, revision),), wit | schema_inputs(room, (revision,))
            emit = partial(_emit_wit, room, revision, package)
            units.append(Unit(f"{package}.wit", revision, sources, inputs, emit, kind="wit"))
        return units

    def _definition_schema(self, room: SchemaRoom, revisions: tuple[str, ...]) -> list[Unit]:
        """The JSON Schema of a server's definition, which is in the words of the newest revision."""
        newest = room.revisions[-1]
        if newest not in revisions:
            return []
        inputs = generator_inputs(*_DEFINITION_CODE) | schema_inputs(room, (newest,))
        emit = partial(_emit_definition_schema, room, newest)
        return [Unit("definition", None, (schema_source(room, newest),), inputs, emit)]

    def _converters(self, room: SchemaRoom, revisions: tuple[str, ...]) -> list[Unit]:
        """A unit for each revision older than the newest of the room, if the project has that one at all:
        its types are the neutral ones.
        """
        newest = room.revisions[-1]
        older = [revision for revision in revisions if revision != newest]
        if newest not in revisions or not older:
            return []
        convert = generator_inputs(*_CONVERT_CODE) | tool_inputs("ruff")
        units = [Unit("fallbacks", None, (), convert, _emit_fallbacks)]
        for revision in older:
            package = self.directory_of(revision)
            sources = (schema_source(room, revision), schema_source(room, newest))
            inputs = schema_inputs(room, (revision, newest)) | conversion_inputs(room, revision)
            emit = partial(_emit_converters, room, revision, newest, package)
            units.append(Unit(f"{package}.neutral", revision, sources, convert | inputs, emit))
        return units

    def directory_of(self, revision: str) -> str:
        """The package of `revision`: v2025_11_25."""
        return f"v{revision.replace('-', '_')}"


def _emit_root(revisions: tuple[str, ...]) -> dict[str, str]:
    from mcpgen.emit.wire import emit_root

    return emit_root(revisions)


def _emit_client(room: SchemaRoom, revisions: tuple[str, ...]) -> dict[str, str]:
    from mcpgen.emit.client import emit_client
    from mcpgen.ir.build import build_revision

    return emit_client(tuple(build_revision(room, revision) for revision in revisions))


def _emit_handler(room: SchemaRoom, revisions: tuple[str, ...]) -> dict[str, str]:
    from mcpgen.emit.handler import emit_handler
    from mcpgen.ir.build import build_revision

    return emit_handler(tuple(build_revision(room, revision) for revision in revisions))


def _emit_wire(room: SchemaRoom, revision: str, package: str) -> dict[str, str]:
    from mcpgen.emit.wire import emit_revision
    from mcpgen.ir.build import build_revision

    files = emit_revision(build_revision(room, revision))
    return {f"{package}/{path}": text for path, text in files.items()}


def _emit_models(room: SchemaRoom, revision: str, package: str) -> dict[str, str]:
    from mcpgen.emit.models import emit_models
    from mcpgen.ir.build import build_revision

    return {f"{package}/models.py": emit_models(build_revision(room, revision))}


def _emit_wit_root() -> dict[str, str]:
    from mcpgen.emit.wit import emit_wit_root

    return emit_wit_root()


def _emit_wit(room: SchemaRoom, revision: str, package: str) -> dict[str, str]:
    from mcpgen.ir.build import build_revision
    from mcpgen.regen.typed_wit import emit_checked

    files = emit_checked(build_revision(room, revision))
    return {f"{package}/{path}": text for path, text in files.items()}


def _emit_definition_schema(room: SchemaRoom, newest: str) -> dict[str, str]:
    from mcpgen.emit.definition import LISTS, emit_definition_schema
    from mcpgen.ir.build import build_revision

    revision = build_revision(room, newest)
    if not {named.name for named in revision.types} & set(LISTS.values()):
        return {}  # a schema of something else, which has no servers
    return emit_definition_schema(revision)


def _emit_fallbacks() -> dict[str, str]:
    from mcpgen.emit.convert import emit_fallbacks

    return emit_fallbacks()


def _emit_converters(room: SchemaRoom, revision: str, newest: str, package: str) -> dict[str, str]:
    from mcpgen.emit.convert import emit_converters, fallbacks
    from mcpgen.ir.build import build_revision
    from mcpgen.ir.compare import compare

    older, neutral = build_revision(room, revision), build_revision(room, newest)
    comparison = compare(older, neutral, room.conversions, functions=fallbacks())
    return {f"{package}/neutral.py": emit_converters(comparison.conversion)}
