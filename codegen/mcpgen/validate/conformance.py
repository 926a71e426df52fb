"""What generated conformance tests stand on: one conversation for each revision, one verdict for each rule.

`mcpgen regen` writes the package `mcpgen_conformance`, and `test_conformance.py` of a server project, against
these functions and nothing else of the validator. They know no pytest: that package says what a verdict is to
a test.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from mcpgen.atomic import claim, sibling
from mcpgen.schema.rules import RuleBook, load_rules
from mcpgen.validate import client
from mcpgen.validate.asked import Asked
from mcpgen.validate.failures import INTERRUPTED
from mcpgen.validate.quoting import page_url, quoted, quoted_request
from mcpgen.validate.report import Finding, Run, Verdict
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target
from mcpgen.validate.terminal import harmless

# Of one rule's findings so many are told; `mcpgen validate --format json` has more.
_TOLD = 5
# How often a server may be started for one conversation: it died of the question for its era, it is older.
_STARTS = 3


def converse(command: Sequence[str], *, cwd: Path, revision: str, shared: Path | None = None) -> Run:
    """Start `command` in `cwd` and speak to it in `revision` over stdio: see `conversation`."""
    return conversation(
        Target(command=tuple(command), cwd=cwd), Options(probes=True), revision, shared=shared
    )


def conversation(target: Target, options: Options, revision: str, *, shared: Path | None = None) -> Run:
    """Speak to a server in `revision`, or with `auto` in what it speaks, as a client, and judge what it says.

    Of several processes that name the same directory `shared`, the first has the conversation and the others
    read what came of it; they wait meanwhile. Whatever the server does is in what is returned, see
    `ended_early`. Raises `KeyboardInterrupt` after Ctrl-C, once the server is ended.
    """

    def have() -> Run:
        asking = replace(options, revision=None if revision == "auto" else revision)
        report = asyncio.run(validate(target, asking, announce=lambda _: None))
        (run,) = report.runs
        if run.failure is not None and run.failure.code == INTERRUPTED:
            raise KeyboardInterrupt
        return run

    if shared is None:
        return have()
    return _first_has_it(shared / f"{revision}.run", have, patience=_STARTS * options.deadline + 60)


def _first_has_it(place: Path, have: Callable[[], Run], *, patience: float) -> Run:
    with claim(place, patience=patience):
        if not place.exists():
            new = sibling(place, "new")
            new.write_bytes(pickle.dumps(have()))
            new.replace(place)
        # Written by a process of the same test run, in a directory that nobody else may write to.
        run: Run = pickle.loads(place.read_bytes())
        return run


def ended_early(run: Run) -> str | None:
    """Why a conversation was not had to its end: error, the server's last lines, hint; None if it was."""
    if run.failure is None:
        return None
    lines = [
        run.failure.message,
        *(f"  | {line}" for line in run.failure.stderr),
        f"hint: {run.failure.hint}",
    ]
    return "\n".join(harmless(line) for line in lines)


def verdict_on(run: Run, rule: str, *, expected: bool = True) -> tuple[Verdict, str]:
    """The verdict on the rule with the id `rule`, and why.

    Of a violation or a warning: the rule, and for each finding the request, the place in the answer and what
    stands there. A rule that was not put to the test is skipped, and never passed; one that this mcpgen does
    not have is a violation: of the tests, which were written by another. Where it is not `expected` that the
    rule holds in the revision and over the transport of `run`, it is enough that mcpgen has it at all.
    """
    check = next((check for check in run.checks if check.rule == rule), None)
    if check is None and not run.judged:
        return "skipped", run.skipped or "the conversation ended before anything could be judged"
    if check is None and (expected or rule not in _book().ids):
        return (
            "violation",
            f"this mcpgen has no rule {rule!r} for a server of {run.revision}: run `mcpgen regen`",
        )
    if check is None:
        return "skipped", f"the rule is none of {run.revision}, or none of this transport"
    findings = [finding for finding in run.findings if finding.rule == rule]
    if not findings:
        return check.verdict, check.reason
    statement = _book().rule(rule, run.revision).statement
    lines = [f"{statement} ({check.level}; {check.reason})"]
    lines += dict.fromkeys(page_url(finding.spec) for finding in findings)
    return check.verdict, _worded(lines, findings)


def verdict_on_method(run: Run, method: str, capabilities: Mapping[str, str | None]) -> tuple[Verdict, str]:
    """The verdict on what became of the requests `method`, and why.

    `capabilities` has the revisions that know the method, each with what a server declares that answers it.
    A method is skipped where the server does not declare it, and where it was never answered with a result;
    it takes the gravest of what was found in its answers.
    """
    if not run.judged:
        return "skipped", run.skipped or "the conversation ended before anything could be judged"
    if run.revision not in capabilities:
        return "skipped", f"{run.revision} has no {method}"
    capability = capabilities[run.revision]
    if capability is not None and not client.declares(run.capabilities, capability):
        return "skipped", f"the server does not declare {capability}"
    asked = run.asked.get(method, Asked())
    findings = [finding for finding in run.findings if finding.method == method]
    counted = f"asked {_times(asked.times)}: results {asked.results}, errors {asked.errors}"
    if findings:
        broken = any(finding.verdict == "violation" for finding in findings)
        rules = ", ".join(dict.fromkeys(finding.rule for finding in findings))
        return "violation" if broken else "warning", _worded(
            [f"{method} breaks {rules} ({counted})"], findings
        )
    if not asked.times:
        return "skipped", f"nothing in this run asked for {method}"
    if not asked.results:
        return "skipped", f"never answered with a result ({counted})"
    return "pass", counted


def properties_of(run: Run, rule: str) -> dict[str, str]:
    """What a report says of a rule beside its verdict: id, revision, level, page with section, statement."""
    try:
        found = _book().rule(rule, run.revision)
    except KeyError:
        return {"rule": rule, "revision": run.revision}
    return {
        "rule": rule,
        "revision": run.revision,
        "level": found.level,
        "spec": page_url(found.spec),
        "section": found.section,
        "statement": found.statement,
    }


def rules_beyond(known: Mapping[str, object]) -> tuple[str, ...]:
    """The rules that this mcpgen has and that are not among those `known`, sorted."""
    return tuple(sorted(_book().ids - set(known)))


@cache
def _book() -> RuleBook:
    return load_rules()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _worded(lines: list[str], findings: Sequence[Finding]) -> str:
    for finding in findings[:_TOLD]:
        lines += _told(finding)
    if len(findings) > _TOLD:
        lines.append(f"- and {len(findings) - _TOLD} more")
    return "\n".join(harmless(line) for line in lines)


def _told(finding: Finding) -> list[str]:
    where = " ".join(part for part in (finding.method, finding.pointer) if part)
    lines = [f"- {where}: {finding.message}" if where else f"- {finding.message}"]
    if finding.request is not None:
        lines.append(f"    request  {quoted_request(finding.request)}")
    if finding.response is not None:
        lines.append(f"    sent     {quoted(finding.response, finding.pointer)}")
    return lines
