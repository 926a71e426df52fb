"""The rules of the specification, read from `schema/rules/*.toml`; those on clients from its `client/`.

A rule is data; what tests it is code in the judge. A judge may only name rules that exist here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from mcpgen.paths import schema_directory

Level: TypeAlias = Literal["MUST", "SHOULD"]
Side: TypeAlias = Literal["server", "client"]


#: What a run must have for a rule to be tested, by the words in which rules say so.
NEEDS: Mapping[str, str] = {
    "authorization": "the server wants an access token: it refuses with 401, or is opened with --bearer-env",
    "batch": "a batch is sent (2025-03-26)",
    "cancellable": "a subscription is cancelled, but for HTTP (2026-07-28), or a tool that asks something of"
    " the client (--call-tools)",
    "capability:any-list": "the server declares at least one of tools, resources, prompts",
    "capability:completions": "the server declares completions",
    "capability:logging": "the server declares logging",
    "capability:prompts": "the server declares prompts",
    "capability:resources": "the server declares resources",
    "capability:tools": "the server declares tools",
    "changing-list": "a list changes, by itself or when a tool is called (--call-tools)",
    "client-tasks": "the client takes tasks (--client-tasks), and the server cancels one",
    "client-request": "the server asks the client for something",
    "capability:tasks": "the server declares tasks",
    "capability:tasks.cancel": "the server declares tasks.cancel",
    "capability:tasks.list": "the server declares tasks.list",
    "capability:tasks.requests.tools.call": "the server declares tasks for tool calls",
    "capability:resources.subscribe": "the server declares resources.subscribe",
    "elicit-url": "the client declares elicitation by URL (--elicit-url)",
    "error": "an error was answered",
    "other-user": "a token of another user's is given (--other-bearer-env)",
    "foreign-token": "a token of another server's is given (--foreign-bearer-env)",
    "event-ids": "the events of the server's streams have ids",
    "get-stream": "GET opened a stream",
    "http-session": "initialize brought a session id",
    "input-required": "a tool, prompt or resource asks for input",
    "item:completable": "there is a prompt argument or a template variable to complete",
    "item:file-resource": "a resource or template has the scheme file:",
    "item:prompt": "there is a prompt",
    "item:readable": "there is a resource, a prompt without arguments or a tool that may be called",
    "item:resource": "there is a resource",
    "item:task-tool": "a tool runs as a task (execution.taskSupport)",
    "item:tool": "there is a tool",
    "listen": "a subscription is opened",
    "log": "the server sends log messages",
    "loopback": "the server is at an address of this machine",
    "malformed-probe": "something is sent that is no message, last and in a conversation of its own",
    "mirrored-parameter": "a tool has x-mcp-header in its inputSchema",
    "modern-only": "the server speaks 2026-07-28 and nothing older",
    "negative-probe": "something wrong is sent (not with --no-probes)",
    "occasion": "the server does it by itself: nothing in a run can make it do so",
    "output-schema": "a tool has an outputSchema",
    "pages": "a list has more than one page",
    "progress": "the server reports progress",
    "request-state": "its demand for input carries a requestState",
    "sampling-tools": "the client declares tools in sampling (--sampling-tools)",
    "second-connection": "a second connection is made, over stdio a second process (not with --no-probes)",
    "token": "the server is opened with an access token (--bearer-env)",
    "sse": "a request is answered with an event stream",
    "tool-call": "tools may be called (--call-tools)",
}

#: The same for the rules on clients: what a client, and whoever drives it, must do.
CLIENT_NEEDS: Mapping[str, str] = {
    "declares:elicitation": "the client declares elicitation",
    "declares:roots": "the client declares roots",
    "declares:sampling": "the client declares sampling",
    "get-stream": "the client opens a stream with GET",
    "http-session": "the server gave a session id",
    "input-required": "the client calls what asks for input, and retries",
    "occasion": "the client does it by itself: no server can make it do so",
    "pages": "the client asks for further pages of a list",
    "reports": "whoever drives the client reports what it made of the results",
    "scene:strange-version": "the client is played the scene strange-version",
    "server-request": "the server asks the client for something",
    "tool-call": "the client calls the tools that it is offered",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it stands in one revision.

    `spec` is revision and page: `2025-11-25 server/tools`, `section` the heading there, empty for the top of
    the page. `needs` are words of `NEEDS`, all of which a run must have for the rule to be tested. `area` is
    the name of the file that it stands in, `side` who it binds; those on clients have their needs from
    `CLIENT_NEEDS`.
    """

    id: str
    level: Level
    revision: str
    transports: frozenset[str]
    spec: str
    section: str
    needs: tuple[str, ...]
    statement: str
    area: str
    side: Side = "server"


class RuleBook:
    """Every rule of every revision."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules: dict[tuple[str, str], Rule] = {}
        self.ids = frozenset(rule.id for rule in rules)
        for rule in rules:
            key = (rule.id, rule.revision)
            if key in self._rules:
                raise ValueError(f"rule {rule.id} is defined twice for {rule.revision}")
            self._rules[key] = rule

    def of(self, revision: str, transport: str) -> tuple[Rule, ...]:
        """The rules that apply to a revision over a transport, in the order of the files."""
        return tuple(
            rule
            for rule in self._rules.values()
            if rule.revision == revision and (transport in rule.transports or "any" in rule.transports)
        )

    def rule(self, rule_id: str, revision: str) -> Rule:
        """One rule as it stands in a revision. Raises `KeyError`."""
        return self._rules[rule_id, revision]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())


def load_rules(directory: Path | None = None) -> RuleBook:
    """The rules in a directory of TOML files, by default those that come with mcpgen."""
    return _bundled() if directory is None else _read(directory)


@cache
def _bundled() -> RuleBook:
    return _read(schema_directory() / "rules")


def _read(folder: Path) -> RuleBook:
    rules: list[Rule] = []
    for file in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["rule"]:
            rules += _rules_of(row, file.stem)
    return RuleBook(rules)


def load_client_rules() -> RuleBook:
    """The rules that bind clients. `load_rules` has none of them: no server is held to them."""
    return load_rules(schema_directory() / "rules" / "client")


def _rules_of(row: dict[str, Any], area: str) -> Iterator[Rule]:
    for revision in row["revisions"]:
        yield Rule(
            id=row["id"],
            level=cast(Level, in_revision(row["level"], revision)),
            revision=revision,
            transports=frozenset(row["transports"]),
            spec=f"{revision} {in_revision(row['spec'], revision)}",
            section=in_revision(row["section"], revision),
            needs=tuple(row["needs"]),
            statement=row["statement"],
            area=area,
            side=cast(Side, row.get("side", "server")),
        )


def in_revision(value: Any, revision: str) -> str:
    """A value that is the same in every revision, or a table with a `default` and exceptions."""
    if isinstance(value, dict):
        return str(value.get(revision, value["default"]))
    return str(value)
