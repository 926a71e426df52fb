"""Codecs that `mcpgen export` has written down, and whether they still fit the functions they were made of.

Beside a module `notes` lies `_frozen_notes`: for each tool its schemas, its codec as plain Python, and a
digest. The digest is taken of what the schemas and the codec were made of: the tool's definition (name,
docstring, what is written in the decorator), its parameters with their defaults, and every type in its
annotations down to the fields of classes, the members of enums and what `Annotated` adds. It is taken of what
they mean, not of how they are written: formatting, comments and the place of an alias change nothing, and no
source is needed.

It does not see the body of anything: of a validator, of `__post_init__`, of a hook by which a class makes its
schema itself. And it does not see another version of pydantic. After such a change, export anew.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from inspect import unwrap
from types import ModuleType
from typing import Any, NamedTuple

from mcpgen_runtime.code_first.codecs import Codec
from mcpgen_runtime.code_first.faults import wrong
from mcpgen_runtime.code_first.shapes import Shape, Shapes, described
from mcpgen_runtime.code_first.signatures import EMPTY, Signature
from mcpgen_runtime.errors import DefinitionError

log = logging.getLogger("mcpgen_runtime")

#: Part of every digest: whoever changes how codecs are written, or what a digest is of, counts on.
FORMAT = 3

#: From the classes in a signature, and converters of what only pydantic knows, to the functions of a `Codec`.
Make = Callable[[list[Any], list[Any]], tuple[Any, Any]]


class Frozen(NamedTuple):
    """One tool, as a frozen module has it in `TOOLS`, under its digest."""

    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    make: Make


class Reading(NamedTuple):
    """A tool as it was read: what `mcpgen export` freezes."""

    module: str
    tool: str
    signature: Signature
    shapes: Shapes
    parameters: tuple[Shape, ...]
    result: Shape | None
    data: Any
    digest: str


_readings: list[Reading] | None = None


@contextmanager
def recorded() -> Iterator[list[Reading]]:
    """While this is open, nothing frozen is used, and the tools that are decorated are put into the list."""
    global _readings
    before, _readings = _readings, []
    try:
        yield _readings
    finally:
        _readings = before


def codec_of(
    signature: Signature, definition: Mapping[str, Any], data: Any, scope: Mapping[str, Any] | None
) -> Codec | None:
    """The frozen codec of a tool; None where there is none, or it is stale, which is logged."""
    module = unwrap(signature.function).__module__
    table = None if _readings is not None else _table_beside(module)
    if table is None and _readings is None:
        return None
    reading = _read(module, signature, definition, data, scope)
    if _readings is not None or table is None:
        assert _readings is not None
        _readings.append(reading)
        return None
    found = table.get(reading.digest)
    if found is None:
        log.warning(
            "%s: what is frozen of the tool %r is stale and not used; run mcpgen export again",
            module,
            reading.tool,
        )
        return None
    arguments, result = found.make([each.type for each in reading.shapes.classes], _by_pydantic(reading))
    return Codec(found.input_schema, found.output_schema, arguments, result)


def is_frozen(signature: Signature) -> bool:
    """Whether something is frozen, fitting or not, of the module of a function."""
    return _table_beside(unwrap(signature.function).__module__) is not None


def frozen_name(module: ModuleType) -> str:
    """The full name of the module that lies beside `module`."""
    name = module.__name__.rpartition(".")[2]
    file = getattr(module, "__file__", None)
    if hasattr(module, "__path__"):
        return f"{module.__name__}._frozen_{name}"
    if file is not None:  # `__main__`, or one that a file was loaded as, has another name than its file
        name = os.path.basename(file).partition(".")[0]  # noqa: PTH119
    package = getattr(module, "__package__", None) or ""
    return f"{package}._frozen_{name}" if package else f"_frozen_{name}"


def _read(
    module: str,
    signature: Signature,
    definition: Mapping[str, Any],
    data: Any,
    scope: Mapping[str, Any] | None,
) -> Reading:
    shapes = Shapes(scope)
    parameters = []
    try:
        for each in signature.parameters:
            default = None if each.default is EMPTY else described(each.default)
            shapes.tokens.append([each.name, each.description, default])
            parameters.append(shapes.of(each.hint))
        shapes.tokens.append(["returns", signature.doc.returns])
        result = None if data is EMPTY else shapes.of(data)
    except DefinitionError as error:  # of what stands in an annotation further inside
        raise wrong(signature.function, str(error)) from None
    text = json.dumps([FORMAT, definition, shapes.tokens], sort_keys=True, default=described)
    digest = sha256(text.encode()).hexdigest()
    return Reading(module, definition["name"], signature, shapes, tuple(parameters), result, data, digest)


def _by_pydantic(reading: Reading) -> list[Any]:
    """Converters for the types that cannot be frozen. Their module imports pydantic itself, or should."""
    if not reading.shapes.opaque:
        return []
    try:
        from mcpgen_runtime.code_first.derive import adapter_codec
    except ModuleNotFoundError:
        names = ", ".join(str(getattr(each, "__qualname__", each)) for each in reading.shapes.opaque)
        problem = f"only pydantic can convert {names}: pip install 'mcpgen[pydantic]', or take a dataclass"
        raise wrong(reading.signature.function, problem) from None
    return [adapter_codec(hint) for hint in reading.shapes.opaque]


#: By module, and there by digest. One that has nothing beside it is not looked for twice.
_tables: dict[str, Mapping[str, Frozen] | None] = {}


def _table_beside(name: str) -> Mapping[str, Frozen] | None:
    module = sys.modules.get(name)
    if module is None:
        return None
    file = getattr(module, "__file__", None) or ""
    key = f"{name} {file}"
    if key not in _tables:
        _tables[key] = _imported(module, file)
    return _tables[key]


def _imported(module: ModuleType, file: str) -> Mapping[str, Frozen] | None:
    name = frozen_name(module)
    try:
        found = import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise
    except ImportError as error:  # made by another version
        log.warning("%s cannot be used: %s; run mcpgen export again", name, error)
        return {}
    beside = getattr(found, "__file__", None)
    if file and beside and os.path.dirname(beside) != os.path.dirname(file):  # noqa: PTH120
        return None  # of another project, under the same name
    tools: Mapping[str, Frozen] = found.TOOLS
    return tools


__all__ = ["FORMAT", "Frozen", "Reading", "codec_of", "frozen_name", "is_frozen", "recorded"]
