"""completion/complete: what may follow what a user has typed.

Spec page: 2026-07-28 server/utilities/completion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcpgen_runtime.calls import check_uri, outcome_of
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import (
    InvalidParams,
    MethodNotFound,
    PromptNotFound,
    ResourceNotFound,
    params_of,
    shorten,
)
from mcpgen_runtime.results import COMPLETE, completion
from mcpgen_types.v2026_07_28 import (
    CompleteResult,
    PromptReference,
    decode_CompleteRequestParams,
    encode_CompleteResult,
)

if TYPE_CHECKING:
    from mcpgen_runtime.core import ServerCore
    from mcpgen_runtime.features import PromptEntry, TemplateEntry


async def complete(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Values for one argument of a prompt, or one variable of a template; none without a completer.

    Where nothing at all has one, the server has not declared the capability, and the method does not exist.
    """
    asked = params_of(decode_CompleteRequestParams, params)
    ctx._know(asked.meta)
    if not core.server.completes:
        raise MethodNotFound("completion/complete")
    entry: PromptEntry | TemplateEntry | None
    if isinstance(asked.ref, PromptReference):
        entry = core.server.prompts.get(asked.ref.name)
        if entry is None:
            raise PromptNotFound(asked.ref.name, pointer="/params/ref/name")
        known = entry.known
    else:
        check_uri(asked.ref.uri, ctx)
        entry = core.server.templates.get(asked.ref.uri)
        if entry is None and asked.ref.uri in core.server.resources:
            return encode_CompleteResult(CompleteResult(completion=completion([]), result_type=COMPLETE))
        if entry is None:
            raise ResourceNotFound(asked.ref.uri, pointer="/params/ref/uri")
        known = entry.template.variables
    name = asked.argument.name
    if name not in known:
        raise InvalidParams.at(
            "/params/argument/name", f"There is no argument {shorten(repr(name))} to complete"
        )
    completer = entry.completers.get(name)
    outcome: Any = []
    if completer is not None:
        settled = (asked.context.arguments if asked.context is not None else None) or {}
        outcome = await outcome_of(lambda: completer(asked.argument.value, settled, ctx), ctx)
    return encode_CompleteResult(CompleteResult(completion=completion(outcome), result_type=COMPLETE))
