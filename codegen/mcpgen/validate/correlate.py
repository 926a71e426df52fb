"""Which answer belongs to which request, the session and the judge deciding alike.

An answer is matched by its id, of the same type and value. A wrong id must not make the validator wait
in vain, so an answer that matches nothing is given to the request whose HTTP reply carried it, or to the
only request that is waiting; the judge then says that the id is wrong.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from mcpgen.validate.journal import Received, Sent


@dataclass(frozen=True, slots=True)
class Match:
    """What an answer is: to which request (its journal index, if any), and how that is known."""

    request: int | None
    kind: Literal["exact", "inferred", "repeated", "stray"]


def id_key(value: Any) -> tuple[str, Any]:
    """A key under which ids are equal when JSON says so: 1 and 1.0 are, 1 and "1" and true are not."""
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, str):
        return ("string", value)
    return ("other", repr(value))


def is_request(value: Any) -> bool:
    """Whether a message asks for an answer."""
    return isinstance(value, dict) and "method" in value and "id" in value


def is_answer(value: Any) -> bool:
    """Whether a message is meant as an answer: it has a result or an error, and no method."""
    return isinstance(value, dict) and "method" not in value and ("result" in value or "error" in value)


def wrong_id(message: dict[str, Any], request: dict[str, Any] | None) -> str:
    """What is wrong with the id of an answer, to `request` as far as that is known."""
    own = json.dumps(message["id"]) if "id" in message else "missing"
    if request is None:
        return f"the id is {own}, and no request has that id"
    return f"the id is {own}, the request's is {json.dumps(request['id'])}"


class Correlator:
    """Follows the requests of one side and gives each answer its request."""

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[str, Any]] = {}
        self._given_up: set[int] = set()
        self._answered: dict[tuple[str, Any], int] = {}

    def sent(self, index: int, entry: Sent) -> None:
        """Take note of what was sent."""
        if is_request(entry.message):
            self.waiting[index] = id_key(entry.message["id"])

    def gave_up(self, index: int) -> None:
        """Nobody waits for this answer any more: it may come late, but no other is taken for it."""
        self._given_up.add(index)

    def match(self, entry: Received, value: dict[str, Any]) -> Match:
        """The request that `value`, an answer within `entry`, belongs to; nothing is taken note of."""
        key = id_key(value.get("id"))
        # Over HTTP several may use the same id at once; the reply says whose it is.
        if entry.carrier is not None and self.waiting.get(entry.carrier) == key:
            return Match(entry.carrier, "exact")
        for index, waiting in self.waiting.items():
            if waiting == key:
                return Match(index, "exact")
        if key in self._answered:
            return Match(self._answered[key], "repeated")
        if entry.carrier in self.waiting:
            return Match(entry.carrier, "inferred")
        hoped_for = [index for index in self.waiting if index not in self._given_up]
        # Without any id it may as well answer a notification; the request's own answer may yet come.
        if entry.carrier is None and value.get("id") is not None and len(hoped_for) == 1:
            return Match(hoped_for[0], "inferred")
        return Match(None, "stray")

    def answered(self, entry: Received, value: dict[str, Any]) -> Match:
        """As `match`, and the request has its answer now."""
        match = self.match(entry, value)
        if match.request is not None and match.kind != "repeated":
            self._answered[self.waiting.pop(match.request)] = match.request
        return match
