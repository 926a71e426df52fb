"""Where the time of decoding a list of tools goes: the generated decoders, less one duty after the other.

A profiler sees only functions, and the decoders are straight lines. So the source of the four that do the
work is rewritten, and what a duty costs is what its absence saves. The rewritten ones are wrong, of course:
they are timed, not used.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter

import mcpgen_types

from .codecs import BASELINE, Race
from .floor import floor_of
from .payloads import tool_list

_DECODERS = ("ToolAnnotations", "ToolInputSchema", "Tool", "ListToolsResult")


def ablation(revision: str) -> Race:
    """The race of the full decoder against poorer ones, down to the floor."""
    value = tool_list(revision)
    model: TypeAdapter[Any] = TypeAdapter(
        import_module(f"{mcpgen_types.revision(revision).__name__}.models").DEFINITIONS["ListToolsResult"]
    )
    stages: dict[str, Callable[[Any], Any]] = {
        BASELINE: model.validate_python,
        "as generated": _rewritten(revision, lambda source: source),
        "without checking types": _rewritten(revision, _without_types),
        "without finding unknown keys": _rewritten(revision, _without_unknown),
        "without either": _rewritten(revision, lambda source: _without_types(_without_unknown(source))),
        "floor: nor looking for absent keys": floor_of(mcpgen_types.revision(revision)),
    }
    return Race(
        f"what decoding spends on what, {revision} ListToolsResult, 100 tools",
        {name: partial(decode, value) for name, decode in stages.items()},
    )


def _rewritten(revision: str, change: Callable[[str], str]) -> Callable[[Any], Any]:
    """`_decode_ListToolsResult` of `revision`, and what it calls, with their source changed."""
    codecs = import_module(f"{mcpgen_types.revision(revision).__name__}.codecs")
    names = dict(vars(codecs))
    for name in _DECODERS:
        source = inspect.getsource(getattr(codecs, f"_decode_{name}"))
        exec(compile(change(source), f"<{name}>", "exec"), names)
    decode: Callable[[Any], Any] = names["_decode_ListToolsResult"]
    return decode


def _without_types(source: str) -> str:
    """Without `if item.__class__ is not str: raise Mismatch` and its like."""
    check = r"\n +if (item|value|element)\.__class__ is not \w+:\n +raise Mismatch"
    return re.sub(check, "", re.sub(rf"\n +for element in [^\n]+:{check}", "", source))


def _without_unknown(source: str) -> str:
    """Without the count of known keys. An input schema of the new era has unknown ones: kept."""
    if source.startswith("def _decode_ToolInputSchema("):
        return source
    source = re.sub(r"if len\(value\) == \w+:\n +(.*)\n    else:\n( {8}.*\n)+", r"\1\n", source)
    source = re.sub(r"result\._extra = .*", "result._extra = None", source)
    return re.sub(r"\n +known (\+=|=) \d+", "", source)
