"""A session as a file, in the form of transcripts: written with what failed in it, read back as a script.

What is more in it than a transcript has: in the head `revision`, `failure` and `declared`; in a `sent` entry
`claim`, `waits`, `headers` and `slow`, where they are not what they mostly are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen.atomic import write_file_atomically
from mcpgen.errors import UsageError
from mcpgen.fuzz.conversation import Spoken
from mcpgen.fuzz.failures import KINDS, Failure
from mcpgen.fuzz.script import CLAIMS, Line, Refers, Script
from mcpgen.validate import client
from mcpgen.validate.correlate import id_key, is_answer
from mcpgen.validate.journal import Closed, Ended, Entry, Finished, HttpReply, Received, Sent
from mcpgen_runtime.testing.recorder import FORMAT, read_transcript

_FAILURE = ("rule", "method", "subject", "message", "cause")


@dataclass(frozen=True, slots=True)
class Record:
    """What a file holds. `failure` is None in a transcript that somebody else recorded."""

    script: Script
    failure: Failure | None
    transport: str | None


def rows(spoken: Spoken, failure: Failure | None) -> list[dict[str, Any]]:
    """The lines of the file, the head first. Without times: the same session gives the same lines."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "transport": spoken.transport,
        "revision": spoken.script.revision,
        "declared": dict(spoken.script.declared),
    }
    if failure is not None:
        head["failure"] = {key: getattr(failure, key) for key in ("kind", *_FAILURE)}
    numbers = {place: number for number, place in spoken.places.items()}
    written: list[dict[str, Any]] = []
    renumbered: dict[int, int] = {}
    for index, entry in enumerate(spoken.entries):
        row = _row(entry, renumbered)
        if row is None:
            continue
        if index in numbers:
            row |= _marks(spoken.lines[numbers[index]])
        renumbered[index] = len(written)
        written.append(row)
    return [head, *written]


def write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Write a file of `rows`. Raises `OSError`."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_file_atomically(path, text)


def read(path: Path) -> Record:
    """Read a file of `rows`, or any transcript. Raises `UsageError`."""
    try:
        text = path.read_text(encoding="utf-8")
        transport, entries = read_transcript(
            text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
        )
        head = json.loads(text.split("\n", 1)[0])
        return _Reader(head, entries).record(transport)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}",
            hint="name a transcript, such as fuzz --keep and tap --record write",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{path} cannot be replayed: {error}", hint="what it may hold: docs/fuzz.md, docs/testing.md"
        ) from None


def _marks(line: Line) -> dict[str, Any]:
    marks: dict[str, Any] = {}
    if line.claim != "valid":
        marks["claim"] = line.claim
    if line.asks and not line.waits:
        marks["waits"] = False
    if line.headers:
        marks["headers"] = dict(line.headers)
    if line.slow:
        marks["slow"] = True
    return marks


def _row(entry: Entry, places: dict[int, int]) -> dict[str, Any] | None:
    match entry:
        case Sent(fault=str() as fault, text=text):
            return {"entry": "sent", "text": text, "fault": fault}
        case Sent(message=message):
            return {"entry": "sent", "message": message}
        case Received():
            row: dict[str, Any] = {"entry": "received"}
            row |= (
                {"message": entry.value}
                if entry.fault is None
                else {"text": entry.text, "fault": entry.fault}
            )
            if entry.stream in ("post", "get"):
                row["channel"] = entry.stream
            carrier = None if entry.carrier is None else places.get(entry.carrier)
            given = {"carrier": carrier, "status": entry.status}
            return row | {key: value for key, value in given.items() if value is not None}
        case HttpReply():
            row = {"entry": "http_reply", "status": entry.status, "content_type": entry.content_type}
            row["has_body"] = entry.has_body
            return row if entry.carrier is None else {**row, "carrier": places.get(entry.carrier)}
        case Finished(carrier=carrier, reason=reason):
            return {
                "entry": "finished",
                "carrier": None if carrier is None else places.get(carrier),
                "reason": reason,
            }
        case Closed(reason=reason):
            return {"entry": "closed", "reason": reason}
        case Ended(signal=signal):
            return {"entry": "ended", "signal": signal, "waited": 0.0}
        case _:
            return None


