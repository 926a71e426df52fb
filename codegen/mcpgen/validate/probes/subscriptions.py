"""Two subscriptions, to every kind of change and to one: how they begin, and what they bring.

Page: 2026-07-28 basic/patterns/subscriptions; basic (`_meta`) for the id that their messages carry.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.client import declares
from mcpgen.validate.correlate import id_key
from mcpgen.validate.journal import Sent
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange, params_of
from mcpgen.validate.probes.probe import Probe
from mcpgen_runtime.client.opening import META_SUBSCRIPTION

_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
_UPDATED = "notifications/resources/updated"
#: What can be asked for: the capability that it needs, and the notification that it brings.
_KINDS = {
    "toolsListChanged": ("tools.listChanged", "notifications/tools/list_changed"),
    "promptsListChanged": ("prompts.listChanged", "notifications/prompts/list_changed"),
    "resourcesListChanged": ("resources.listChanged", "notifications/resources/list_changed"),
    "resourceSubscriptions": ("resources.subscribe", _UPDATED),
}
_UNANSWERED = "cancellation-unanswered"
_GRACEFULLY = "subscriptions-closed-gracefully"
# How soon a stream ends that no proxy ended for being idle, in seconds.
_HASTE = 10.0
_OF_SUBSCRIPTIONS = {_ACKNOWLEDGED, *(name for _, name in _KINDS.values())}


async def _listen(asker: Asker) -> None:
    if not asker.modern:
        asker.not_asked("subscriptions to kinds of changes came with 2026-07-28")
    if not asker.opened.discovered:
        asker.not_asked("the server does not say what it has")
    uri = next((one["uri"] for one in asker.surface.resources if isinstance(one.get("uri"), str)), None)
    everything: dict[str, Any] = dict.fromkeys(list(_KINDS)[:3], True)
    if uri is not None:
        everything["resourceSubscriptions"] = [uri]
    declared = [kind for kind in everything if asker.opened.declares(_KINDS[kind][0])]
    single = declared[0] if declared else "toolsListChanged"
    opened = [
        await open_subscription(asker, "open-all", everything),
        await open_subscription(asker, "open-one", {single: everything[single]}),
    ]
    transport = asker.session.transport
    if transport.replies_apart:
        # Until then they stay open, unless the server ends them.
        await asker.alive()
    for place in opened:
        if transport.replies_apart:
            transport.abandon(place)
        elif asker.session.answer_at(place) is None:
            sent = transport.journal.entries[place]
            assert isinstance(sent, Sent)
            await asker.notify("notifications/cancelled", {"requestId": sent.message["id"]}, step="cancelled")
    await asker.alive()


async def open_subscription(asker: Asker, step: str, wanted: dict[str, Any]) -> int:
    """Open a subscription and wait for what comes first; its place in the journal. Raises as `ask` does."""
    session = asker.session
    begun = len(session.transport.journal.entries)
    place = await session.start("subscriptions/listen", {"notifications": wanted}, probe=asker.mark(step))

    def begins() -> bool:
        entries = session.transport.journal.entries[begun:]
        values = (getattr(entry, "value", None) for entry in entries)
        told = any(isinstance(value, dict) and value.get("method") == _ACKNOWLEDGED for value in values)
        return told or session.answer_at(place) is not None or session.lost is not None

    await session.until(begins, asker.patience)
    if session.lost is not None:
        raise session.lost
    return place


def _judge(evidence: Evidence) -> None:
    subscriptions = [one for one in evidence.answered if one.method == "subscriptions/listen"]
    told = [message for one in evidence.exchanges for message in one.heard if _is_notification(message)]
    own = {id_key(one.message["id"]): one for one in subscriptions}
    brought: dict[int, list[dict[str, Any]]] = {one.place: [] for one in subscriptions}
    for message in told:
        if message["method"] not in _OF_SUBSCRIPTIONS:
            continue
        tag = _tag(message)
        owner = own.get(id_key(tag)) if tag is not None else None
        meant = owner or _meant(message, tag, subscriptions)
        if meant is None:
            continue  # a tag that no subscription has is another rule's
        evidence.holds(
            "subscriptions-id-tagged",
            owner is not None,
            f"{message['method']} has "
            + (f"the subscription id {tag!r}" if tag is not None else "no subscription id")
            + f", the subscription's is {meant.message['id']!r}",
            meant,
            response=message,
            outcome="answered wrongly",
        )
        brought[meant.place].append(message)
    for one in subscriptions:
        _one(evidence, one, brought[one.place])
    _unanswered(evidence, subscriptions)


def _unanswered(evidence: Evidence, subscriptions: list[Exchange]) -> None:
    """Judge whether subscriptions are answered after they were cancelled, where a message says that."""
    own = {id_key(one.message["id"]): one for one in subscriptions}
    cancelled = [
        (place, own[key])
        for place, key in (
            (one.place, id_key(one.params.get("requestId")))
            for one in evidence.exchanges
            if one.step == "cancelled"
        )
        if key in own and own[key].error is None
    ]
    if not cancelled or evidence.exchanges[-1].answer is None:
        return
    late = [one for place, one in cancelled if one.answered_at is not None and one.answered_at > place]
    if late and len(late) < len(cancelled):
        evidence.unsure(_UNANSWERED, "the server may have ended that subscription at the same moment")
        return
    evidence.holds(
        _UNANSWERED,
        not late,
        "subscriptions that were cancelled were answered after that",
        late[0] if late else None,
        pointer="/result",
        outcome="answered wrongly",
    )


def _one(evidence: Evidence, one: Exchange, brought: list[dict[str, Any]]) -> None:
    wanted = one.params.get("notifications") or {}
    if one.error is not None or one.refused_by_http:
        evidence.unsure("subscriptions-acknowledged-first", "the subscription was refused")
        evidence.right("rejected otherwise", f"the subscription was refused, error {one.code}")
        return
    if not brought:
        # The patience is ours.
        evidence.unsure("subscriptions-acknowledged-first", "no acknowledgement came while it was waited for")
        evidence.right("unanswered", "no acknowledgement came")
        return
    first = brought[0]
    if evidence.holds(
        "subscriptions-acknowledged-first",
        first["method"] == _ACKNOWLEDGED,
        f"{first['method']} came before the acknowledgement",
        one,
        response=first,
        outcome="answered wrongly",
    ):
        evidence.right("answered rightly")
    _ended(evidence, one)
    for message in brought:
        if message["method"] == _ACKNOWLEDGED:
            _acknowledged(evidence, one, message, wanted)
        else:
            _asked_for(evidence, one, message, wanted)


def _ended(evidence: Evidence, one: Exchange) -> None:
    """Judge how the server ended a subscription, where it did: either page's way will do."""
    own = id_key(one.message["id"])
    cancelled = any(
        message["method"] == "notifications/cancelled" and id_key(params_of(message).get("requestId")) == own
        for message in one.heard
        if _is_notification(message)
    )
    if one.result is not None or cancelled:
        evidence.holds(_GRACEFULLY, True, "")
    elif one.whole_after is not None and one.whole_after > _HASTE:
        evidence.unsure(_GRACEFULLY, "the stream ended after so long that a proxy may have ended it")
    elif one.whole_after is not None:
        evidence.holds(
            _GRACEFULLY,
            False,
            "the stream of a subscription ended, with neither a result nor a cancellation",
            one,
            outcome="answered wrongly",
        )


