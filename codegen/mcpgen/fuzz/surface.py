"""What a server shows of itself, read before it is fuzzed: its lists and capabilities, in one revision."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcpgen.errors import McpgenError, TargetSilent
from mcpgen.validate import client
from mcpgen.validate.failures import explain
from mcpgen.validate.journal import Journal
from mcpgen.validate.opening import Declined, Opened, open_any, open_exactly, open_legacy
from mcpgen.validate.recorder import Limits
from mcpgen.validate.session import Session, Unanswered
from mcpgen.validate.target import Target
from mcpgen_runtime.client.errors import LimitPassed, ServerGone

_PAGES = 20
_LISTS = {
    "tools/list": ("tools", "tools"),
    "prompts/list": ("prompts", "prompts"),
    "resources/list": ("resources", "resources"),
    "resources/templates/list": ("resources", "resourceTemplates"),
}


@dataclass(frozen=True, slots=True)
class Surface:
    """A server in one revision: its `lists` by their methods, those of its `tools` that may be called."""

    revision: str
    declared: Mapping[str, Any]
    capabilities: Mapping[str, Any]
    lists: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    tools: tuple[dict[str, Any], ...] = ()

    @property
    def modern(self) -> bool:
        """Whether it is of the era without a handshake."""
        return client.era_of(self.revision) == "modern"

    def declares(self, path: str) -> bool:
        """Whether the server declared a capability such as `resources.subscribe`."""
        return client.declares(dict(self.capabilities), path)

    def items(self, method: str) -> tuple[dict[str, Any], ...]:
        """What a list has."""
        return self.lists.get(method, ())


class NotSpoken(Exception):
    """The server does not speak the revision, or the era, that it was asked for."""


async def survey(
    target: Target, *, revision: str | None, patience: float, destructive: bool, only: tuple[str, ...] = ()
) -> Surface:
    """Ask a server for all that it lists, in `revision`, or in what it speaks.

    A revision of `legacy` is the newest of that era that it agrees to. Tools are those that say that they
    only read, with `destructive` all; of them the `only` ones, where there are any. Raises `NotSpoken`, and
    `McpgenError` where the server is not there or says nothing.
    """
    transport = target.recorder(Journal(time.monotonic), Limits())
    session = Session(transport, timeout=patience)
    opened: Opened | None = None
    try:
        await transport.open()
        if revision == "legacy":
            opened = await open_legacy(session, client.LEGACY[-1], exactly=False)
        elif revision is not None:
            opened = await open_exactly(session, revision)
        else:
            opened = await open_any(session)
        lists = {
            method: tuple(await _listed(session, method, key))
            for method, (capability, key) in _LISTS.items()
            if opened.declares(capability)
        }
    except Declined as declined:
        raise NotSpoken(str(declined)) from None
    except (McpgenError, ServerGone, LimitPassed, Unanswered) as error:
        entries = transport.journal.entries
        failure = explain(error, opened=opened is not None, target=target, entries=entries)
        raise _raised(failure.code, failure.message, failure.hint) from error
    finally:
        await session.close()
    tools = [tool for tool in lists.get("tools/list", ()) if isinstance(tool.get("name"), str)]
    return Surface(
        opened.revision,
        session.declared,
        opened.capabilities,
        lists,
        tuple(
            tool
            for tool in tools
            if (destructive or _only_reads(tool))
            and (not only or tool["name"] in only)
            and not _as_task(tool)
        ),
    )


async def _listed(session: Session, method: str, key: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    params: dict[str, Any] | None = None
    for _ in range(_PAGES):
        try:
            answer = await session.request(method, params)
        except Unanswered:
            return items
        result = answer.get("result")
        result = result if isinstance(result, dict) else {}
        page = result.get(key)
        items += [item for item in page if isinstance(item, dict)] if isinstance(page, list) else []
        if not isinstance(result.get("nextCursor"), str):
            return items
        params = {"cursor": result["nextCursor"]}
    return items


def _only_reads(tool: dict[str, Any]) -> bool:
    annotations = tool.get("annotations")
    return isinstance(annotations, dict) and annotations.get("readOnlyHint") is True


def _as_task(tool: dict[str, Any]) -> bool:
    execution = tool.get("execution")
    return isinstance(execution, dict) and execution.get("taskSupport") == "required"


def _raised(code: int, message: str, hint: str) -> McpgenError:
    from mcpgen.errors import ExitCode, TargetUnreachable

    kind = TargetUnreachable if code == ExitCode.UNREACHABLE else TargetSilent
    return kind(message, hint=hint)
