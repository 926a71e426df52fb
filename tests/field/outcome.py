"""What is kept of a server's reports, and the table that the field report shows of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .servers import HERE, Server

RESULTS = HERE / "results.json"
DOCUMENT = HERE.parents[1] / "docs/field-report.md"
_BEGIN, _END = "<!-- table: written by `just field` -->", "<!-- end of the table -->"
_PLACES = 2


def kept(reports: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of each way's report: what was judged, how much was put to the test, and every broken rule once."""
    ways = []
    for way, report in reports.items():
        runs = [run for run in report.get("runs", []) if run["verdict"] != "skipped"]
        broken: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for finding in report["findings"]:
            broken.setdefault((finding["rule"], finding["verdict"]), []).append(finding)
        ways.append(
            {
                "way": way,
                "revisions": [run["revision"] for run in runs],
                "tested": len({check["rule"] for check in report["checks"] if check["verdict"] != "skipped"}),
                "error": report.get("error", {}).get("message"),
                "findings": [
                    {
                        "rule": rule,
                        "verdict": verdict,
                        "revisions": sorted({each["revision"] for each in findings}),
                        "places": list(dict.fromkeys(map(_place, findings)))[:_PLACES],
                    }
                    for (rule, verdict), findings in sorted(broken.items())
                ],
            }
        )
    return ways


def table(results: Sequence[Mapping[str, Any]], servers: Sequence[Server]) -> list[str]:
    """The lines of the table: a server each, with what it breaks."""
    lines = [
        "| server | package | version | language, SDK | ways | revisions | rules tested | broken |",
        "|---|---|---|---|---|---|--:|---|",
    ]
    of = {server.name: server for server in servers}
    for row in results:
        server = of[row["name"]]
        ways = row["ways"]
        revisions = sorted({each for way in ways for each in way["revisions"]})
        rules = sorted({(each["rule"], each["verdict"]) for way in ways for each in way["findings"]})
        told = [
            f"[`{rule}`](#{rule}){'' if verdict == 'violation' else ' (SHOULD)'}" for rule, verdict in rules
        ]
        cells = [
            server.name,
            f"`{server.package}` ({server.registry})",
            server.version,
            f"{server.language}, {server.sdk}",
            ", ".join(way["way"] for way in ways),
            _span(revisions),
            str(max(way["tested"] for way in ways)),
            ", ".join(told) or "none",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def with_table(text: str, lines: Sequence[str]) -> str:
    """The document with its table replaced. Raises `ValueError` where it has no place for one."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"the document has no {_BEGIN} … {_END}")
    return "\n".join([before + begin, "", *lines, "", end + after])


def read_results(path: Path = RESULTS) -> list[dict[str, Any]]:
    """What the last run kept."""
    results: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["servers"]
    return results


def _place(finding: Mapping[str, Any]) -> str:
    where = " ".join(filter(None, (finding["method"], finding["pointer"])))
    return f"{where}: {finding['message']}"[:200]


def _span(revisions: Sequence[str]) -> str:
    known = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
    if len(revisions) < 3:
        return ", ".join(revisions)
    first, last = known.index(revisions[0]), known.index(revisions[-1])
    if list(revisions) == known[first : last + 1]:
        return "all five" if len(revisions) == len(known) else f"{revisions[0]} to {revisions[-1]}"
    return ", ".join(revisions)
