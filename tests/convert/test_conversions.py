"""What the generated converters promise, for every method, both ways, in every older revision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from random import Random
from types import ModuleType
from typing import Any

import pytest
from tests.convert.samples import SEED, Pair, objects, with_strangers
from tests.exactness.json_values import fingerprint, same

import mcpgen_types
from mcpgen.schema.room import SchemaRoom
from mcpgen_types.codec import Codec, Converter, Inexpressible, Method, TypeConverter

OLDER, NEWEST = mcpgen_types.REVISIONS[:-1], mcpgen_types.REVISIONS[-1]
META = "io.modelcontextprotocol/"
OF_THE_ERA = {f"{META}protocolVersion": NEWEST, f"{META}clientCapabilities": {}}

#: What there is no other way to say, by the first revision that has words for it.
UNSPEAKABLE = {
    "InputRequiredResult": NEWEST,
    "ElicitRequestURLParams": "2025-11-25",
    "AudioContent": "2025-03-26",
}

#: What the newest revision has no place for: of an older value, nothing else gets lost on the way.
LOST = {
    "CallToolRequestParams": ("task",),
    "ClientCapabilities": ("tasks",),
    "CreateMessageRequestParams": ("task", "meta"),
    "ElicitRequestFormParams": ("task", "meta"),
    "ElicitRequestURLParams": ("task", "meta"),
    "ListRootsRequestParamsMeta": ("progress_token",),
    "RequestParamsMeta": ("progress_token",),
    "ServerCapabilities": ("tasks",),
    "Tool": ("execution",),
}

Convert = Callable[[dict[str, Any]], dict[str, Any]]


def methods(revision: str) -> tuple[dict[str, Method], dict[str, Method], dict[str, Converter]]:
    package = f"mcpgen_types.v{revision.replace('-', '_')}"
    older: dict[str, Method] = import_module(f"{package}.methods").METHODS
    newest: dict[str, Method] = mcpgen_types.revision(NEWEST).METHODS
    return older, newest, import_module(f"{package}.neutral").CONVERTERS


def types(revision: str) -> dict[str, TypeConverter]:
    found: dict[str, TypeConverter] = import_module(
        f"mcpgen_types.v{revision.replace('-', '_')}.neutral"
    ).TYPES
    return found


def cases() -> Iterator[Any]:
    """Revision, and method and part, or type."""
    for revision in OLDER:
        _, newest, converters = methods(revision)
        for name in converters:
            for part in ("params", "result"):
                if getattr(newest[name], part) is not None:
                    yield pytest.param(revision, name, part, id=f"{revision} {name} {part}")
        for name in types(revision):
            yield pytest.param(revision, name, "type", id=f"{revision} {name}")


per_part = pytest.mark.parametrize(("revision", "name", "part"), list(cases()))


def codecs(revision: str, name: str, part: str) -> tuple[Codec, Codec, Convert, Convert]:
    """The older codec, the newest, and the converters from the wire and to the wire."""
    if part == "type":
        converter = types(revision)[name]
        theirs, ours = (codec(mcpgen_types.revision(which), name) for which in (revision, NEWEST))
        return theirs, ours, converter.from_wire or (lambda x: x), converter.to_wire or (lambda x: x)
    older, newest, converters = methods(revision)
    up = getattr(converters[name], f"{part}_from_wire")
    down = getattr(converters[name], f"{part}_to_wire")
    return getattr(older[name], part), getattr(newest[name], part), up or (lambda x: x), down or (lambda x: x)


def codec(package: ModuleType, name: str) -> Codec:
    return Codec(name, None, getattr(package, f"decode_{name}"), getattr(package, f"encode_{name}"))


def attempt(convert: Convert, value: dict[str, Any]) -> tuple[dict[str, Any], Inexpressible | None]:
    """The converted value, or why there is none."""
    try:
        return convert(value), None
    except Inexpressible as error:
        return {}, error


def merged(newest: Codec, value: dict[str, Any]) -> dict[str, Any]:
    """The params as the old era passes them on: with what it knows of the client."""
    if newest.name in ("ElicitRequestParams", "CreateMessageRequestParams", "ListRootsRequestParams"):
        return value
    return {**value, "_meta": {**value.get("_meta", {}), **OF_THE_ERA}}


def test_there_is_a_converter_for_each_method_of_both_revisions(room: SchemaRoom) -> None:
    assert room.revisions == mcpgen_types.REVISIONS
    for revision in OLDER:
        older, newest, converters = methods(revision)
        assert converters.keys() == older.keys() & newest.keys()
        assert all(converter.method == name for name, converter in converters.items())
        assert len(converters) >= 16


@per_part
def test_to_wire_says_only_what_the_older_revision_knows(
    pair_of: Callable[[str], Pair], room: SchemaRoom, revision: str, name: str, part: str
) -> None:
    pair = pair_of(revision)
    older, newest, _, to_wire = codecs(revision, name, part)
    kept = {
        (decision.type, decision.field)
        for decision in room.conversions.until(revision).decisions
        if decision.do in ("keep", "leave", "inherit")
    }
    random = Random(f"{SEED}/to wire/{newest.name}")
    said = 0
    for instance in pair.newest.values(newest.name):
        for value in (
            instance,
            with_strangers(pair.newest, newest.name, instance, pair.only_older, {}, random),
        ):
            assert pair.newest.oracle.accepts(newest.name, value)
            before = fingerprint(value)
            wire, refused = attempt(to_wire, value)
            assert fingerprint(value) == before
            if refused is not None:
                assert revision < UNSPEAKABLE[refused.definition]
                assert refused.revision == revision
                continue
            said += 1
            if older.name == "ElicitRequestParams" and wire.get("mode") == "url":
                wire = {"elicitationId": "of the era", **wire}
            assert pair.older.oracle.accepts(older.name, wire), (value, wire)
            for item in objects(older.decode(wire)):
                type_ = type(item).__name__
                neutral = pair.neutral_name(type_)
                left = {key for key in item.extra if key in pair.only_newest[type_]}
                assert {key for key in left if (neutral, key) not in kept} == set(), (value, wire)
                for meta in (item.extra.get("_meta"), getattr(item, "meta", None)):
                    if isinstance(meta, dict):
                        assert not any(key.startswith(META) for key in meta)
    assert said > 10


@per_part
def test_from_wire_gives_what_the_newest_revision_accepts(
    pair_of: Callable[[str], Pair], revision: str, name: str, part: str
) -> None:
    pair = pair_of(revision)
    older, newest, from_wire, _ = codecs(revision, name, part)
    random = Random(f"{SEED}/from wire/{older.name}")
    for instance in pair.older.values(older.name):
        for value in (
            instance,
            with_strangers(pair.older, older.name, instance, pair.only_newest, pair.newest_meta, random),
        ):
            if not concerns(older, value):
                continue
            value = without_foul_meta(revision, part, value)
            assert pair.older.oracle.accepts(older.name, value)
            before = fingerprint(value)
            neutral = from_wire(value)
            assert fingerprint(value) == before
            if part == "params":
                neutral = merged(newest, neutral)
            assert pair.newest.oracle.accepts(newest.name, neutral), (value, neutral)
            newest.decode(neutral)


def concerns(older: Codec, value: dict[str, Any]) -> bool:
    """Whether a value of 2025-11-25 is about anything but tasks, which are left to the decoder to refuse."""
    if older.name == "CancelledNotificationParams":
        return "requestId" in value
    return not (older.name in ("CallToolAnswer", "CreateMessageAnswer", "ElicitAnswer") and "task" in value)


def without_foul_meta(revision: str, part: str, value: dict[str, Any]) -> dict[str, Any]:
    """Without a `_meta` that only the schemas up to 2025-06-18 accept: by their prose it is an object."""
    if part == "result" or revision > "2025-06-18" or isinstance(value.get("_meta"), dict):
        return value
    return {key: item for key, item in value.items() if key != "_meta"}


@per_part
def test_what_the_wire_says_survives_a_round_trip(
    pair_of: Callable[[str], Pair], revision: str, name: str, part: str
) -> None:
    pair = pair_of(revision)
    older, newest, from_wire, to_wire = codecs(revision, name, part)
    for value in pair.newest.values(newest.name):
        wire, refused = attempt(to_wire, value)
        if refused is None:
            assert same(to_wire(from_wire(wire)), wire), (value, wire)
    for value in pair.older.values(older.name):
        if concerns(older, value):
            decoded = older.decode(value)
            for item in objects(decoded):
                for attribute in LOST.get(type(item).__name__, ()):
                    if hasattr(item, attribute):
                        setattr(item, attribute, None)
            back = to_wire(from_wire(value))
            assert same(back, older.encode(decoded)), (value, back)
