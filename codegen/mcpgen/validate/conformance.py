"""What generated conformance tests stand on: one conversation for each revision, one verdict for each rule.

`mcpgen regen` writes `test_conformance.py` of a server project against these three functions and nothing else
of the validator. They know no pytest: the module says what a verdict is to a test.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from mcpgen.schema.rules import load_rules
from mcpgen.validate.failures import INTERRUPTED
from mcpgen.validate.quoting import page_url, quoted, quoted_request
from mcpgen.validate.report import Finding, Run, Verdict
from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target
from mcpgen.validate.terminal import harmless

# Of one rule's findings so many are told; `mcpgen validate --format json` has more.
_TOLD = 5


def converse(command: Sequence[str], *, cwd: Path, revision: str) -> Run:
    """Start `command` in `cwd`, speak to it in `revision` as a client over stdio, and judge what it says.

    No tool is called. Whatever the server does is in what is returned, see `ended_early`. Raises
    `KeyboardInterrupt` after Ctrl-C, once the server is ended.
    """
    target = Target(command=tuple(command), cwd=cwd)
    report = asyncio.run(validate(target, Options(revision=revision), announce=lambda _: None))
    (run,) = report.runs
    if run.failure is not None and run.failure.code == INTERRUPTED:
        raise KeyboardInterrupt
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


def verdict_on(run: Run, rule: str) -> tuple[Verdict, str]:
    """The verdict on the rule with the id `rule`, and why.

    Of a violation or a warning: the rule, and for each finding the request, the place in the answer and what
    stands there. A rule that was not put to the test is skipped, and never passed; one that this mcpgen does
    not have is a violation: of the tests, which were written by another.
    """
    check = next((check for check in run.checks if check.rule == rule), None)
    if check is None and run.failure is not None:
        return "skipped", "the conversation ended before anything could be judged"
    if check is None:
        return (
            "violation",
            f"this mcpgen has no rule {rule!r} for a server of {run.revision}: run `mcpgen regen`",
        )
    findings = [finding for finding in run.findings if finding.rule == rule]
    if not findings:
        return check.verdict, check.reason
    statement = next(one.statement for one in load_rules() if (one.id, one.revision) == (rule, run.revision))
    lines = [f"{statement} ({check.level}; {check.reason})"]
    lines += dict.fromkeys(page_url(finding.spec) for finding in findings)
    for finding in findings[:_TOLD]:
        lines += _told(finding)
    return check.verdict, "\n".join(harmless(line) for line in lines)


def _told(finding: Finding) -> list[str]:
    where = " ".join(part for part in (finding.method, finding.pointer) if part)
    lines = [f"- {where}: {finding.message}" if where else f"- {finding.message}"]
    if finding.request is not None:
        lines.append(f"    request  {quoted_request(finding.request)}")
    if finding.response is not None:
        lines.append(f"    sent     {quoted(finding.response, finding.pointer)}")
    return lines
