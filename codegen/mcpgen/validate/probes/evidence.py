"""What a probe's exchanges say, and where its judge writes that down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcpgen.validate.client import era_of
from mcpgen.validate.journal import Fetched
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import ALIVE, WORST, Probe
from mcpgen.validate.report import Outcome, ProbeVerdict

_SHOWN = 80


class Evidence:
    """The exchanges of one probe that were `answered` (over HTTP also: refused with a 4xx), and the ledger.

    `exchanges` are all of them, `ordinary` those of the conversation that no probe is part of,
    `capabilities` what the server declared, and `fetched` the documents that the probe got, of all the
    `documents` that some probe did.
    """

    def __init__(
        self,
        probe: Probe,
        own: Sequence[Exchange],
        ordinary: Sequence[Exchange],
        ledger: Ledger,
        *,
        revision: str,
        transport: str,
        capabilities: dict[str, Any],
        others: Mapping[str, Sequence[Exchange]] | None = None,
        fetched: Sequence[Fetched] = (),
        documents: Sequence[Fetched] = (),
    ) -> None:
        self.probe = probe
        self.exchanges = own
        self.ordinary = ordinary
        self.revision = revision
        self.transport = transport
        self.modern = era_of(revision) == "modern"
        self.capabilities = capabilities
        self.fetched = fetched
        self.documents = documents
        self.answered: list[Exchange] = []
        self._ledger = ledger
        self._others = others or {}
        self._outcomes: list[tuple[Outcome, str]] = []
        for position, exchange in enumerate(own):
            if exchange.step != ALIVE:
                self._sort(exchange, own[position + 1 : position + 2])

    def step(self, name: str) -> list[Exchange]:
        """The answered exchanges of a step."""
        return [exchange for exchange in self.answered if exchange.step == name]

    def of(self, probe: str) -> Sequence[Exchange]:
        """The exchanges of another probe."""
        return self._others.get(probe, ())

    def holds(
        self,
        rule: str,
        ok: bool,
        message: str,
        exchange: Exchange | None = None,
        *,
        pointer: str = "",
        outcome: Outcome | None = None,
        response: Any = None,
        page: str | None = None,
        warns: bool = False,
    ) -> bool:
        """Record that a rule was put to the test by `exchange`; return `ok`.

        `outcome` is what a breach makes of the probe; otherwise nothing but the ledger knows of it. `warns`
        makes a warning of what the rule's level calls a violation.
        """
        about = About()
        if exchange is not None:
            asked: Any = exchange.message or exchange.sent.text or exchange.sent.verb
            about = About(exchange.method or None, asked, response or exchange.answer)
        self._ledger.holds(
            rule, ok, message, about, pointer=pointer, page=page, verdict="warning" if warns else None
        )
        if outcome is not None and not ok:
            self._outcomes.append((outcome, message))
        return ok

    def unsure(self, rule: str, reason: str) -> None:
        """Record that a rule could not be decided, and why."""
        self._ledger.undecided(rule, reason)

    def right(self, outcome: Outcome = "rejected rightly", reason: str = "") -> None:
        """Record that the server did what it should."""
        self._outcomes.append((outcome, reason))

    def refused(
        self,
        exchange: Exchange,
        rule: str,
        codes: Sequence[int],
        *,
        accepts: Callable[[dict[str, Any]], bool] | None = None,
        by_http: bool = True,
    ) -> None:
        """Hold a rule that wants the request refused with one of `codes`; with any, where there are none.

        A result that `accepts` says yes to passes as well, and so does a status of HTTP that refuses it,
        unless `by_http` is not to do.
        """
        if exchange.refused_by_http:
            if by_http and not codes:
                self.holds(rule, True, "")
            else:
                self.unsure(rule, f"HTTP status {exchange.status} refused it, with nothing of JSON-RPC")
            self.right()
            return
        wanted = " or ".join(map(str, codes))
        if exchange.error is not None:
            right = not codes or exchange.code in codes
            self.holds(
                rule,
                right,
                f"{self.probe.asks}: refused with {_told(exchange)}, not {wanted}",
                exchange,
                pointer="/error/code",
                outcome="rejected otherwise",
            )
            if right:
                self.right(reason=_told(exchange))
            return
        result = exchange.result
        if accepts is not None and result is not None and accepts(result):
            self.holds(rule, True, "")
            self.right(reason="a result that says so")
            return
        due = f", {wanted} was due" if codes else ""
        is_error = result is not None and result.get("isError") is True
        self.holds(
            rule,
            False,
            f"{self.probe.asks}: answered with a result" + (" that has isError" if is_error else "") + due,
            exchange,
            pointer="/result/isError" if is_error else "/result",
            outcome="rejected otherwise" if is_error else "accepted wrongly",
        )

    def verdict(self, left_out: str | None = None) -> ProbeVerdict:
        """What is to be said of the probe: its worst step; where none decides it, why it was `left_out`."""
        told = sorted(self._outcomes, key=lambda one: WORST.index(one[0]))
        outcome, reason = told[0] if told else ("skipped", left_out or "nothing decided it")
        return ProbeVerdict(
            self.probe.name, self.probe.asks, outcome, reason, self.probe.rules, self.revision
        )

    def _sort(self, exchange: Exchange, following: Sequence[Exchange]) -> None:
        """Keep what can be judged; of what cannot, because the server fell silent or over, say that."""
        check = following[0] if following and following[0].step == ALIVE else None
        gone = exchange.crashed
        if not gone and check is not None and exchange.answer is None and check.answer is None:
            gone = check.crashed or "it answers nothing else either"
        if exchange.lost and self.probe.drops:
            self.answered.append(exchange)
            return
        if exchange.unauthorized and self.probe.authorizes:
            self.answered.append(exchange)
            return
        if exchange.limited or (check is not None and check.limited):
            status = exchange.status if exchange.limited else check.status if check is not None else None
            gone = f"HTTP status {status}: the server limits who asks, or how often"
            self._outcomes.append(("skipped", gone))
        elif self.probe.by_status and exchange.status is not None:
            self.answered.append(exchange)
            return
        elif gone:
            what = f"{self.probe.asks}: {gone}"
            # A reply of HTTP that says nothing is an answer missing, and the server may well be there.
            there = check is not None and check.answer is not None
            rule = self.probe.rules[0] if there and not exchange.is_request else self.probe.crash
            self._ledger.holds(rule, False, what, self._about(exchange))
            self._outcomes.append(("crashed", gone))
        elif self._owed(exchange):
            gone = exchange.over or "no answer came while it was waited for, and others did"
            if exchange.over:
                # An HTTP reply that is over brings nothing more.
                what = f"{self.probe.asks}: {gone}"
                self._ledger.holds("jsonrpc-request-answered", False, what, self._about(exchange))
            else:
                # Probes are waited for less long than the user allows.
                self._ledger.undecided("jsonrpc-request-answered", f"{self.probe.name}: {gone}")
            self._outcomes.append(("unanswered", gone))
        else:
            self.answered.append(exchange)
            return
        for rule in self.probe.rules:
            self._ledger.undecided(rule, f"{self.probe.name}: {gone}")

    def _owed(self, exchange: Exchange) -> bool:
        """Whether an answer is owed and missing."""
        missing = exchange.answer is None and exchange.is_request and not exchange.refused_by_http
        return missing and self.probe.owed

    def _about(self, exchange: Exchange) -> About:
        return About(exchange.method or None, exchange.message or exchange.sent.text or exchange.sent.verb)


def refusal(rule: str, *codes: int, by_http: bool = True) -> Callable[[Evidence], None]:
    """The judge of a probe each of whose requests is to be refused with one of `codes`."""

    def judge(evidence: Evidence) -> None:
        for exchange in evidence.answered:
            evidence.refused(exchange, rule, codes, by_http=by_http)

    return judge


def _told(exchange: Exchange) -> str:
    error = exchange.error or {}
    return f"error {str(error.get('code'))[:_SHOWN]}"
