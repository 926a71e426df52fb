"""A recorded conversation, judged without a server: from a transcript to a report.

The form is that of `mcpgen_runtime.testing`'s recorder. What a transcript does not say
is not held against anybody: a request that it leaves open may have been answered after it ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import mcpgen_types
from mcpgen.errors import UsageError
from mcpgen.schema.rules import RuleBook, load_client_rules, load_rules
from mcpgen.validate import client
from mcpgen.validate.clients.judge import judge_client
from mcpgen.validate.correlate import is_answer, is_request
from mcpgen.validate.frames import DEEPEST, depth
from mcpgen.validate.journal import (
    ERA,
    Closed,
    Ended,
    Entry,
    Finished,
    HttpReply,
    HttpRequest,
    Left,
    Paused,
    Received,
    Sent,
    Stream,
    StreamEvent,
)
from mcpgen.validate.judge import Judgement, judge
from mcpgen.validate.overhearing import may_be_several
from mcpgen.validate.report import Report, Run
from mcpgen_runtime.client.transport import Ending
from mcpgen_runtime.testing.recorder import read_transcript

#: The transports that rules are about, by the names that transcripts give them.
_TRANSPORTS = {"stdio", "http", "http+sse", "websocket", "tcp", "unix", "memory"}
_FAULTS = {"not-json", "not-utf-8", "unread"}
_SHOWN = 500


def judge_transcript(path: Path, *, revision: str | None = None) -> Report:
    """Judge what a server says in the transcript at `path`, in `revision` or the one that it shows.

    Raises `UsageError` where the file cannot be read, and where it shows no revision and none is given.
    """
    told, spoken = _read(path, revision)
    target = {"transport": told.transport, "transcript": str(path)}
    return Report(target, (told.judged(spoken, load_rules()),))


def judge_client_transcript(path: Path, *, revision: str | None = None) -> Report:
    """Judge what the client says in the transcript at `path`; raises as `judge_transcript` does."""
    told, spoken = _read(path, revision)
    judgement = told.judged_client(spoken, load_client_rules())
    run = Run(
        revision=spoken,
        era=client.era_of(spoken),
        server=_client(told.entries),
        findings=judgement.findings,
        checks=judgement.checks,
        requests=sum(isinstance(entry, Sent) and is_request(entry.message) for entry in told.entries),
        partial=True,
    )
    return Report({"transport": told.transport, "transcript": str(path)}, (run,), side="client")


def _read(path: Path, revision: str | None) -> tuple[Retold, str]:
    """The conversation in a file, and the revision that it is to be judged in."""
    try:
        with path.open(encoding="utf-8") as lines:
            transport, rows = read_transcript(lines)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", hint="check --transcript") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint="its form: docs/testing.md") from None
    if not isinstance(transport, str) or transport not in _TRANSPORTS:
        known = ", ".join(sorted(_TRANSPORTS))
        raise UsageError(
            f"{path}: transport {transport!r} is not known", hint=f"its first line has one of {known}"
        )
    told = Retold(transport)
    for position, row in enumerate(rows):
        try:
            told.take(row)
        except ValueError as error:
            # The first line is the head, and people count from 1.
            raise UsageError(
                f"{path}, line {position + 2}: this is no entry of a transcript ({error})",
                hint="docs/testing.md says what an entry is",
            ) from None
    spoken = revision or told.revision
    if spoken is None:
        raise UsageError(
            f"{path} shows no revision: neither an answer to initialize nor a protocolVersion in _meta",
            hint=f"name it: --revision {client.REVISIONS[-1]}",
        )
    if spoken not in client.REVISIONS:
        raise UsageError(
            f"{path} is of the revision {spoken!r}", hint=f"known: {', '.join(client.REVISIONS)}"
        )
    return told, spoken


class Retold:
    """A conversation, told row by row as transcripts have them, and what it comes to so far."""

    def __init__(self, transport: str) -> None:
        self.transport = transport
        self.entries: list[Entry] = []
        # A batch is one row and several messages: where the first of each row stands in the journal.
        self._places: list[int] = []
        self._initialized = False

    def take(self, row: dict[str, Any]) -> None:
        """Add what a row tells. Raises `ValueError` where it is none."""
        place = len(self.entries)
        try:
            if depth(row) > DEEPEST:
                raise ValueError(f"it is nested more than {DEEPEST} deep")
            self.entries.extend(self._entry(row, float(row.get("at", len(self._places)))))
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(repr(error)) from None
        self._places.append(place)
        if not self._initialized and any(_asks(entry, "initialize") for entry in self.entries[place:]):
            self._initialized = True
            self._mark_probes(0)
        elif self._initialized:
            self._mark_probes(place)

    @property
    def revision(self) -> str | None:
        """The revision that it shows so far."""
        return revision_of(self.entries)

    def judged(self, revision: str, book: RuleBook) -> Run:
        """What the server said so far, judged in `revision`, one of `REVISIONS`."""
        judgement = judge(
            self.entries,
            revision=revision,
            transport=self.transport,
            wire=mcpgen_types.revision(revision),
            book=book,
            declared=_declared(self.entries),
            ended_early=True,
        )
        return Run(
            revision=revision,
            era=client.era_of(revision),
            server=_server(self.entries),
            findings=judgement.findings,
            checks=judgement.checks,
            probes=judgement.probes,
            requests=sum(isinstance(entry, Sent) and is_request(entry.message) for entry in self.entries),
            partial=True,
        )

    def judged_client(self, revision: str, book: RuleBook) -> Judgement:
        """What the client said so far, judged in `revision` by the rules of `load_client_rules()`."""
        return judge_client(
            self.entries,
            revision=revision,
            transport=self.transport,
            wire=mcpgen_types.revision(revision),
            book=book,
            several=may_be_several(self.entries, self.transport),
        )

    def _mark_probes(self, first: int) -> None:
        """To an old server, the question for its era is none of its own."""
        for place, entry in enumerate(self.entries[first:], first):
            if isinstance(entry, Sent) and _asks(entry, "server/discover") and not entry.probe:
                self.entries[place] = replace(entry, probe=ERA)

    def _entry(self, row: dict[str, Any], at: float) -> Iterator[Entry]:
        match row["entry"]:
            case "sent":
                yield from _sent(row, at)
            case "received":
                yield self._received(row, at)
            case "http_request":
                yield HttpRequest(at, self._place(row), str(row["method"]), _headers(row["headers"]))
            case "http_reply":
                yield HttpReply(
                    at,
                    self._place(row),
                    int(row["status"]),
                    str(row["content_type"]),
                    bool(row["has_body"]),
                    row.get("session_id"),
                    _headers(row["headers"]) if "headers" in row else None,
                )
            case "event":
                event_id, retry = row.get("event_id"), row.get("retry")
                yield StreamEvent(
                    at,
                    self._place(row),
                    "get" if row["channel"] == "get" else "post",
                    str(row["kind"]),
                    None if event_id is None else str(event_id),
                    None if retry is None else int(retry),
                    bool(row["empty"]),
                )
            case "finished":
                yield Finished(at, self._place(row), str(row["reason"]), None, _ending(row.get("ending")))
            case "paused":
                retry = row.get("retry")
                pause = None if retry is None else int(retry)
                yield Paused(at, str(row["event_id"]), pause, self._place(row))
            case "left":
                yield Left(at, row.get("signal"))
            case "closed":
                yield Closed(at, str(row["reason"]))
            case "ended":
                yield Ended(at, row.get("signal"), float(row["waited"]))
            case other:
                raise ValueError(f"there is no entry {other!r}")

    def _received(self, row: dict[str, Any], at: float) -> Received:
        stream: Stream = "stdout" if self.transport == "stdio" else row.get("channel", "channel")
        carrier, status = self._place(row), row.get("status")
        if "message" in row:
            text = json.dumps(row["message"], ensure_ascii=False)[:_SHOWN]
            return Received(at, text, row["message"], None, "", stream, carrier, status)
        fault = row["fault"]
        if fault not in _FAULTS:
            raise ValueError(f"there is no fault {fault!r}")
        detail = str(row.get("detail", fault))
        return Received(at, str(row["text"])[:_SHOWN], None, fault, detail, stream, carrier, status)

    def _place(self, row: dict[str, Any]) -> int | None:
        carrier = row.get("carrier")
        return None if carrier is None else self._places[carrier]


def _ending(told: Any) -> Ending | None:
    for ending in get_args(Ending):
        if told == ending:
            return ending  # type: ignore[no-any-return]
    if told is not None:
        raise ValueError(f"there is no ending {told!r}")
    return None


def _headers(headers: dict[str, Any]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _sent(row: dict[str, Any], at: float) -> Iterator[Sent]:
    if "message" not in row:
        fault = row["fault"]
        if fault not in {*_FAULTS, "not-object"}:
            raise ValueError(f"there is no fault {fault!r}")
        yield Sent(at, {}, str(row.get("probe", "")), str(row["text"])[:_SHOWN], fault)
        return
    batched = isinstance(row["message"], list)
    messages = row["message"] if batched else [row["message"]]
    for message in messages:
        if not isinstance(message, dict):
            raise ValueError("what was sent is no object")
        yield Sent(at, message, str(row.get("probe", "")), batched=batched)


def _asks(entry: Entry, method: str) -> bool:
    return isinstance(entry, Sent) and entry.message.get("method") == method


def revision_of(entries: list[Entry]) -> str | None:
    """The revision that a conversation agreed on: the last that it shows, None where it shows none."""
    found = None
    for message in _answers(entries, "initialize"):
        version = message.get("result", {}).get("protocolVersion")
        found = version if isinstance(version, str) else found
    if found is not None:
        return found
    # The question for the era shows what its sender hopes for; only a discovery shows that it is so.
    discovered = any(True for _ in _answers(entries, "server/discover"))
    for entry in entries:
        if isinstance(entry, Sent) and (discovered or not _asks(entry, "server/discover")):
            version = _meta(entry.message).get(client.META_VERSION)
            found = version if isinstance(version, str) else found
    return found


def _answers(entries: list[Entry], method: str) -> Iterator[dict[str, Any]]:
    """The answers to the requests of a method that have a result."""
    ids = [
        entry.message.get("id")
        for entry in entries
        if isinstance(entry, Sent) and entry.message.get("method") == method
    ]
    for entry in entries:
        if isinstance(entry, Received):
            for message in entry.value if isinstance(entry.value, list) else [entry.value]:
                if (
                    is_answer(message)
                    and message.get("id") in ids
                    and isinstance(message.get("result"), dict)
                ):
                    yield message


def _declared(entries: list[Entry]) -> dict[str, Any]:
    """What the client declared, as it said last."""
    declared: Any = {}
    for entry in entries:
        if isinstance(entry, Sent):
            if entry.message.get("method") == "initialize":
                params = entry.message.get("params")
                declared = params.get("capabilities") if isinstance(params, dict) else declared
            declared = _meta(entry.message).get(client.META_CAPABILITIES, declared)
    return declared if isinstance(declared, dict) else {}


def _server(entries: list[Entry]) -> dict[str, Any]:
    for message in _answers(entries, "initialize"):
        server = message["result"].get("serverInfo")
        if isinstance(server, dict):
            return server
    for entry in entries:
        if isinstance(entry, Received) and isinstance(entry.value, dict):
            result = entry.value.get("result")
            meta = result.get("_meta") if isinstance(result, dict) else None
            server = meta.get(client.META_SERVER) if isinstance(meta, dict) else None
            if isinstance(server, dict):
                return server
    return {}


def _client(entries: list[Entry]) -> dict[str, Any]:
    """Who the client says that it is."""
    for entry in entries:
        if isinstance(entry, Sent):
            params = entry.message.get("params")
            told = _meta(entry.message).get(client.META_CLIENT)
            if _asks(entry, "initialize") and isinstance(params, dict):
                told = params.get("clientInfo")
            if isinstance(told, dict):
                return told
    return {}


def _meta(message: dict[str, Any]) -> dict[str, Any]:
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta if isinstance(meta, dict) else {}
