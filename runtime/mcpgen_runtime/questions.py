"""What a server may ask of a client, and what is an answer to it.

Spec pages: 2026-07-28 client/elicitation, client/sampling, client/roots.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from mcpgen_runtime.errors import (
    DefinitionError,
    InvalidParams,
    MissingClientCapability,
    described,
    fault_data,
    shorten,
)
from mcpgen_runtime.schemas.uris import is_uri
from mcpgen_types.codec import DecodeError, Fault
from mcpgen_types.v2026_07_28 import ClientCapabilities, decode_ElicitRequestFormParamsRequestedSchema

T = TypeVar("T")


def require(declared: ClientCapabilities, method: str, params: Mapping[str, Any]) -> None:
    """Raise `MissingClientCapability` where a client that `declared` so much may not be asked that."""
    if method == "elicitation/create":
        elicitation = declared.elicitation
        mode = params.get("mode", "form")
        # A bare {} declares the form mode: the only one there was at first.
        form = elicitation is not None and (elicitation.form is not None or elicitation.url is None)
        if not (form if mode == "form" else elicitation is not None and elicitation.url is not None):
            raise MissingClientCapability(
                f"The client does not offer elicitation in {mode} mode", {"elicitation": {mode: {}}}
            )
    elif method == "sampling/createMessage":
        with_tools = "tools" in params or "toolChoice" in params
        if declared.sampling is None or (with_tools and declared.sampling.tools is None):
            raise MissingClientCapability(
                f"The client does not offer sampling{' with tools' if with_tools else ''}",
                {"sampling": {"tools": {}} if with_tools else {}},
            )
    elif declared.roots is None:
        raise MissingClientCapability("The client offers no roots", {"roots": {}})


def check_form(schema: Mapping[str, Any]) -> None:
    """Raise `DefinitionError` for a schema that is no form: an object with primitive properties."""
    try:
        decode_ElicitRequestFormParamsRequestedSchema(dict(schema))
    except DecodeError as error:
        raise DefinitionError(f"the schema of a form: {described(error.faults)}") from None


def check_url(url: str) -> None:
    """Raise `DefinitionError` for what no client could have its user visit."""
    if not is_uri(url):
        raise DefinitionError(f"{shorten(repr(url))} is no URL that a user could visit")


def decoded_answer(decode: Callable[[Any], T], answer: Any, method: str, pointer: str) -> T:
    """The `answer` to `method`, which stands at `pointer`. Raises `InvalidParams` for what is none."""
    try:
        return decode(answer)
    except DecodeError as error:
        raise invalid_answer(method, error.faults, pointer) from None


def invalid_answer(method: str, faults: Sequence[Fault], pointer: str) -> InvalidParams:
    """What is said of an answer to `method` that has `faults`."""
    return InvalidParams(
        f"The answer to {method} is invalid: {described(faults, at=pointer)}",
        data=fault_data(faults, at=pointer),
    )


def wants_list(schema: Mapping[str, Any], name: str) -> bool:
    """Whether the form of `schema` takes several values for `name`."""
    wanted = schema.get("properties", {}).get(name)
    return isinstance(wanted, dict) and wanted.get("type") == "array"
