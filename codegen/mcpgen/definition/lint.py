"""Everything that is wrong with a definition, each with its place in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from mcpgen.definition.features import feature_remarks
from mcpgen.definition.loading import Definition, objects
from mcpgen.definition.python_names import name_remarks, property_remarks
from mcpgen.definition.rules import RULES, Remark, Severity
from mcpgen.definition.schemas import header_remarks, schema_remarks
from mcpgen.definition.shape import shape_remarks
from mcpgen.errors import InvalidDefinition

_MOST_SHOWN = 5
_SCHEMAS = ("inputSchema", "outputSchema")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, which rule says so, what, why it matters, and how to mend it.

    `line` and `column` count from 1, `pointer` is the JSON Pointer to the same place.
    """

    file: str
    line: int
    column: int
    severity: Severity
    rule: str
    pointer: str
    what: str
    why: str
    hint: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.what} [{self.rule}]"


def lint(definition: Definition) -> list[Finding]:
    """Every finding, in the order of the file. Nothing is fetched, whatever the definition refers to."""
    told: dict[str, Remark] = {}
    several: list[Remark] = []
    for remark in _remarks(definition):
        # A place that is wrong in one way is often wrong in another too: the more telling way comes first.
        if RULES[remark.rule].severity == "warning":
            several.append(remark)
        else:
            told.setdefault(remark.pointer, remark)
    several = [remark for remark in several if remark.pointer not in told]
    findings = [_finding(definition, remark) for remark in (*told.values(), *several)]
    return sorted(
        findings, key=lambda finding: (finding.line, finding.column, finding.severity, finding.rule)
    )


def require_valid(definition: Definition) -> None:
    """Raise `InvalidDefinition` where `lint` finds an error: no server can be made of it then."""
    findings = lint(definition)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        places = {error.pointer for error in errors}
        # A key that is unknown beside one that is missing is most often that key, misspelt.
        told = [
            each for each in findings if each.severity == "error" or each.pointer.rpartition("/")[0] in places
        ]
        shown = [f"{each}\n  hint: {each.hint}" for each in told[:_MOST_SHOWN]]
        more = [f"and {len(told) - _MOST_SHOWN} more"] if len(told) > _MOST_SHOWN else []
        raise InvalidDefinition(
            "\n".join([f"{definition.path} is no definition of a server:", *shown, *more]),
            hint=f"mcpgen schema lint {definition.path} says why",
        )


def _remarks(definition: Definition) -> Iterator[Remark]:
    """All remarks; of those on one place the more telling first."""
    yield from feature_remarks(definition)
    yield from name_remarks(definition)
    known: dict[tuple[str, str], tuple[Remark, ...]] = {}
    for pointer, tool in objects(definition.value, "tools"):
        for key in _SCHEMAS:
            if key in tool:
                # In large definitions many tools take or give the same.
                schema = key, json.dumps(tool[key])
                if schema not in known:
                    headers = header_remarks(tool[key], output=key == "outputSchema")
                    known[schema] = (*headers, *schema_remarks(tool[key]), *property_remarks(tool[key]))
                for remark in known[schema]:
                    yield remark._replace(pointer=f"{pointer}/{key}{remark.pointer}")
    yield from shape_remarks(definition.value)


def _finding(definition: Definition, remark: Remark) -> Finding:
    line, column = definition.place(remark.pointer, key=remark.key)
    rule = RULES[remark.rule]
    return Finding(
        file=str(definition.path),
        line=line,
        column=column,
        severity=rule.severity,
        rule=remark.rule,
        pointer=remark.pointer,
        what=remark.what,
        why=rule.why,
        hint=remark.hint,
    )
