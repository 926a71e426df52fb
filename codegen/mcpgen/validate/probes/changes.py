"""Lists that are known to change, watched while they do, and when nobody watches any more.

Pages: server/tools, server/prompts, server/resources (List Changed Notification); 2026-07-28
basic/patterns/subscriptions and basic/transports/stdio (Cancellation). Only what was called before is called
again; what the lists say is judged in `change_rules`.
"""

from __future__ import annotations

from mcpgen.validate.client import META_SUBSCRIPTION
from mcpgen.validate.correlate import id_key
from mcpgen.validate.journal import HttpReply, Sent
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import params_of
from mcpgen.validate.probes.lists import TOLD, heard_of, read_lists
from mcpgen.validate.probes.probe import ALIVE, Probe
from mcpgen.validate.probes.subscriptions import open_subscription

#: The kinds of changes, and the capability of each.
_KINDS = {
    "toolsListChanged": "tools.listChanged",
    "promptsListChanged": "prompts.listChanged",
    "resourcesListChanged": "resources.listChanged",
}
# How many tools are called again, and how quick they must have been.
_CALLS, _SECONDS = 10, 1.0
QUIET = "subscriptions-quiet-after-cancel"


async def _watched(asker: Asker) -> None:
    kinds = {kind: True for kind, needed in _KINDS.items() if asker.opened.declares(needed)}
    if not kinds:
        asker.not_asked("the server declares no listChanged")
    if not asker.surface.changed:
        asker.not_asked("the lists were the same each time, so there was no change to tell of")
    place = await _listen(asker, kinds)
    before = await read_lists(asker, "before", told_of=True)
    await _call_again(asker)
    after = await read_lists(asker, "after", told_of=True)
    changed = [method for method, names in after.items() if set(names) != set(before.get(method, names))]
    if changed:
        await heard_of(asker, changed)
    if place is None:
        return
    transport = asker.session.transport
    if transport.replies_apart:
        transport.abandon(place)
        return
    sent = transport.journal.entries[place]
    assert isinstance(sent, Sent)
    await asker.notify("notifications/cancelled", {"requestId": sent.message["id"]}, step="cancelled")
    await asker.alive()
    await _call_again(asker)
    await read_lists(asker, "unwatched", told_of=True)
    await asker.alive()


async def _listen(asker: Asker, kinds: dict[str, bool]) -> int | None:
    """Hear of changes: in 2026-07-28 by a subscription, whose place this is; over HTTP before, by a GET."""
    if asker.modern:
        return await open_subscription(asker, "open", kinds)
    entries = asker.session.transport.journal.entries
    if asker.session.transport.name == "http":
        # Whether it is one on which messages come is for the judge to see.
        await asker.session.until(
            lambda: any(isinstance(entry, HttpReply) and entry.carrier is None for entry in entries),
            asker.patience,
        )
    return None


async def _call_again(asker: Asker) -> None:
    """Call what may be called, and was quick and asked for nothing when it was."""
    surface = asker.surface
    wants_input = {demand.params.get("name") for demand in surface.demands} | surface.asking.keys()
    quick = [name for name in surface.calls if surface.seconds.get(name, 0.0) < _SECONDS]
    for name in [name for name in quick if name not in wants_input][:_CALLS]:
        params, headers = asker.call(name, surface.calls[name])
        await asker.ask("tools/call", params, step="call", headers=headers)


def _quiet(evidence: Evidence) -> None:
    """What came of a subscription after it was cancelled, and something else was answered."""
    evidence.right("answered rightly")
    cancelled = next((one for one in evidence.exchanges if one.step == "cancelled"), None)
    if cancelled is None:
        return
    own = id_key(cancelled.params.get("requestId"))
    later = [one for one in evidence.exchanges if one.place > cancelled.place]
    signs = [one for one in later if one.step == ALIVE and one.answered_at is not None]
    if not signs:
        return
    assert signs[0].answered_at is not None
    since = [one for one in later if one.place > signs[0].answered_at]
    for one in since:
        for message in one.heard:
            if not isinstance(message, dict) or "method" not in message:
                continue
            meta = params_of(message).get("_meta")
            tag = meta.get(META_SUBSCRIPTION) if isinstance(meta, dict) else None
            if tag is not None and id_key(tag) == own:
                evidence.holds(
                    QUIET,
                    False,
                    f"{message['method']} came for a subscription that had been cancelled",
                    cancelled,
                    response=message,
                    outcome="answered wrongly",
                )
                return
    before, after = (
        {str(page.result) for page in evidence.step(step) if page.result} for step in ("after", "unwatched")
    )
    if before and after and before != after:
        evidence.holds(QUIET, True, "")
    else:
        evidence.unsure(QUIET, "nothing changed that it could have told of")


PROBES = (
    Probe(
        "changes-told",
        "does again what changed the lists, and listens",
        (*TOLD, QUIET),
        _watched,
        _quiet,
        negative=False,
        apart=True,
        owed=False,
    ),
)
