"""Holds contenders against the oracle, value by value, and counts where they part."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .contenders import Contender, Rejected
from .corpus import PLAIN, VALID, Sample
from .json_values import fingerprint, resolves, same
from .oracle import Oracle


class Failure(Enum):
    """In what way a contender is not exact."""

    FALSE_ACCEPT = "false accept"
    FALSE_REJECT = "false reject"
    LOSSY = "lossy round trip"
    RAISED = "other exception"
    BAD_FAULT = "rejected without a fault that points into the value"
    INPUT_CHANGED = "changed its input"
    BAD_OBJECT = "repr, equality, copy or pickle of the object"


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure, with all that is needed to look into it."""

    contender: str
    failure: Failure
    sample: Sample
    detail: str

    def __str__(self) -> str:
        shown = repr(self.sample.value)
        return (
            f"{self.contender}: {self.failure.value}: {self.sample.definition} ({self.sample.kind}): "
            f"{shown[:600]}{'…' if len(shown) > 600 else ''}{' — ' if self.detail else ''}{self.detail[:300]}"
        )


@dataclass(slots=True)
class Tally:
    """What came of one contender: how many values it was asked about, and the failures among them.

    `plain` values are valid and without unknown keys, `plain_lossy` those of them that came back another.
    """

    values: int = 0
    valid: int = 0
    plain: int = 0
    plain_lossy: int = 0
    failures: Counter[Failure] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count `finding`, and keep it if it is among the first of its definition and failure."""
        self.failures[finding.failure] += 1
        self.plain_lossy += finding.failure is Failure.LOSSY and finding.sample.kind == PLAIN
        alike = sum(
            known.failure is finding.failure and known.sample.definition == finding.sample.definition
            for known in self.findings
        )
        if alike < 2:
            self.findings.append(finding)


@dataclass(slots=True)
class Verdict:
    """The outcome of one revision."""

    instances: int = 0
    mutants: Counter[str] = field(default_factory=Counter)
    rejected_by_schema: int = 0
    cross_checked: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)


class CorpusFault(AssertionError):
    """The corpus or the oracle is wrong, so nothing can be said about any contender."""


def judge(
    samples: Iterable[Sample],
    oracle: Oracle,
    contenders: Sequence[Contender],
    *,
    cross_check_every: int = 40,
    inspect_every: int = 25,
) -> Verdict:
    """Ask every contender about every sample.

    One sample in `cross_check_every` is also put to the second oracle, and of one accepted object in
    `inspect_every` the Python side (repr, equality, copy, pickle) is tried. Raises `CorpusFault` if an
    instance is none, or if the oracles disagree.
    """
    verdict = Verdict(tallies={contender.name: Tally() for contender in contenders})
    for number, sample in enumerate(samples):
        valid = oracle.accepts(sample.definition, sample.value)
        if sample.kind in VALID:
            verdict.instances += 1
            if not valid:
                raise CorpusFault(f"no valid {sample.definition} was made: {sample.value!r}")
        else:
            verdict.mutants[sample.kind] += 1
        verdict.rejected_by_schema += not valid
        if number % cross_check_every == 0:
            verdict.cross_checked += 1
            if oracle.second_opinion(sample.definition, sample.value) is not valid:
                raise CorpusFault(f"the oracles disagree about {sample.definition}: {sample.value!r}")
        for contender in contenders:
            if contender.covers(sample.definition):
                tally = verdict.tallies[contender.name]
                tally.values += 1
                tally.valid += valid
                tally.plain += sample.kind == PLAIN
                inspect = number % inspect_every == 0
                for failure, detail in _failures(contender, sample, valid, inspect=inspect):
                    tally.add(Finding(contender.name, failure, sample, detail))
    return verdict


def _failures(
    contender: Contender, sample: Sample, valid: bool, *, inspect: bool
) -> list[tuple[Failure, str]]:
    """How `contender` fails at `sample`, which the schema says is `valid` or not."""
    value = sample.value
    before = fingerprint(value)
    failures: list[tuple[Failure, str]] = []
    try:
        decoded = contender.decode(sample.definition, value)
    except Rejected as rejected:
        if valid:
            failures.append((Failure.FALSE_REJECT, "; ".join(map(str, rejected.faults or ()))))
        elif rejected.faults is not None and (detail := _bad_faults(rejected, value)):
            failures.append((Failure.BAD_FAULT, detail))
    except Exception as error:
        failures.append((Failure.RAISED, f"decoding: {error!r}"))
    else:
        if not valid:
            failures.append((Failure.FALSE_ACCEPT, ""))
        else:
            failures += _round_trip(contender, sample, decoded)
            if inspect and not failures:
                failures += _object(contender, sample, decoded)
    if fingerprint(value) != before:
        failures.append((Failure.INPUT_CHANGED, ""))
    return failures


def _round_trip(contender: Contender, sample: Sample, decoded: Any) -> list[tuple[Failure, str]]:
    try:
        encoded = contender.encode(sample.definition, decoded)
    except Exception as error:
        return [(Failure.RAISED, f"encoding: {error!r}")]
    if same(encoded, sample.value):
        return []
    return [(Failure.LOSSY, f"came back as {encoded!r}")]


def _object(contender: Contender, sample: Sample, decoded: Any) -> list[tuple[Failure, str]]:
    """Whether the decoded object behaves as a value: shown, compared, copied and pickled."""
    try:
        repr(decoded)
        for what, twin in (
            ("decoded again", contender.decode(sample.definition, sample.value)),
            ("copy", copy.copy(decoded)),
            ("deepcopy", copy.deepcopy(decoded)),
            ("pickle", pickle.loads(pickle.dumps(decoded))),
        ):
            if not same(contender.encode(sample.definition, twin), sample.value):
                return [(Failure.BAD_OBJECT, f"{what} has another content")]
            # NaN differs from itself, in an object as anywhere.
            if twin != decoded and "nan" not in repr(decoded):
                return [(Failure.BAD_OBJECT, f"{what} is not equal")]
    except Exception as error:
        return [(Failure.BAD_OBJECT, repr(error))]
    return []


def _bad_faults(rejected: Rejected, value: Any) -> str:
    if not rejected.faults:
        return "no fault is named"
    for fault in rejected.faults:
        if not resolves(fault.pointer, value):
            return f"{fault.pointer!r} leads nowhere"
        if not (fault.expected and fault.found and fault.definition):
            return f"a fault without a word: {fault!r}"
    return ""
