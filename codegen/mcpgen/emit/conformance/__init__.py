"""The package `mcpgen_conformance`: a test for each rule and each method, for any server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcpgen.emit.templates import render

_AS_THEY_ARE = (
    "__init__.py",
    "plugin.py",
    "outcome.py",
    "conftest.py",
    "test_conversation.py",
    "test_rules.py",
    "test_methods.py",
)


def emit_conformance(
    rules: Mapping[str, tuple[str, Sequence[str], Sequence[str]]],
    methods: Mapping[str, Mapping[str, str | None]],
    revisions: Sequence[str],
) -> dict[str, str]:
    """The files of the package. It needs pytest and mcpgen.

    `rules` has for each id its area, its transports and its revisions; `methods` for each request of a client
    the revisions that know it, each with the capability of servers that answer it.
    """
    lines = [_rule(rule, revisions, *where) for rule, where in sorted(rules.items())]
    areas = sorted({area for area, _, _ in rules.values()})
    text = render(
        "conformance",
        "table.py",
        revisions=repr(tuple(revisions)),
        areas=repr(tuple(areas)),
        rules="".join(lines),
        methods="".join(_method(*method, revisions) for method in methods.items()),
    )
    files = {name: render("conformance", name) for name in _AS_THEY_ARE}
    return {**files, "table.py": text, "py.typed": ""}


def _rule(
    rule: str, revisions: Sequence[str], area: str, transports: Sequence[str], known: Sequence[str]
) -> str:
    return f"    {rule!r}: Rule({area!r}, {tuple(transports)!r}, {_span(known, revisions)}),\n"


def _method(method: str, capabilities: Mapping[str, str | None], revisions: Sequence[str]) -> str:
    asked = set(capabilities.values())
    if len(asked) > 1:
        return f"    {method!r}: {dict(capabilities)!r},\n"
    return f"    {method!r}: dict.fromkeys({_span(list(capabilities), revisions)}, {asked.pop()!r}),\n"


def _span(known: Sequence[str], revisions: Sequence[str]) -> str:
    """Revisions as a slice of all of them where they are neighbours, as they mostly are; else one by one."""
    first, last = revisions.index(known[0]), revisions.index(known[-1])
    if list(revisions[first : last + 1]) != list(known):
        return repr(tuple(known))
    if len(known) == len(revisions):
        return "REVISIONS"
    return f"REVISIONS[{first or ''}:{last + 1 if last + 1 < len(revisions) else ''}]"
