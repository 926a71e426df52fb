"""What the schema itself says: jsonschema-rs as the oracle, python-jsonschema as a check on the oracle."""

from __future__ import annotations

import math
from typing import Any

import jsonschema
import jsonschema_rs


class Oracle:
    """Judges values by the definitions of one schema. `format` stays an annotation."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._fast = {
            name: jsonschema_rs.validator_for(_rooted(schema, name), validate_formats=False)
            for name in schema["$defs"]
        }
        self._slow: dict[str, jsonschema.protocols.Validator] = {}

    def accepts(self, definition: str, value: Any) -> bool:
        """Whether `value` is a valid `definition`."""
        return self._fast[definition].is_valid(value)

    def second_opinion(self, definition: str, value: Any) -> bool:
        """The same, said by python-jsonschema: some hundred times slower."""
        if definition not in self._slow:
            self._slow[definition] = _StrictNumbers(_rooted(self._schema, definition))
        return bool(self._slow[definition].is_valid(value))


def _rooted(schema: dict[str, Any], definition: str) -> dict[str, Any]:
    return {"$schema": schema["$schema"], "$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}


def _is_number(checker: Any, value: Any) -> bool:
    """JSON has no infinities; python-jsonschema would take one, which `json.loads` makes of 1e400."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and (isinstance(value, int) or math.isfinite(value))
    )


_StrictNumbers = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number),
)