def _acknowledged(evidence: Evidence, one: Exchange, message: dict[str, Any], wanted: dict[str, Any]) -> None:
    agreed = params_of(message).get("notifications")
    for kind, value in agreed.items() if isinstance(agreed, dict) else ():
        if kind not in _KINDS or not value:
            continue
        own = wanted.get(kind)
        extra = [one for one in value if one not in own] if isinstance(value, list) and own else []
        declared = declares(evidence.capabilities, _KINDS[kind][0])
        asked = kind in wanted and not extra
        evidence.holds(
            "subscriptions-acknowledged-subset",
            asked and declared,
            f"{kind} is acknowledged, and "
            + ("the server does not declare it" if asked else "was not asked for"),
            one,
            response=message,
            pointer=f"/params/notifications/{kind}",
            outcome="answered wrongly",
        )


def _asked_for(evidence: Evidence, one: Exchange, message: dict[str, Any], wanted: dict[str, Any]) -> None:
    kind = next(kind for kind, (_, name) in _KINDS.items() if name == message["method"])
    asked = wanted.get(kind)
    if message["method"] == _UPDATED:
        uri = params_of(message).get("uri")
        # The schema lets an update name what lies below the resource that was subscribed to.
        asked = isinstance(uri, str) and any(uri.startswith(one) for one in asked or ())
    evidence.holds(
        "subscriptions-types-asked",
        bool(asked),
        f"{message['method']} came, which this subscription did not ask for",
        one,
        response=message,
        pointer="/method",
        outcome="answered wrongly",
    )


def _is_notification(message: Any) -> bool:
    return isinstance(message, dict) and isinstance(message.get("method"), str) and "id" not in message


def _tag(message: dict[str, Any]) -> Any:
    meta = params_of(message).get("_meta")
    return meta.get(META_SUBSCRIPTION) if isinstance(meta, dict) else None


def _meant(message: dict[str, Any], tag: Any, subscriptions: list[Exchange]) -> Exchange | None:
    """The subscription that a message without its tag, or with a tag of another type, belongs to."""
    if tag is not None:
        return next((one for one in subscriptions if str(one.message["id"]) == str(tag)), None)
    return next((one for one in subscriptions if any(message is heard for heard in one.heard)), None)


PROBES = (
    Probe(
        "subscription",
        "subscribes to every kind of change, then to one",
        (
            "subscriptions-acknowledged-first",
            "subscriptions-id-tagged",
            "subscriptions-types-asked",
            "subscriptions-acknowledged-subset",
            _GRACEFULLY,
            _UNANSWERED,
        ),
        _listen,
        _judge,
        negative=False,
        apart=True,
        owed=False,
    ),
)
