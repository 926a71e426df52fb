"""SARIF 2.1.0, the form in which code scanning takes findings.

A server is no file: what a finding is about stands in its logical location, method and JSON Pointer. Code
scanning asks for a file as well, and gets the one that the user names as the server's, or the address.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import quote

import mcpgen
from mcpgen.schema.rules import Rule, RuleBook
from mcpgen.validate.formats.words import found, where
from mcpgen.validate.numbers import finite
from mcpgen.validate.quoting import page_url
from mcpgen.validate.report import Finding, Report

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {"MUST": "error", "SHOULD": "warning"}
_NUMBERS = re.compile(r"/\d+(?=/|$)")


def sarif(report: Report, book: RuleBook) -> str:
    """The report as a log of one run."""
    named = list(dict.fromkeys((check.rule, check.revision) for check in report.checks))
    rules = [book.rule(*each) for each in named]
    positions = {each: position for position, each in enumerate(named)}
    invocation: dict[str, Any] = {
        "executionSuccessful": report.failure is None,
        "exitCode": report.exit_code,
    }
    told = [f"stale in the baseline: {entry}" for entry in report.stale]
    if report.failure is not None:
        told.append(
            "\n".join((report.failure.message, *report.failure.stderr, f"hint: {report.failure.hint}"))
        )
    if told:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": text}} for text in told
        ]
    run = {
        "tool": {
            "driver": {
                "name": "mcpgen",
                "semanticVersion": mcpgen.__version__,
                "informationUri": "https://modelcontextprotocol.io/specification",
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [invocation],
        "results": [
            _result(finding, report, positions[finding.rule, finding.revision]) for finding in report.findings
        ],
        "columnKind": "unicodeCodePoints",
    }
    if report.probes:
        run["properties"] = {
            "probes": [
                {
                    "name": probe.probe,
                    "revision": probe.revision,
                    "outcome": probe.outcome,
                    "reason": probe.reason,
                    "rules": [_id(rule, probe.revision) for rule in probe.rules],
                }
                for probe in report.probes
            ]
        }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [finite(run)]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": _id(rule.id, rule.revision),
        "name": rule.id,
        "shortDescription": {"text": rule.statement},
        "helpUri": page_url(rule.spec),
        "help": {"text": f"{rule.statement}\n\n{page_url(rule.spec)}"},
        "defaultConfiguration": {"level": _LEVEL[rule.level]},
        "properties": {"level": rule.level, "revision": rule.revision, "tags": ["mcp", rule.revision]},
    }


def _result(finding: Finding, report: Report, position: int) -> dict[str, Any]:
    logical = {"fullyQualifiedName": f"{finding.method or 'connection'}{finding.pointer}", "kind": "member"}
    result = {
        "ruleId": _id(finding.rule, finding.revision),
        "ruleIndex": position,
        "level": "error" if finding.verdict == "violation" else "warning",
        "message": {"text": f"{where(finding)}{finding.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _artifact(report)},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [logical],
            }
        ],
        "partialFingerprints": {"mcpgenFinding/v1": _fingerprint(finding)},
        "properties": {"detail": found(finding)},
    }
    if finding.known:
        result["suppressions"] = [{"kind": "external", "justification": "in the baseline"}]
    return result


def _id(rule: str, revision: str) -> str:
    return f"{rule}/{revision}"


def _artifact(report: Report) -> str:
    """A relative address that is the same on every machine: what is judged, as a name."""
    for key in ("component", "path"):
        if key in report.target:
            return quote(str(report.target[key]).split(" ")[0].replace("\\", "/").rsplit("/", 1)[-1])
    return f"mcp-{report.side}/{report.target['transport']}"


def _fingerprint(finding: Finding) -> str:
    """The same for the same fault at another place of a list, and in another run."""
    place = _NUMBERS.sub("/*", finding.pointer)
    text = "\n".join((finding.rule, finding.revision, finding.method or "", place))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
