"""What stands between JSON and the values of one tool's function: derived by pydantic, or frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Codec(NamedTuple):
    """The schemas of a tool, and how its arguments and its result are converted.

    `arguments` takes arguments that `input_schema` accepts and gives those of the function; it raises
    `Refused`. None: they are the same. `result` makes JSON of what the function returned; None where that
    is no data, but text or content.
    """

    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    arguments: Callable[[dict[str, Any]], dict[str, Any]] | None
    result: Callable[[Any], Any] | None
