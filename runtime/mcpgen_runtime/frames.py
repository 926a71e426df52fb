"""Messages as JSON texts: what a peer sent, within its limits; answers, whatever a handler put there."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from typing import Any

from mcpgen_runtime.errors import InternalError, LimitReached, ParseError
from mcpgen_runtime.json_text import dumps, loads
from mcpgen_runtime.jsonrpc import Error, Response, Result
from mcpgen_runtime.limits import LimitExceeded, Limits, check_text

log = logging.getLogger("mcpgen_runtime")


def parse(text: bytes, limits: Limits) -> Any:
    """The JSON value of a peer's message. Raises `ParseError` where it is none, or `LimitReached`."""
    try:
        check_text(text, limits)
        return loads(text)
    except LimitExceeded as error:
        raise LimitReached(error.message, limit=error.limit, value=error.value) from None
    except json.JSONDecodeError as error:
        raise ParseError(f"Parse error: no JSON at character {error.pos}") from None
    except UnicodeDecodeError as error:
        raise ParseError(f"Parse error: no UTF-8 at byte {error.start}") from None
    except ValueError:  # Python's own words are none of the peer's business
        raise ParseError("Parse error: no JSON") from None


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
    return _source()


def correlation_ids_from(source: Callable[[], str]) -> None:
    """Have every id come from `source`, where a process has no randomness of its own."""
    global _source
    _source = source


def _random_id() -> str:
    return os.urandom(8).hex()


_source = _random_id
