"""Who checks only the neutral params of an old client refuses what the client's own revision refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.convert.samples import Side
from tests.convert.test_conversions import OF_THE_ERA, OLDER, codecs, methods
from tests.exactness.corpus import Sample

from mcpgen_types.codec import Codec, DecodeError

Corpora = Callable[[str], dict[str, list[Sample]]]

SENT_BY_CLIENTS = [
    pytest.param(revision, name, id=f"{revision} {name}")
    for revision in OLDER
    for name in methods(revision)[2]
    if methods(revision)[0][name].direction in ("client-to-server", "both")
]


@pytest.mark.parametrize(("revision", "name"), SENT_BY_CLIENTS)
def test_neutral_decoder_accepts_what_the_clients_own_revision_accepts(
    side_of: Callable[[str], Side], corpus_of: Corpora, revision: str, name: str
) -> None:
    older, newest, from_wire, _ = codecs(revision, name, "params")
    accepted = refused = 0
    for sample in corpus_of(revision)[older.name]:
        value = sample.value
        if not isinstance(value, dict) or is_excepted(revision, name, value):
            continue
        own = accepts(older, value)
        assert accepts(newest, merged(newest, from_wire(value))) is own, value
        accepted += own
        refused += not own
    assert accepted > 10
    # A cursor or a reason may be all there is, and both are optional: little can be wrong with that.
    assert refused > 10 or len(side_of(revision).keys(older.name)) < 2


def accepts(codec: Codec, value: Any) -> bool:
    try:
        codec.decode(value)
    except DecodeError:
        return False
    return True


def merged(newest: Codec, params: dict[str, Any]) -> dict[str, Any]:
    """The params as the old era passes them on. A `_meta` that is no object is left to be refused."""
    meta = params.get("_meta", {})
    if not isinstance(meta, dict) or newest.name.endswith("NotificationParams"):
        return params
    return {**params, "_meta": {**meta, **OF_THE_ERA}}


def is_excepted(revision: str, name: str, value: dict[str, Any]) -> bool:
    """The exceptions, which docs/conversions.md lists."""
    if revision == "2025-11-25":
        return "task" in value or (name == "notifications/cancelled" and "requestId" not in value)
    return "_meta" in value


@pytest.mark.parametrize(
    ("revision", "name", "params", "older_accepts"),
    [
        ("2025-11-25", "tools/call", {"name": "a", "task": 5}, False),
        ("2025-11-25", "notifications/cancelled", {"reason": "a task was meant"}, True),
        ("2025-06-18", "tools/call", {"name": "a", "_meta": 5}, True),
        ("2025-06-18", "tools/call", {"name": "a", "_meta": {"progressToken": 1.5}}, True),
        ("2024-11-05", "notifications/progress", {"progressToken": 1, "progress": 1, "_meta": 5}, True),
    ],
)
def test_exceptions_are_what_they_are_said_to_be(
    revision: str, name: str, params: dict[str, Any], older_accepts: bool
) -> None:
    older, newest, from_wire, _ = codecs(revision, name, "params")
    assert accepts(older, params) is older_accepts
    assert accepts(newest, merged(newest, from_wire(params))) is not older_accepts


@pytest.mark.parametrize("value", [None, 5, "text", [], [{}], {}])
@pytest.mark.parametrize("revision", OLDER)
def test_converters_pass_on_what_is_of_the_wrong_kind(revision: str, value: Any) -> None:
    """They run before any check of what a peer has sent."""
    for converter in methods(revision)[2].values():
        for convert in (converter.params_from_wire, converter.result_from_wire):
            if convert is not None and not isinstance(value, dict):
                assert convert(value) is value
            elif convert is not None:
                convert(value)


@pytest.mark.parametrize("revision", OLDER)
def test_no_wrong_value_from_the_wire_makes_a_converter_raise(corpus_of: Corpora, revision: str) -> None:
    older, _, converters = methods(revision)
    tried = 0
    for name, converter in converters.items():
        for codec, convert in (
            (older[name].params, converter.params_from_wire),
            (older[name].result, converter.result_from_wire),
        ):
            if codec is not None and convert is not None:
                tried += 1
                for sample in corpus_of(revision)[codec.name]:
                    convert(sample.value)
    assert tried > 20
