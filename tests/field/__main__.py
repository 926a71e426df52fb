"""`just field [NAME…]`: install the pinned servers, judge each over what it speaks, write the report's table.

It takes the network to install and about ten minutes to judge, and is no part of CI. What it finds is kept in
results.json; an error of ours, or a finding that docs/field-report.md has no section for, ends it with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .installing import install
from .judging import judge
from .outcome import DOCUMENT, RESULTS, kept, read_results, table, with_table
from .servers import HERE, Server, Way, listed


def main() -> int:
    parser = argparse.ArgumentParser(prog="just field", description="Judge the servers of the field report.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; the others keep their results")
    parser.add_argument(
        "--installed", type=Path, default=HERE / ".installed", help="where they are installed"
    )
    parser.add_argument("--reports", type=Path, help="keep the JSON reports in this directory")
    parser.add_argument("--parallel", type=int, default=2, metavar="N", help="judge so many at a time")
    parser.add_argument("--dry", action="store_true", help="write neither results nor table")
    given = parser.parse_args()
    servers = listed()
    unknown = set(given.names) - {server.name for server in servers}
    if unknown:
        parser.error(f"servers.toml lists no {', '.join(sorted(unknown))}")
    chosen = tuple(server for server in servers if not given.names or server.name in given.names)
    home = given.installed.resolve()
    install(chosen, home)
    failed = False

    def one(job: tuple[Server, Way]) -> dict[str, Any] | None:
        server, way = job
        try:
            with tempfile.TemporaryDirectory(prefix="field-", ignore_cleanup_errors=True) as box:
                report = judge(server, way, home, Path(box).resolve())
        except RuntimeError as error:
            print(f"{server.name} over {way.way}: {error}", file=sys.stderr)
            return None
        if given.reports is not None:
            given.reports.mkdir(parents=True, exist_ok=True)
            (given.reports / f"{server.name}-{way.way}.json").write_text(json.dumps(report, indent=1))
        broken = sorted({f"{each['rule']} ({each['revision']})" for each in report["findings"]})
        told = report.get("error", {}).get("message") or ", ".join(broken) or "no findings"
        print(f"{server.name} over {way.way}: {told}", file=sys.stderr)
        return report

    jobs = [(server, way) for server in chosen for way in server.ways]
    with ThreadPoolExecutor(given.parallel) as pool:
        reports = dict(
            zip(((server.name, way.way) for server, way in jobs), pool.map(one, jobs), strict=True)
        )
    before = {row["name"]: row for row in read_results()} if RESULTS.is_file() else {}
    results = []
    for server in servers:
        if server in chosen:
            found = {way.way: reports[server.name, way.way] for way in server.ways}
            failed |= None in found.values()
            complete = {way: report for way, report in found.items() if report is not None}
            results.append({"name": server.name, "ways": kept(complete)})
        elif server.name in before:
            results.append(before[server.name])
    if not given.dry:
        RESULTS.write_text(
            json.dumps({"servers": results}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        text = with_table(DOCUMENT.read_text(encoding="utf-8"), table(results, servers))
        DOCUMENT.write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
