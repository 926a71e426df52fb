"""Holds the codecs of stubs against the schemas that an author wrote, by the harness of the wire types."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from types import ModuleType
from typing import Any
from urllib.parse import quote

import jsonschema_rs
from hypothesis.errors import Unsatisfiable
from tests.exactness.contenders import Rejected
from tests.exactness.corpus import INSTANCE, Sample
from tests.exactness.harness import Verdict, judge
from tests.exactness.json_values import fingerprint, nodes
from tests.exactness.mutants import Mutator, Vocabulary, sampled
from tests.exactness.oracle import _StrictNumbers
from tests.exactness.schemathesis_source import instances

from mcpgen.ir.stubs import ServerStubs
from mcpgen_types.codec import DecodeError

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Schemas:
    """What each type stands for: the oracle. A type that several schemas meet in fits all of them."""

    def __init__(self, stubs: ServerStubs, definition: dict[str, Any]) -> None:
        self.schemas: dict[str, dict[str, Any]] = {}
        for name, (document, pointers) in origins(stubs).items():
            schema: Any = definition
            for step in document:
                schema = schema[step]
            if "inputSchema" not in document and "outputSchema" not in document:
                continue
            if "$schema" in schema:  # another dialect: it cannot stand inside of a schema of this one
                if pointers == ("",):
                    self.schemas[name] = schema
                continue
            self.schemas[name] = {
                "$schema": _DRAFT,
                "$defs": {"whole": _moved(schema)},
                "allOf": [{"$ref": f"#/$defs/whole{quote(pointer, safe='/~$')}"} for pointer in pointers],
            }
        self._fast = {
            name: jsonschema_rs.validator_for(schema, validate_formats=False)
            for name, schema in self.schemas.items()
        }

    def accepts(self, definition: str, value: Any) -> bool:
        return self._fast[definition].is_valid(value)

    def second_opinion(self, definition: str, value: Any) -> bool:
        schema = self.schemas[definition]
        return (
            self.accepts(definition, value)
            if schema["$schema"] != _DRAFT
            else bool(_StrictNumbers(schema).is_valid(value))
        )


def _moved(schema: Any) -> Any:
    """`schema` as it must be written below `$defs/whole`."""
    if isinstance(schema, list):
        return [_moved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _moved(item) for key, item in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
        moved["$ref"] = f"#/$defs/whole{reference[1:]}"
    return moved


class Codecs:
    """The codecs of a generated package."""

    name = "stubs"

    def __init__(self, package: ModuleType) -> None:
        self.package = package

    def covers(self, definition: str) -> bool:
        return True

    def decode(self, definition: str, value: Any) -> Any:
        try:
            return getattr(self.package, f"decode_{definition}")(value)
        except DecodeError as error:
            raise Rejected(error.faults) from None

    def encode(self, definition: str, decoded: Any) -> Any:
        return getattr(self.package, f"encode_{definition}")(decoded)


def origins(stubs: ServerStubs) -> dict[str, tuple[tuple[str | int, ...], tuple[str, ...]]]:
    """Where the schema of every type is."""
    return {origin.name: (origin.document, origin.pointers) for origin in stubs.origins}


def samples(schemas: Schemas, *, seed: int, count: int, mutants: int) -> Iterator[Sample]:
    """Values for every type: `count` instances by Schemathesis, and mutants of those."""
    grown: dict[str, list[Any]] = {}
    for name, schema in schemas.schemas.items():
        it = {"allOf": schema["allOf"]} if "allOf" in schema else {"type": "object"}
        rooted = {"$schema": _DRAFT, "$defs": {**schema.get("$defs", {}), "it": it}}
        try:
            found = instances(rooted, "it", count=count, start=seed)
        except (Unsatisfiable, RecursionError):  # there may be no value at all, or none that ends
            found = []
        found += schema.get("examples", [])
        grown[name] = [value for value in found if schemas.accepts(name, value)]
    everyone = [value for values in grown.values() for value in values[:4]]
    vocabulary = Vocabulary({"$defs": {}})
    vocabulary.keys = dict.fromkeys(
        step for value in everyone for path, _ in nodes(value) for step in path if isinstance(step, str)
    )
    for name, valid in grown.items():
        random = Random(f"{seed}/{name}")
        yield from (Sample(name, INSTANCE, value) for value in valid)
        seen = {fingerprint(value) for value in valid}
        donors = random.sample(everyone, min(20, len(everyone))) or [None]
        mutator = Mutator(vocabulary, valid, donors, random)
        for value in donors:
            if fingerprint(value) not in seen:
                yield Sample(name, "stranger", value)
        for edit in mutator.systematic():
            yield Sample(name, edit.kind, edit.made())
        edits = (edit for value in valid[:6] for edit in mutator.edits(value))
        for kind, value in sampled(edits, mutants, random):
            yield Sample(name, kind, value)


def judged(
    package: ModuleType,
    stubs: ServerStubs,
    definition: dict[str, Any],
    *,
    seed: int,
    count: int = 4,
    mutants: int = 40,
) -> Verdict:
    """The verdict on the codecs of `package`."""
    schemas = Schemas(stubs, definition)
    return judge(
        samples(schemas, seed=seed, count=count, mutants=mutants),
        schemas,  # type: ignore[arg-type]
        [Codecs(package)],
        cross_check_every=97,
    )