class _Reader:
    def __init__(self, head: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        self._head = head
        self._rows = rows
        #: What the server gave out, which another run of it may give out differently.
        self._cursors: set[str] = set()
        self._states: set[str] = set()
        self._asked: dict[tuple[str, Any], str] = {}

    def record(self, transport: str | None) -> Record:
        lines: list[Line] = []
        replies: dict[str, list[dict[str, Any]]] = {}
        for position, row in enumerate(self._rows):
            if row["entry"] == "sent" and isinstance(row.get("text"), str):
                lines.append(Line({}, "broken", waits=False, text=row["text"]))
            message = row.get("message")
            for each in message if isinstance(message, list) else [message]:
                if not isinstance(each, dict):
                    continue
                if row["entry"] == "received":
                    self._learn(each)
                elif row["entry"] == "sent" and is_answer(each) and "method" not in each:
                    method = self._asked.get(id_key(each.get("id")), "")
                    replies.setdefault(method, []).append(each)
                elif row["entry"] == "sent" and not _is_fence(each):
                    lines.append(self._line(row, each, position))
        script = Script(
            self._revision(lines),
            self._declared(lines),
            tuple(lines),
            {method: tuple(each) for method, each in replies.items()},
        )
        return Record(script, self._failure(), transport)

    def _learn(self, message: dict[str, Any]) -> None:
        result = message.get("result")
        if "method" in message and "id" in message:
            self._asked[id_key(message["id"])] = str(message["method"])
        if isinstance(result, dict):
            for key, known in (("nextCursor", self._cursors), ("requestState", self._states)):
                if isinstance(result.get(key), str):
                    known.add(result[key])

    def _line(self, row: dict[str, Any], message: dict[str, Any], position: int) -> Line:
        claim = row.get("claim", "valid" if "failure" in self._head else "odd")
        if claim not in CLAIMS:
            raise ValueError(f"there is no claim {claim!r}")
        params = message.get("params")
        refers: Refers = ""
        if isinstance(params, dict) and params.get("cursor") in self._cursors:
            refers = "page"
        elif isinstance(params, dict) and params.get("requestState") in self._states:
            refers = "resume"
        headers = row.get("headers", {})
        waits = row.get("waits", "failure" in self._head or self._awaited(message, position))
        return Line(message, claim, bool(waits), dict(headers), refers, row.get("slow") is True)

    def _awaited(self, message: dict[str, Any], position: int) -> bool:
        """Whether its answer came before the client said anything more."""
        for row in self._rows[position + 1 :]:
            if row["entry"] == "sent":
                return False
            answer: Any = row.get("message")
            if is_answer(answer) and id_key(answer.get("id")) == id_key(message.get("id")):
                return True
        return False

    def _revision(self, lines: list[Line]) -> str:
        said = self._head.get("revision")
        if said is None:
            for line in lines:
                params = line.message.get("params")
                params = params if isinstance(params, dict) else {}
                if line.method == "initialize":
                    said = self._agreed(line) or params.get("protocolVersion")
                    break
                meta = params.get("_meta")
                # To an old server, too, a client may have put the question for its era first.
                if isinstance(meta, dict) and client.META_VERSION in meta:
                    said = meta[client.META_VERSION]
        if said not in client.REVISIONS:
            raise ValueError(f"it shows no revision that is known: {said!r}")
        return str(said)

    def _agreed(self, line: Line) -> Any:
        for row in self._rows:
            answer: Any = row.get("message")
            if row["entry"] == "received" and is_answer(answer) and answer.get("id") == line.message["id"]:
                result = answer.get("result")
                return result.get("protocolVersion") if isinstance(result, dict) else None
        return None

    def _declared(self, lines: list[Line]) -> dict[str, Any]:
        declared: Any = self._head.get("declared")
        for line in lines if declared is None else ():
            params = line.message.get("params")
            params = params if isinstance(params, dict) else {}
            meta = params.get("_meta")
            found = params.get("capabilities") if line.method == "initialize" else None
            found = meta.get(client.META_CAPABILITIES, found) if isinstance(meta, dict) else found
            declared = found if isinstance(found, dict) else declared
        return declared if isinstance(declared, dict) else {}

    def _failure(self) -> Failure | None:
        said = self._head.get("failure")
        if said is None:
            return None
        if said["kind"] not in KINDS:
            raise ValueError(f"there is no failure {said['kind']!r}")
        rule, method, subject, message, cause = (str(said.get(key, "")) for key in _FAILURE)
        return Failure(said["kind"], rule, method, subject, message, cause)


def _is_fence(message: dict[str, Any]) -> bool:
    """Whether it only asked if the server lives: whoever replays asks that for themselves."""
    return str(message.get("id")).startswith("alive-")
