"""The forms in which a report can be written."""

from __future__ import annotations

import io
import json

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.report import Report

#: What a file's name ends in, and the form that it has then.
SUFFIXES = {
    ".txt": "text",
    ".json": "json",
    ".xml": "junit",
    ".sarif": "sarif",
    ".md": "markdown",
    ".html": "html",
}


def written(report: Report, book: RuleBook, form: str) -> str:
    """The report as the text of a file: `form` is text, json, junit, sarif, github, markdown or html."""
    match form:
        case "text":
            from mcpgen.validate.terminal import console_for, show, show_failure

            buffer = io.StringIO()
            show(report, book, console_for(buffer))
            if report.failure is not None:
                show_failure(report.failure, console_for(buffer))
            return buffer.getvalue()
        case "json":
            return json.dumps(report.to_json(), indent=2, allow_nan=False) + "\n"
        case "junit":
            from mcpgen.validate.formats.junit import junit

            return junit(report, book)
        case "sarif":
            from mcpgen.validate.formats.sarif import sarif

            return sarif(report, book)
        case "github":
            from mcpgen.validate.formats.github import github

            return github(report, book)
        case "markdown":
            from mcpgen.validate.formats.markdown import markdown

            return markdown(report, book)
        case "html":
            from mcpgen.validate.formats.page import page

            return page(report, book)
    raise ValueError(f"there is no form {form!r}")
