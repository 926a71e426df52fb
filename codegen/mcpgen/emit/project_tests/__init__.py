"""The tests of a server project that nobody has to write: of its definition, and of the protocol's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcpgen.emit.templates import render
from mcpgen.samples import edge_cases, invalid_cases, valid_cases

_LISTS = ("tools", "resources", "resourceTemplates", "prompts")
# How many calls that are to be refused a project's tests make in all, and for one tool at least.
_REFUSALS = 2_000
# How many calls at the edges of their schemas.
_EDGES = 600


def emit_project_tests(definition: Mapping[str, Any]) -> dict[str, str]:
    """The module `test_definition.py` for a definition that was found valid: its JSON as a whole.

    It needs pytest and mcpgen_runtime, and of the project two fixtures, `server` and `samples`.
    """
    tools = definition.get("tools", [])
    each, edges = max(1, _REFUSALS // max(1, len(tools))), _EDGES // max(1, len(tools))
    accepted = [
        (tool["name"], case.label, case.value)
        for tool in tools
        for case in (*valid_cases(tool["inputSchema"]), *edge_cases(tool["inputSchema"])[:edges])
    ]
    refused = [
        (tool["name"], case.label, case.value)
        for tool in tools
        for case in invalid_cases(tool["inputSchema"])[:each]
    ]
    prompts = [
        (
            prompt["name"],
            {argument["name"]: "example" for argument in prompt.get("arguments", ())},
            [argument["name"] for argument in prompt.get("arguments", ()) if argument.get("required")],
        )
        for prompt in definition.get("prompts", [])
    ]
    text = render(
        "project_tests",
        "test_definition.py",
        definition=repr({key: definition.get(key, []) for key in _LISTS}),
        accepted=repr(accepted) if accepted else "",
        refused=repr(refused) if refused else "",
        prompts=repr(prompts) if prompts else "",
        has_tools=bool(tools),
        has_resources=bool(definition.get("resources")),
        has_schemas=any("outputSchema" in tool for tool in tools),
    )
    return {"test_definition.py": text}


def emit_conformance_tests(
    rules: Mapping[str, Mapping[str, Sequence[str]]], *, project: str, definition: str, sha256: str
) -> dict[str, str]:
    """The module `test_conformance.py`, which holds the project's server to `rules`: ids by revision, area.

    `project` is the way from the module's directory to that of mcpgen.toml, `definition` the one from there
    to the definition, whose bytes have the digest `sha256`. It needs pytest and mcpgen, and no fixture.
    """
    text = render(
        "project_tests",
        "test_conformance.py",
        project=repr(project),
        definition=repr(definition),
        sha256=repr(sha256),
        rules=repr({revision: dict(areas) for revision, areas in rules.items()}),
    )
    return {"test_conformance.py": text}


def emit_regressions(*, project: str) -> dict[str, str]:
    """The module `test_regressions.py`, which replays what was kept in `tests/regressions` of the project.

    `project` is as in `emit_conformance_tests`. It needs pytest and mcpgen, and no fixture.
    """
    return {"test_regressions.py": render("project_tests", "test_regressions.py", project=repr(project))}
