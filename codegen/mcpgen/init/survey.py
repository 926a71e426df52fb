"""What a running server says that it offers, in the words of the newest revision.

Every list that it declares is read to its last page. What it says is taken as it is: whether a server
could be made of it is `mcpgen.init.servable`'s question.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mcpgen import __version__
from mcpgen.errors import McpgenError, TargetSilent, TargetUnreachable
from mcpgen.init.mending import mended
from mcpgen.validate.target import Target
from mcpgen.validate.terminal import harmless
from mcpgen_runtime.client import (
    Client,
    ClientError,
    ConnectFailed,
    McpError,
    NoCommonRevision,
    RequestTimeout,
)
from mcpgen_runtime.client.dialect import Dialect
from mcpgen_runtime.limits import Limits
from mcpgen_types import revision as package_of
from mcpgen_types.codec import DecodeError, Wire
from mcpgen_types.v2026_07_28 import (
    encode_Prompt,
    encode_Resource,
    encode_ResourceTemplate,
    encode_Tool,
)

# More of a kind than this no one writes handlers for.
_MOST = 10_000
_NO_SUCH_METHOD = -32601
_MORE_TIME = "a server that is merely slow gets more time with --timeout SECONDS"
# What a server says of itself, beside its name and version.
_INFO = ("title", "description", "websiteUrl", "icons")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the four lists: its method, its key in a result and in a definition, its items' type."""

    method: str
    key: str
    type_name: str
    capability: str
    items: Callable[[Client], AsyncIterator[Wire]]
    encode: Callable[[Any], dict[str, Any]]


_KINDS = (
    _Kind("tools/list", "tools", "Tool", "tools", Client.tools, encode_Tool),
    _Kind("resources/list", "resources", "Resource", "resources", Client.resources, encode_Resource),
    _Kind(
        "resources/templates/list",
        "resourceTemplates",
        "ResourceTemplate",
        "resources",
        Client.resource_templates,
        encode_ResourceTemplate,
    ),
    _Kind("prompts/list", "prompts", "Prompt", "prompts", Client.prompts, encode_Prompt),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A server by its own account: the JSON of a definition file, the revision that it was asked in, and
    what of its account could not be taken over, for the user.
    """

    definition: dict[str, Any]
    revision: str
    notes: list[str] = field(default_factory=list)


async def survey(
    target: Target, *, timeout: float, deadline: float, announce: Callable[[str], None] = lambda _: None
) -> Found:
    """Ask a server for all that it offers. `timeout` is in seconds for an answer, `deadline` for the whole;
    `announce` is told what is being asked.

    Raises `UsageError` where the address is none, `TargetUnreachable` and `TargetSilent`.
    """
    target.check(url_option="--from-url")
    transport = target.transport(Limits(max_message_bytes=16 * 1024 * 1024))
    client = _LenientClient(transport, name="mcpgen-init", version=__version__, timeout=timeout)
    opened = False
    try:
        async with asyncio.timeout(deadline):
            announce("opening")
            async with client:
                opened = True
                return await _read(client, announce)
    except TimeoutError:
        raise TargetSilent(
            f"the server did not tell all within {deadline:g} s",
            hint="more is allowed with --deadline SECONDS",
        ) from None
    except (ClientError, McpError) as error:
        raise _explained(error, target, opened, transport.last_words()) from error


class _LenientClient(Client):
    """A client that mends what a list holds, or leaves it out, where others refuse the whole list."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.notes: list[str] = []

    def _received(self, method: str, dialect: Dialect, result: dict[str, Any]) -> Any:
        kind = next((kind for kind in _KINDS if kind.method == method), None)
        if kind is not None and isinstance(result.get(kind.key), list):
            decode = getattr(package_of(dialect.revision), f"decode_{kind.type_name}")
            result = {**result, kind.key: list(self._acceptable(kind, decode, result[kind.key]))}
        return super()._received(method, dialect, result)

    def _acceptable(
        self, kind: _Kind, decode: Callable[[Any], Any], items: list[Any]
    ) -> Iterator[dict[str, Any]]:
        for item in items:
            named = item.get("name") if isinstance(item, dict) else None
            try:
                kept, removed = mended(item, decode)
            except DecodeError as error:
                self.notes.append(f"{kind.type_name} {named!r:.80} is left out: {error}")
            else:
                yield kept
                if removed:
                    self.notes.append(
                        f"{kind.type_name} {named!r:.80} is written without {', '.join(removed)}, "
                        "which its type does not allow"
                    )


async def _read(client: _LenientClient, announce: Callable[[str], None]) -> Found:
    info = client.server_info
    definition: dict[str, Any] = {
        "name": _text(info.get("name")) or "server",
        "version": _text(info.get("version")) or "0.0.0",
    }
    definition |= {key: info[key] for key in _INFO if info.get(key) is not None}
    if client.instructions is not None:
        definition["instructions"] = client.instructions
    notes: list[str] = []
    for kind in _KINDS:
        if kind.capability in client.capabilities:
            announce(kind.method)
            definition[kind.key] = await _listed(client, kind, notes)
    if "completions" in client.capabilities:
        notes.append(
            "the server completes arguments, but cannot be asked which: what is written here completes none,"
            " until you add methods `complete_…` as the README says"
        )
    return Found(definition, client.revision, [*client.notes, *notes])


async def _listed(client: Client, kind: _Kind, notes: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    try:
        async for item in kind.items(client):
            if len(found) == _MOST:
                notes.append(f"{kind.method}: only the first {_MOST} are written")
                break
            found.append(kind.encode(item))
    except McpError as error:
        # Servers that have resources and no templates often leave that method out.
        if error.code != _NO_SUCH_METHOD:
            notes.append(f"{kind.method} is answered with an error, {error.message!r:.200}")
    return found


def _explained(
    error: ClientError | McpError, target: Target, opened: bool, last_words: tuple[str, ...]
) -> McpgenError:
    """What the user is told of a server that could not be asked."""
    cause = error.__cause__ if isinstance(error, ConnectFailed) else None
    if isinstance(error, ConnectFailed) and (cause is not None or target.command):
        return target.explain(error)
    told = harmless(str(error)) + "".join(f"; it last said {line!r}" for line in last_words[-1:])
    if isinstance(error, RequestTimeout):
        return TargetSilent(f"the server does not answer: {told}", hint=_MORE_TIME)
    if isinstance(error, NoCommonRevision):
        return TargetUnreachable(
            f"the server speaks no revision that is known here: {told}", hint="see its documentation"
        )
    if opened:
        return TargetSilent(
            f"the server gave no definition: {told}",
            hint="`mcpgen validate` shows what it says, message by message",
        )
    return TargetUnreachable(f"the server cannot be opened: {told}", hint=target.reach_hint(str(error)))


def _text(value: Any) -> str | None:
    """A name that a file can hold; None where it is none."""
    return value if isinstance(value, str) and value.isprintable() and value else None
