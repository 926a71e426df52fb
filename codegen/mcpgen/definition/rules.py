"""What can be wrong with a definition: every rule, how bad a breach of it is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

_LONGEST = 60

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """An error is what no server can be made of; a warning is what its author will hardly have meant."""

    severity: Severity
    why: str


RULES: Mapping[str, Rule] = {
    "wrong-shape": Rule("error", "The protocol has another type there, or needs a key that is missing."),
    "unknown-key": Rule("error", "A definition has no such key: what is under it would be lost."),
    "extension-key": Rule(
        "warning", "The protocol has no such key there, so clients look past it: is it misspelt?"
    ),
    "duplicate-name": Rule("error", "A client asks by the name, and could mean either."),
    "duplicate-uri": Rule("error", "A client asks by the URI, and could mean either."),
    "duplicate-argument": Rule("error", "Arguments come by name, so only one could ever be filled in."),
    "tool-name": Rule("error", "A tool's name is 1 to 128 of A-Z, a-z, 0-9, underscore, hyphen and dot."),
    "empty-name": Rule("error", "What has no name can be neither asked for nor told apart."),
    "tool-description": Rule("warning", "A model chooses tools by what they are said to do."),
    "argument-description": Rule("warning", "The person who fills it in is shown nothing but its name."),
    "unused-argument": Rule(
        "warning",
        "Nothing says what it is for, or even that it is there: not the prompt's description either.",
    ),
    "resource-uri": Rule("error", "A resource is read by its URI: a scheme, a colon, the rest."),
    "uri-template": Rule("error", "It is no URI template (RFC 6570), so no URI can match it."),
    "fixed-template": Rule("warning", "A template without variables is the template of one URI: a resource."),
    "invalid-schema": Rule("error", "It is no JSON Schema 2020-12, or one that cannot be enforced."),
    "misspelt-keyword": Rule("warning", "Unknown keywords are looked past, so it asks nothing of any value."),
    "default-mismatch": Rule("warning", "Whoever leaves the default in would be refused."),
    "other-dialect": Rule(
        "warning", "Definitions are in 2020-12. Draft-07 is enforced too, but not every client knows it."
    ),
    "remote-ref": Rule(
        "error", "A schema is whole: nothing is ever fetched, neither here nor where it runs."
    ),
    "dangling-ref": Rule("error", "What the reference leads to is not there."),
    "impossible-property": Rule("error", "It must be there and may not be, so no object can fit."),
    "missing-property": Rule("warning", "Nothing says what it holds, so any value will do: is it misspelt?"),
    "empty-range": Rule("error", "The bounds leave nothing between them."),
    "costly-pattern": Rule(
        "warning", "A string made for it keeps the whole server busy for ever, and no timeout ends that."
    ),
    "endless-schema": Rule(
        "error", "Whether a value fits could never be told: the schema asks itself about it again."
    ),
    "endless-value": Rule("error", "No value that ends can fit: each must have another like it inside."),
    "unreachable-definition": Rule("warning", "Nothing refers to it, so it says nothing about any value."),
    "mirrored-header": Rule(
        "error", "Over HTTP clients leave such a tool out: a header mirrors one plain argument."
    ),
    "name-collision": Rule(
        "warning", "In Python both would have the same name, so one of them gets a number."
    ),
    "python-keyword": Rule("warning", "In Python it is a reserved word, so it gets an underscore."),
}


class Remark(NamedTuple):
    """What a rule has to say. With `key`, the key at `pointer` is meant and not its value."""

    rule: str
    pointer: str
    what: str
    hint: str
    key: bool = False


def shown(value: object) -> str:
    """`value` in quotes, and not too long for a line."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
