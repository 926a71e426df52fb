"""The requests of a client and the answers that they got, as far as a session reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcpgen.validate.correlate import Correlator, id_key
from mcpgen.validate.journal import Received, Sent


@dataclass(slots=True)
class Exchange:
    """A request of the client; `done` once it has its answer."""

    message: dict[str, Any]
    done: bool = False


class Exchanges:
    """Which requests there were, and which of them wait."""

    def __init__(self) -> None:
        self._correlator = Correlator()
        self._by_index: dict[int, Exchange] = {}
        self._by_id: dict[tuple[str, Any], Exchange] = {}
        self._ever: set[tuple[str, Any]] = set()

    def opened(self) -> None:
        """A session begins: ids of before it are free again."""
        self._by_id.clear()

    def asked(self, index: int, entry: Sent) -> None:
        """The request at `index` was sent."""
        exchange = Exchange(entry.message)
        self._by_index[index] = exchange
        self._by_id[id_key(entry.message["id"])] = exchange
        self._ever.add(id_key(entry.message["id"]))
        self._correlator.sent(index, entry)

    def answered(self, entry: Received, message: dict[str, Any]) -> Exchange | None:
        """The request that `message` answers for the first time, by its id; None where it answers none."""
        match = self._correlator.match(entry, message)
        if match.request is None or match.kind != "exact":
            return None
        self._correlator.answered(entry, message)
        exchange = self._by_index[match.request]
        exchange.done = True
        return exchange

    def over(self, index: int | None) -> None:
        """The HTTP reply to the request at `index` is over: nobody waits any longer."""
        if index in self._by_index:
            self._by_index[index].done = True

    def known(self, number: Any) -> bool:
        """Whether a request of this session has that id."""
        return id_key(number) in self._by_id

    def ever(self, number: Any) -> bool:
        """Whether a request of this session, or of one before, had that id."""
        return id_key(number) in self._ever

    def waits(self, number: Any) -> bool:
        """Whether a request with that id has no answer yet."""
        exchange = self._by_id.get(id_key(number))
        return exchange is not None and not exchange.done

    def waiting(self) -> list[dict[str, Any]]:
        """The requests that have no answer yet."""
        return [each.message for each in self._by_index.values() if not each.done]
