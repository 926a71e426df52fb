"""The generated types agree with the schemas, on every definition of every revision."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mcpgen_types
from mcpgen.schema.room import SchemaRoom
from mcpgen_types.codec import DecodeError

from .contenders import PydanticModels, Rejected, Wire
from .corpus import VALID, Size, corpus
from .harness import judge
from .json_values import fingerprint, nested, same
from .oracle import Oracle

SEED = 20261120
LEAST_MUTANTS = 10_000

#: Deeper than the stack of a recursive decoder reaches. The oracle might not survive it (`json.loads` does
#: not), but depth decides nothing, so it is asked about a shallow twin.
BOTTOMLESS, SHALLOW = 3_000, 50

per_revision = pytest.mark.parametrize("revision", mcpgen_types.REVISIONS)


def test_every_stored_revision_has_generated_types(room: SchemaRoom) -> None:
    assert room.revisions == mcpgen_types.REVISIONS


@per_revision
def test_wire_and_pydantic_agree_with_the_schema_and_lose_nothing(room: SchemaRoom, revision: str) -> None:
    schema = room.schema(revision)
    samples = list(corpus(schema, seed=SEED, size=Size()))
    verdict = judge(samples, Oracle(schema), [Wire(revision), PydanticModels(revision)])

    findings = [finding for tally in verdict.tallies.values() for finding in tally.findings]
    failures = {name: dict(tally.failures) for name, tally in verdict.tallies.items()}
    assert not findings, "\n".join([str(failures), *map(str, findings[:20])])

    assert verdict.mutants.total() >= LEAST_MUTANTS
    assert {tally.values for tally in verdict.tallies.values()} == {len(samples)}
    for definition in schema["$defs"]:
        kinds = [sample.kind in VALID for sample in samples if sample.definition == definition]
        assert kinds.count(True) >= 10, definition
        assert kinds.count(False) >= 100, definition
    # A corpus that is nearly all valid, or nearly all invalid, would say little.
    assert 0.2 < verdict.rejected_by_schema / len(samples) < 0.8
    assert verdict.cross_checked >= 400


@per_revision
def test_bottomless_values_are_decoded_or_refused(room: SchemaRoom, revision: str) -> None:
    """Whatever the depth, a decoder returns an object or raises `DecodeError`."""
    schema = room.schema(revision)
    oracle, wire = Oracle(schema), Wire(revision)
    for definition, node in schema["$defs"].items():
        for deep, shallow in zip(_places_for(BOTTOMLESS, node), _places_for(SHALLOW, node), strict=True):
            try:
                decoded = wire.decode(definition, deep)
            except Rejected:
                assert not oracle.accepts(definition, shallow), definition
            else:
                assert oracle.accepts(definition, shallow), definition
                assert same(wire.encode(definition, decoded), deep)


def _places_for(depth: int, schema: dict[str, Any]) -> list[Any]:
    nests = [nested(depth), nested(depth, key="a"), nested(depth, key="_meta", innermost={})]
    return [
        value
        for nest in nests
        for value in (nest, *({key: nest} for key in (*schema.get("properties", ()), "x")))
    ]


def test_a_decode_error_names_every_fault() -> None:
    package = mcpgen_types.revision("2025-11-25")
    value = {"tools": [{"name": 5, "inputSchema": {"type": "array"}}, {"name": "a"}], "nextCursor": None}
    with pytest.raises(DecodeError) as caught:
        package.decode_ListToolsResult(value)
    assert caught.value.definition == "ListToolsResult"
    places = {(fault.pointer, fault.definition) for fault in caught.value.faults}
    assert {pointer for pointer, _ in places} == {
        "/tools/0/name",
        "/tools/0/inputSchema/type",
        "/tools/1",
        "/nextCursor",
    }
    assert ("/tools/0/name", "Tool") in places


def test_the_corpus_is_the_same_in_every_process(room: SchemaRoom) -> None:
    """A failure in CI can be repeated: neither hash seed nor process goes into the corpus."""
    root = Path(__file__).resolve().parents[2]
    code = "from tests.exactness.test_exactness import digest_of_small_corpus as digest; print(digest())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def digest_of_small_corpus() -> str:
    """A digest of a small corpus of the oldest revision."""
    from mcpgen.paths import schema_directory

    schema = SchemaRoom(schema_directory()).schema("2024-11-05")
    digest = hashlib.sha256()
    for sample in corpus(schema, seed=1, size=Size(randoms=4, mutants=30)):
        digest.update(fingerprint([sample.definition, sample.kind, sample.value]))
    return digest.hexdigest()


def test_another_seed_makes_another_corpus(room: SchemaRoom) -> None:
    schema = room.schema("2024-11-05")
    size = Size(randoms=2, mutants=20, foreign=0)

    def made(seed: int) -> set[bytes]:
        return {
            fingerprint(sample.value)
            for sample in corpus(schema, seed=seed, size=size)
            if sample.kind not in VALID
        }

    assert len(made(1) - made(2)) > 200
