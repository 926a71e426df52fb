"""Lists read again: by another client, on another connection, at once with others, and after all the rest.

Pages of 2026-07-28: server/tools, server/resources, server/prompts (Capabilities), basic (Statelessness).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcpgen.validate import client
from mcpgen.validate.change_rules import WAITED, tells
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import declared_list, envelope
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.surface import read_only

#: By list: the capability, the member that has the items, what an item is known by, and the page.
_LISTS = {
    "tools/list": ("tools", "tools", "name", "server/tools"),
    "resources/list": ("resources", "resources", "uri", "server/resources"),
    "prompts/list": ("prompts", "prompts", "name", "server/prompts"),
}
#: The rules on lists that change, which the whole of a conversation shows.
TOLD = ("tools-list-changed-sent", "prompts-list-changed-sent", "resources-list-changed-sent")
_PAGES = 20
_OTHER = {"name": "mcpgen-other-client", "version": "1.0.0"}


async def read_lists(asker: Asker, step: str, *, told_of: bool = False) -> dict[str, list[str]]:
    """Read every declared list to its end; the names in each, as far as they came.

    Or only those whose changes the server declares to be `told_of`. Raises `NotAsked` where there are none.
    """
    found: dict[str, list[str]] = {}
    suffix = ".listChanged" if told_of else ""
    methods = [
        method for method, (capability, *_) in _LISTS.items() if asker.opened.declares(capability + suffix)
    ]
    if not methods:
        what = "declares listChanged of" if told_of else "declares"
        asker.not_asked(f"the server {what} none of tools, resources, prompts")
    for method in methods:
        params: dict[str, Any] = {}
        for _ in range(_PAGES):
            result = ((await asker.ask(method, params, step=step)) or {}).get("result")
            if not isinstance(result, dict):
                break
            found.setdefault(method, []).extend(_items(method, result))
            if not isinstance(result.get("nextCursor"), str):
                break
            params = {"cursor": result["nextCursor"]}
    return found


def _items(method: str, result: dict[str, Any]) -> list[str]:
    _, key, name, _ = _LISTS[method]
    items = result.get(key)
    return [
        str(item.get(name)) for item in (items if isinstance(items, list) else ()) if isinstance(item, dict)
    ]


def _names(read: Sequence[Exchange], method: str) -> list[str] | None:
    """What a list has, in its order, of all its pages; None where a page is missing."""
    pages = [one for one in read if one.method == method]
    if not pages or any(one.result is None for one in pages):
        return None
    return [name for one in pages for name in _items(method, one.result or {})]


def _of_surface(asker: Asker) -> dict[str, list[str]]:
    surface = asker.surface
    return {
        "tools/list": [str(one.get("name")) for one in surface.tools],
        "resources/list": [str(one.get("uri")) for one in surface.resources],
        "prompts/list": [str(one.get("name")) for one in surface.prompts],
    }


async def _again(asker: Asker) -> None:
    now = await read_lists(asker, "again", told_of=not asker.modern)
    before = _of_surface(asker)
    changed = [method for method, names in now.items() if set(names) != set(before[method])]
    asker.surface.changed = bool(changed)
    if changed and not asker.modern:
        await heard_of(asker, changed)


async def heard_of(asker: Asker, methods: Sequence[str]) -> None:
    """Give the server a pause to tell that these lists changed, and ask for a sign of life."""
    names = {f"notifications/{_LISTS[method][0]}/list_changed" for method in methods}
    entries = asker.session.transport.journal.entries
    read = 0

    def told() -> bool:
        nonlocal read
        # Each entry once, however many come.
        names.difference_update([name for name in names if tells(entries[read:], name)])
        read = len(entries)
        return not names

    await asker.session.until(told, asker.pause)
    await asker.ask("server/discover" if asker.modern else "ping", {} if asker.modern else None, step=WAITED)


def _in_order(evidence: Evidence) -> None:
    if not evidence.modern:
        evidence.right("answered rightly")
        return
    before, now = _names(evidence.ordinary, "tools/list"), _names(evidence.answered, "tools/list")
    if before is None or now is None or sorted(before) != sorted(now):
        evidence.unsure("tools-list-order", "there were not the same tools each time")
        evidence.right("answered rightly", "the lists changed in between")
        return
    if evidence.holds(
        "tools-list-order",
        before == now,
        f"the tools came as {', '.join(before)[:200]}, and then as {', '.join(now)[:200]}",
        next(one for one in evidence.answered if one.method == "tools/list"),
        pointer="/result/tools",
        outcome="answered wrongly",
    ):
        evidence.right("answered rightly")


async def _elsewhere(asker: Asker) -> None:
    fresh = await read_lists(asker, "fresh")
    before = _of_surface(asker)
    if any(sorted(names) != sorted(before[method]) for method, names in fresh.items()):
        # Whether they differ by connection or with time, only a third tells.
        async with asker.another() as other:
            await read_lists(other, "second")


def _same(evidence: Evidence) -> None:
    again = evidence.of("lists-again")
    if _changed_by_calls(evidence):
        reason = "a tool was called that may have changed them"
        evidence.unsure("list-same-on-every-connection", reason)
        evidence.unsure("list-unchanged-by-requests", reason)
        evidence.right("skipped", reason)
        return
    for method, (_, key, _, page) in _LISTS.items():
        first, last = _names(evidence.ordinary, method), _names(again, method)
        fresh, second = _names(evidence.step("fresh"), method), _names(evidence.step("second"), method)
        if first is None or last is None or fresh is None:
            continue
        if evidence.transport == "stdio" and method == "resources/list":
            # A process may well have resources that are its own.
            continue
        about = next(one for one in evidence.step("fresh") if one.method == method)
        like_first, steady = sorted(fresh) == sorted(first), sorted(first) == sorted(last)
        agreed = like_first if second is None else sorted(fresh) == sorted(second)
        if agreed or (steady and second is not None):
            evidence.holds(
                "list-same-on-every-connection",
                agreed,
                f"one connection is told of {_difference(fresh, second or [])}, another is not",
                about,
                pointer=f"/result/{key}",
                page=page,
                outcome="answered wrongly",
            )
        if agreed:
            evidence.holds(
                "list-unchanged-by-requests",
                steady or not like_first,
                f"after other requests it told of {_difference(first, last)}, a fresh connection does not",
                about,
                pointer=f"/result/{key}",
                page=page,
                outcome="answered wrongly",
            )
    evidence.right("answered rightly")


def _changed_by_calls(evidence: Evidence) -> bool:
    """Whether a tool was called that does not say that it is read-only."""
    pages = [(one.result or {}).get("tools") for one in evidence.ordinary if one.method == "tools/list"]
    listed = [tool for page in pages if isinstance(page, list) for tool in page if isinstance(tool, dict)]
    harmless = [tool.get("name") for tool in listed if read_only(tool)]
    called = [one.params.get("name") for one in evidence.ordinary if one.method == "tools/call"]
    return any(name not in harmless for name in called)


def _difference(one: list[str], other: list[str]) -> str:
    return ", ".join(sorted(set(one) ^ set(other)))[:200] or "the same twice"


async def _interleaved(asker: Asker) -> None:
    methods = [method for method, (capability, *_) in _LISTS.items() if asker.opened.declares(capability)]
    asked = [*methods, "server/discover", *methods][:5]
    session = asker.session
    places = [
        await session.start(
            method,
            {},
            probe=asker.mark("at-once"),
            meta=envelope(asker, info={"name": f"mcpgen-{number}", "version": "1.0.0"}),
        )
        for number, method in enumerate(asked)
    ]

    def over() -> bool:
        return session.lost is not None or all(session.answer_at(place) is not None for place in places)

    # That an answer is missing is held against the server: it has all the time that the user allows.
    await session.until(over, session.timeout)
    await asker.alive()


def _each_its_own(evidence: Evidence) -> None:
    rule = "stateless-interleaved"
    for exchange in evidence.step("at-once"):
        why = ""
        if exchange.answer is None and not exchange.refused_by_http:
            why = f"{exchange.method} got no answer while other requests were under way"
        elif exchange.result is None:
            before = [one for one in evidence.ordinary if one.method == exchange.method]
            if any(one.result is not None for one in before):
                why = f"{exchange.method} was refused while other requests were under way"
        elif exchange.method in _LISTS:
            first = [one for one in evidence.ordinary if one.method == exchange.method][:1]
            alone, now = _names(first, exchange.method), _names([exchange], exchange.method)
            key = _LISTS[exchange.method][1]
            if alone and key not in exchange.result:
                why = f"{exchange.method} got the answer to something else"
            elif alone is not None and now is not None and set(alone) != set(now):
                evidence.unsure(rule, "the list changed in between")
                continue
        if evidence.holds(rule, not why, why, exchange, outcome="answered wrongly"):
            evidence.right("answered rightly")


async def _other_client(asker: Asker) -> None:
    method = declared_list(asker)
    if method == "server/discover":
        asker.not_asked("the server declares none of tools, resources, prompts")
    names = {"first": client.CLIENT_INFO, "other": _OTHER, "none": None, "last": client.CLIENT_INFO}
    for step, info in names.items():
        await asker.ask(method, {}, step=step, meta=envelope(asker, info=info))


def _ignores_the_name(evidence: Evidence) -> None:
    told = {one.step: (one, _names([one], one.method)) for one in evidence.answered}
    first, last = (told.get(step, (None, None))[1] for step in ("first", "last"))
    if first is None or first != last:
        evidence.unsure("stateless-client-info-ignored", "the same client got different lists")
        return
    for step in ("other", "none"):
        if step not in told or told[step][1] is None:
            continue
        exchange, names = told[step]
        if evidence.holds(
            "stateless-client-info-ignored",
            names == first,
            f"under another name the client is told of {_difference(first, names or [])}",
            exchange,
            pointer="/result",
            outcome="answered wrongly",
        ):
            evidence.right("answered rightly")


#: In the first conversation, after the others.
AGAIN = (
    Probe(
        "lists-again",
        "reads the lists once more",
        ("tools-list-order", *TOLD),
        _again,
        _in_order,
    ),
    Probe(
        "requests-at-once",
        "asks several things at once, as different clients",
        ("stateless-interleaved",),
        _interleaved,
        _each_its_own,
        owed=False,
    ),
    Probe(
        "client-renamed",
        "reads a list under another name, and under none",
        ("stateless-client-info-ignored",),
        _other_client,
        _ignores_the_name,
    ),
)
ELSEWHERE = (
    Probe(
        "lists-elsewhere",
        "reads the lists on two fresh connections",
        ("list-same-on-every-connection", "list-unchanged-by-requests"),
        _elsewhere,
        _same,
        apart=True,
    ),
)
