"""What changed between two definitions of one server, and which of it breaks its clients.

The table below is all there is to it. What a schema's change does is told by `schema_changes`: arguments
that are refused from now on break who calls, results that were never given before break who reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mcpgen_runtime.testing.schema_changes import same, schema_differences

Definition: TypeAlias = Mapping[str, Any]
Verdict: TypeAlias = Literal["breaking", "cannot tell", "compatible"]

#: What each kind of change does to clients that know the old definition.
RULES: Mapping[str, Verdict] = {
    # Features: tools, resources, resource templates, prompts.
    "feature-removed": "breaking",
    "feature-added": "compatible",
    # Arguments of tools, as their input schemas accept them.
    "input-narrower": "breaking",
    "input-gone": "breaking",
    "input-wider": "compatible",
    "input-added": "compatible",
    "input-unclear": "cannot tell",
    # Structured results of tools, as their output schemas promise them.
    "output-wider": "breaking",
    "output-narrower": "compatible",
    "output-added": "compatible",
    "output-gone": "breaking",
    "output-unclear": "cannot tell",
    "output-promised": "compatible",
    "output-not-promised": "breaking",
    # Arguments of prompts.
    "argument-removed": "breaking",
    "argument-required": "breaking",
    "argument-optional": "compatible",
    "argument-added": "compatible",
    # Hints of tools, upon which hosts decide whether to ask their user.
    "hint-riskier": "breaking",
    "hint-safer": "compatible",
    # What people and models read.
    "words": "compatible",
    # Everything else, such as a MIME type, the server's name or a member of `_meta`.
    "other": "cannot tell",
}
_ORDER: tuple[Verdict, ...] = ("breaking", "cannot tell", "compatible")

#: Each list of a definition: what an entry is called, and the member that tells it from the others.
_LISTS = {
    "tools": ("tool", "name"),
    "resources": ("resource", "uri"),
    "resourceTemplates": ("resource template", "uriTemplate"),
    "prompts": ("prompt", "name"),
}
_WORDS = frozenset({"title", "description", "icons", "websiteUrl", "instructions"})
#: The hints that make a tool riskier when they are true, or when they are not; and what they are by default.
_HINTS = {
    "readOnlyHint": (False, False),
    "destructiveHint": (True, True),
    "idempotentHint": (False, False),
    "openWorldHint": (True, True),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the `rule` that it falls under, where it is, and what it is in words."""

    rule: str
    where: str
    what: str

    @property
    def verdict(self) -> Verdict:
        """Whether it breaks clients."""
        return RULES[self.rule]

    def __str__(self) -> str:
        return f"{self.verdict:<12} {self.where}: {self.what}"


def interface_changes(old: Definition, new: Definition) -> list[Change]:
    """What changed from `old` to `new`, what breaks clients first. The order of a list is no part of it,
    nor is the server's version."""
    return sorted(_changes(old, new), key=lambda change: _ORDER.index(change.verdict))


def _changes(old: Definition, new: Definition) -> Iterator[Change]:
    yield from _members(old, new, "server", {*_LISTS, "version", "$schema"})
    for key, (kind, name) in _LISTS.items():
        olds = {entry[name]: entry for entry in old.get(key, ())}
        news = {entry[name]: entry for entry in new.get(key, ())}
        for each in olds | news:
            where = f"{kind} {each}"
            if each not in news:
                yield Change("feature-removed", where, "it is gone")
            elif each not in olds:
                yield Change("feature-added", where, "it is new")
            else:
                yield from _feature(key, olds[each], news[each], where)


def _feature(key: str, old: Definition, new: Definition, where: str) -> Iterator[Change]:
    compared = set()
    if key == "tools":
        compared = {"inputSchema", "outputSchema", "annotations"}
        yield from _schema("input", old["inputSchema"], new["inputSchema"], f"{where}, /inputSchema")
        yield from _output(old.get("outputSchema"), new.get("outputSchema"), f"{where}, /outputSchema")
        yield from _hints(old.get("annotations", {}), new.get("annotations", {}), f"{where}, /annotations")
    elif key == "prompts":
        compared = {"arguments"}
        yield from _arguments(old.get("arguments", ()), new.get("arguments", ()), where)
    yield from _members(old, new, where, compared)


def _members(old: Definition, new: Definition, where: str, compared: set[str]) -> Iterator[Change]:
    """What nothing else compares."""
    for key in sorted(set(old) | set(new)):
        if key not in compared and not same(old.get(key), new.get(key)):
            yield Change("words" if key in _WORDS else "other", where, _done(key, key in old, key in new))


def _schema(role: str, old: Any, new: Any, where: str) -> Iterator[Change]:
    found = schema_differences(old, new)
    for each in found:
        yield Change(f"{role}-{each.effect}", f"{where}{each.pointer}", each.what)
    if not found:
        olds, news = dict(_words_of(old, where)), dict(_words_of(new, where))
        for place in olds | news:
            before, after = place in olds, place in news
            if not (before and after and same(olds[place], news[place])):
                at, key = place
                yield Change("words", at, _done(key, before, after))


def _done(key: str, before: bool, after: bool) -> str:
    return f"its {key} {'is another' if before and after else 'is new' if after else 'is gone'}"


def _words_of(schema: Any, at: str) -> Iterator[tuple[tuple[str, str], Any]]:
    """The titles, descriptions, defaults and examples in a schema, by their places."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in _TOLD and not isinstance(value, Mapping):
                yield (at, key), value
            else:
                yield from _words_of(value, f"{at}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _words_of(value, f"{at}/{index}")


_TOLD = frozenset({"title", "description", "default", "examples", "format"})


def _output(old: Any, new: Any, where: str) -> Iterator[Change]:
    if old is None and new is not None:
        yield Change("output-promised", where, "it is new")
    elif old is not None and new is None:
        yield Change("output-not-promised", where, "it is gone")
    elif old is not None:
        yield from _schema("output", old, new, where)


def _hints(old: Definition, new: Definition, where: str) -> Iterator[Change]:
    for key, (risky, default) in _HINTS.items():
        before, after = old.get(key, default), new.get(key, default)
        if before is not after:
            rule = "hint-riskier" if after is risky else "hint-safer"
            yield Change(rule, f"{where}/{key}", f"it is {str(after).lower()} now")
    rest = [{key: value for key, value in each.items() if key not in _HINTS} for each in (old, new)]
    yield from _members(rest[0], rest[1], where, set())


def _arguments(old: Any, new: Any, where: str) -> Iterator[Change]:
    olds, news = ({each["name"]: each for each in arguments} for arguments in (old, new))
    for name in olds | news:
        at = f"{where}, argument {name}"
        if name not in news:
            yield Change("argument-removed", at, "it is gone")
            continue
        required = bool(news[name].get("required"))
        if name not in olds:
            yield Change("argument-required" if required else "argument-added", at, "it is new")
            continue
        if required and not olds[name].get("required"):
            yield Change("argument-required", at, "it is required now")
        elif olds[name].get("required") and not required:
            yield Change("argument-optional", at, "it is not required any more")
        yield from _members(olds[name], news[name], at, {"required"})
