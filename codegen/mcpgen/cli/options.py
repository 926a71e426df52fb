"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How a command prints its answer."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """How `mcpgen validate` writes its report."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    MARKDOWN = "markdown"
    HTML = "html"


class FailOn(StrEnum):
    """Which broken rules end `mcpgen validate` with 1."""

    MUST = "must"
    SHOULD = "should"
