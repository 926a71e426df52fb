"""Whether a value has the form that the schema gives it, entered in a ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcpgen.validate.ledger import About, Ledger
from mcpgen_types.codec import DecodeError

# One broken message of a thousand broken parts is described by the first few.
_FAULTS_PER_MESSAGE = 10


def decoded(
    ledger: Ledger, rule: str, decode: Callable[[Any], Any], value: Any, at: str, told: About
) -> bool:
    """Whether `decode` takes `value`, which stands at the pointer `at`; `rule` breaks where it does not."""
    try:
        decode(value)
    except DecodeError as error:
        for fault in error.faults[:_FAULTS_PER_MESSAGE]:
            what = f"expected {fault.expected}, found {fault.found} ({fault.definition})"
            ledger.holds(rule, False, what, told, pointer=at + fault.pointer)
        return False
    return ledger.holds(rule, True, "")


def params_of(message: dict[str, Any]) -> dict[str, Any]:
    """The params of a message; empty where it has none, or none that are an object."""
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def meta_of(message: dict[str, Any]) -> dict[str, Any]:
    """The `_meta` of a message's params; empty where there is none, or none that is an object."""
    meta = params_of(message).get("_meta")
    return meta if isinstance(meta, dict) else {}
