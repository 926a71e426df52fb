"""What is said of a fleet in each form: that of every server, and which server it is of."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.fleet.report import Fleet
from mcpgen.validate.fleet.table import HEAD, row_of, show_fleet
from mcpgen.validate.formats import written
from mcpgen.validate.report import Report
from mcpgen.validate.terminal import harmless

_TOTALS = ("tests", "failures", "errors", "skipped")
_TITLE = re.compile(r"^(::\w+ title=)", re.MULTILINE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@])")
_HEADING = re.compile(r"^(?=#{2,3} )", re.MULTILINE)


def written_fleet(fleet: Fleet, book: RuleBook, form: str) -> str:
    """The fleet as the text of a file: `form` is text, json, junit, sarif, github, markdown or html."""
    match form:
        case "text":
            from mcpgen.validate.terminal import console_for

            buffer = io.StringIO()
            show_fleet(fleet, book, console_for(buffer))
            return buffer.getvalue()
        case "json":
            return json.dumps(fleet.to_json(), indent=2, allow_nan=False) + "\n"
        case "junit":
            return _junit(fleet, book)
        case "sarif":
            return _sarif(fleet, book)
        case "github":
            return "".join(_annotations(name, report, book) for name, report in fleet.reports)
        case "markdown":
            return _markdown(fleet, book)
        case "html":
            from mcpgen.validate.formats.page import page_of_several

            return page_of_several(fleet.reports, book)
    raise ValueError(f"there is no form {form!r}")


def _junit(fleet: Fleet, book: RuleBook) -> str:
    """A suite for each run of each server."""
    root = ET.Element("testsuites", name="mcpgen validate")
    totals = dict.fromkeys(_TOTALS, 0)
    for name, report in fleet.reports:
        told = harmless(name)
        suites = ET.fromstring(written(report, book, "junit"))
        for total in totals:
            totals[total] += int(suites.get(total, "0"))
        for suite in suites:
            suite.set("name", f"{told}: {suite.get('name', '')}")
            for case in suite.iter("testcase"):
                case.set("classname", f"{told}.{case.get('classname', '')}")
            root.append(suite)
    for total, number in totals.items():
        root.set(total, str(number))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _sarif(fleet: Fleet, book: RuleBook) -> str:
    """A run for each server, told apart by its automation details."""
    document: dict[str, object] = {}
    runs = []
    for name, report in fleet.reports:
        document = json.loads(written(report, book, "sarif"))
        for run in document.pop("runs"):  # type: ignore[attr-defined]
            run["automationDetails"] = {"id": f"mcpgen/{name}/"}
            for result in run["results"]:
                for location in result["locations"]:
                    artifact = location["physicalLocation"]["artifactLocation"]
                    artifact["uri"] = f"mcp-server/{_path_of(name)}"
            runs.append(run)
    return json.dumps({**document, "runs": runs}, indent=2) + "\n"


def _path_of(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "server"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _annotations(name: str, report: Report, book: RuleBook) -> str:
    told = re.sub(r"[^\w .@/-]", "_", name)[:80]
    return _TITLE.sub(lambda found: f"{found[1]}{told}%3A ", written(report, book, "github"))


def _markdown(fleet: Fleet, book: RuleBook) -> str:
    """A table of the servers, and below it what there is to say of each."""
    holds = "❌" if fleet.exit_code else "✅"
    count = len(fleet.servers)
    lines = [f"## {holds} {count} server{'' if count == 1 else 's'}", ""]
    lines += [f"| {' | '.join(HEAD)} |", "|---|---|---|---|--:|--:|--:|"]
    lines += [f"| {' | '.join(map(_plain, row_of(server)))} |" for server in fleet.servers]
    for name, report in fleet.reports:
        lines += ["", f'<a id="{_path_of(name)}"></a>', "", f"## {_plain(harmless(name))}", ""]
        lines.append(_HEADING.sub("#", written(report, book, "markdown")))
    return "\n".join(lines) + "\n"
