"""Answers as JSON texts, whatever a handler put into them."""

from __future__ import annotations

import logging
from typing import Any

from mcpgen_runtime.errors import InternalError
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, Response, Result

log = logging.getLogger("mcpgen_runtime")


def answer_text(response: Response, *, null_id: bool = True) -> bytes:
    """The JSON text of an answer. What is no JSON becomes an `InternalError`, and a line in the log.

    An unknown id is null, or left out where `null_id` is false.
    """
    message: dict[str, Any]
    if response.__class__ is Result:
        message = {"jsonrpc": "2.0", "id": response.id, "result": response.result}
    else:
        message = response.to_json(null_id=null_id)  # type: ignore[call-arg]
    try:
        return dumps(message)
    except (TypeError, ValueError, RecursionError) as error:
        correlation_id = new_correlation_id()
        log.error("The answer to request %r is no JSON [%s]: %s", response.id, correlation_id, error)
        return dumps(Error.of(InternalError(correlation_id), response.id).to_json(null_id=null_id))


def new_correlation_id() -> str:
    """An id for something that only the log explains."""
    import secrets

    return secrets.token_hex(8)
