"""The one Jinja environment: an unknown name in a template is an error, never an empty string."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(emitter: str, template: str, **values: Any) -> str:
    """The text of `TEMPLATE.jinja` of an emitter package (`mcpgen.emit.EMITTER`)."""
    return _environment(emitter).get_template(f"{template}.jinja").render(**values)


@cache
def _environment(emitter: str) -> Environment:
    return Environment(
        loader=PackageLoader(f"mcpgen.emit.{emitter}"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
