"""A definition as text, JSON or YAML, in one order and one style.

What is written today differs from what was written yesterday only where the server does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mcpgen.definition.loading import FEATURES
from mcpgen.definition.yaml_reader import NOT_STRINGS
from mcpgen.errors import MissingExtra

_ORDER = (
    *("$schema", "name", "title", "version", "description", "websiteUrl", "icons", "instructions"),
    *("uri", "uriTemplate", "mimeType", "size", "inputSchema", "outputSchema", "arguments", "annotations"),
    *FEATURES,
)
_LAST = ("_meta",)
_WIDTH = 100
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")


def render(definition: Mapping[str, Any], format: Literal["json", "yaml"] = "json") -> str:
    """The text of the file for `definition`, a whole definition as plain JSON. It ends with a line end.

    The definition and its features have their keys in a fixed order, those that nobody knows at the end and
    sorted; schemas and everything else inside of features stay as they are. Lists without entries are left
    out. Raises `ValueError` for what is not JSON, and `MissingExtra` for YAML without PyYAML.
    """
    ordered = _ordered(definition)
    for key in FEATURES:
        features = ordered.get(key)
        if isinstance(features, Sequence) and not isinstance(features, str):
            ordered[key] = [_ordered(each) if isinstance(each, Mapping) else each for each in features]
            if not features:
                del ordered[key]
    text = json.dumps(ordered, indent=2, ensure_ascii=False, allow_nan=False)
    # What has gone through JSON shares no objects, and holds none but those of JSON.
    return f"{text}\n" if format == "json" else _yaml(json.loads(text))


def _ordered(value: Mapping[str, Any]) -> dict[str, Any]:
    known = [key for key in _ORDER if key in value]
    last = [key for key in _LAST if key in value]
    unknown = sorted(value.keys() - {*known, *last})
    return {key: value[key] for key in (*known, *unknown, *last)}


def _yaml(value: Any) -> str:
    try:
        import yaml
    except ImportError:
        raise MissingExtra("PyYAML", extra="codegen") from None

    class Dumper(yaml.SafeDumper):
        """Quotes what YAML 1.1 or 1.2 takes for no string, and writes texts of several lines as blocks."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    def string(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
        # To YAML these end lines too, and only inside of double quotes is it told that they are characters.
        style = '"' if _LINE_ENDS.search(text) else "|" if "\n" in text.strip("\n") else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    for pattern in NOT_STRINGS:
        Dumper.add_implicit_resolver("tag:mcpgen:not-a-string", pattern, None)
    Dumper.add_representer(str, string)
    text: str = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text
