"""Frozen codecs make of a value what pydantic makes of it, and write every result as pydantic does.

The values are those that the schema accepts. Of these pydantic refuses integers written as 1e20, and none is
among the values here.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import importlib.util
import random
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, NotRequired, Optional, Union

import pytest
from pydantic import BaseModel, BeforeValidator, Field
from typing_extensions import TypeAliasType, TypedDict

from mcpgen.export.freezing import frozen_text
from mcpgen_runtime import Server
from mcpgen_runtime.code_first import Schema
from mcpgen_runtime.code_first.codecs import Codec
from mcpgen_runtime.code_first.derive import adapter_codec, derive
from mcpgen_runtime.code_first.frozen import recorded
from mcpgen_runtime.code_first.refusals import Refused
from mcpgen_runtime.schemas import compile_schema

TRIES = 800
ENOUGH = 10


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Word(enum.StrEnum):
    A = "a"
    B = "b"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5
    colour: Colour = Colour.RED


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slotted:
    name: str
    when: datetime.date | None = None


@dataclasses.dataclass
class Node:
    name: str
    children: list[Node] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Even:
    x: int

    def __post_init__(self) -> None:
        if self.x % 2:
            raise ValueError("odd")


@dataclasses.dataclass
class Dog:
    name: str
    kind: Literal["dog"] = "dog"


@dataclasses.dataclass
class Cat:
    name: str
    kind: Literal["cat"] = "cat"
    x: int = 9


@dataclasses.dataclass
class Narrow:
    x: int


@dataclasses.dataclass
class Wide:
    x: int
    y: int = 0
    name: str = ""


@dataclasses.dataclass
class Counted:
    """Sets a field itself, which a client may send to no effect."""

    y: int = dataclasses.field(default=3, init=False)
    name: str
    children: list[Point] = dataclasses.field(init=False, default_factory=list)


@dataclasses.dataclass
class Summed:
    x: int
    name: str = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.name = str(self.x)


@dataclasses.dataclass
class Shifted:
    """Takes what is no field of it."""

    x: int
    y: dataclasses.InitVar[float] = 2.0
    when: dataclasses.InitVar[datetime.date | None] = None

    def __post_init__(self, y: float, when: datetime.date | None) -> None:
        self.x += int(y) + (when.day if when else 0)


@dataclasses.dataclass
class Public:
    name: str


@dataclasses.dataclass
class Private(Public):
    secret: str = "s"


@dataclasses.dataclass
class Stored:
    """Like `Public`, and no subclass of it."""

    name: str
    secret: str = "s"


class Song(TypedDict):
    name: str
    x: NotRequired[int]


class Album(Song, total=False):
    children: list[Song]


class Shelf(TypedDict):
    owner: Public


class Model(BaseModel):
    x: int
    name: str = "m"


class SecretModel(Model):
    secret: str = "s"


Id = NewType("Id", int)
Size = TypeAliasType("Size", Literal["a", "b"])
Tree = TypeAliasType("Tree", "list[Tree] | int")

HINTS: list[Any] = [
    *(str, int, float, bool, Any, None, object),
    *(datetime.datetime, datetime.date, datetime.time, uuid.UUID, Path, Decimal),
    *(list[int], list[Any], list, dict, dict[str, float], Mapping[str, int], Sequence[str]),
    *(set[int], frozenset[str], tuple[int, str], tuple[float, ...], list[datetime.date]),
    *(Literal["a", "b"], Literal[1, 2, "a", None], Literal[True, "a"], Literal[1, True]),
    *(Colour, Level, Word, list[Colour], dict[str, Colour]),
    *(int | None, Optional[Colour], int | float, float | int, int | str, bool | str),  # noqa: UP045
    *(datetime.date | str, datetime.date | int | None, Colour | int, Word | str, list[int] | list[str]),
    *(
        list[int] | int,
        set[int] | None,
        set[int] | list[int],
        dict[str, int] | list[int],
        tuple[int, int] | str,
    ),
    *(Counted, Counted | None, Counted | Point, Counted | Song, Point | Counted, list[Counted]),
    *(Shifted, list[Shifted], Shifted | None, Shifted | Point),
    *(Summed, Summed | Point, Point | Summed, Summed | Counted, Narrow | Summed | Song),
    *(Point, Slotted, Node, Even, Song, Album, list[Point], dict[str, Point], Point | None, Node | None),
    *(
        Point | str,
        Dog | Cat,
        Narrow | Wide,
        Wide | Narrow,
        Song | Narrow,
        Narrow | Song,
        Point | list[Point],
    ),
    *(list[Dog | Cat | int], Union[Point, Colour, int, None], Even | str, Slotted | Node),  # noqa: UP007
    *(Model, list[Model], Model | int, Annotated[int, Field(ge=2)], Annotated[int, Field(ge=2)] | str),
    *(
        Annotated[int, "how many"],
        Annotated[str, Schema(minLength=2)],
        Annotated[Point, "where"],
        Id,
        list[Id],
        *(Size, dict[str, Size], Tree),
    ),
]

_LEAVES: list[Any] = [
    *(None, True, False, 0, 1, 2, -3, 5, 1.0, 2.0, 0.5, 5.0),
    *("", "a", "b", "red", "blue", "dog", "cat", "xy", "2026-07-28", "2026-02-30"),
    *("20260228", "2026-W09-6", "1772236800", "2026-02-28t12:30:00z", "2026-07-28T00:00:00", "123000"),
    *("2026-07-28T12:00:00Z", "2026-07-28T12:00:00.125+02:00", "12:30:00", "2026-07-28T12:00:00"),
    "12345678-1234-5678-1234-567812345678",
]
_KEYS = ["x", "y", "name", "kind", "colour", "children", "when", "other"]
#: What is likely under a key, so that objects are accepted now and then.
_LIKELY: dict[str, list[Any]] = {
    "x": [1, 2.0, 7],
    "y": [1, 2.5],
    "name": ["a", "dog"],
    "kind": ["dog", "cat"],
    "colour": ["red", "blue"],
    "when": [None, "2026-07-28", "2026-02-30"],
}


def made_up(rng: random.Random, depth: int = 0) -> Any:
    shape = rng.random()
    if depth > 2 or shape < 0.35:
        return rng.choice(_LEAVES)
    if shape < 0.4:
        return [1, "a"]
    if shape < 0.55:
        one = made_up(rng, depth + 1)
        return [one if rng.random() < 0.5 else made_up(rng, depth + 1) for _ in range(rng.randrange(4))]
    keys = rng.sample(_KEYS, rng.randrange(5))
    return {
        key: rng.choice(_LIKELY[key])
        if key in _LIKELY
        else [{"name": "a"}]
        if key == "children" and rng.random() < 0.5
        else made_up(rng, depth + 1)
        for key in keys
    }


def frozen_and_derived(hint: Any, directory: Path) -> tuple[Codec, Codec]:
    def function(value):  # type: ignore[no-untyped-def]
        return value

    function.__annotations__ = {"value": hint, "return": hint}
    with recorded() as readings:
        Server("exact", version="1.0.0").tool(function)
    (reading,) = readings
    codec = derive(reading.signature, reading.data)
    path = directory / "_frozen_exact.py"
    path.write_text(frozen_text("exact", [(reading, codec)]))
    spec = importlib.util.spec_from_file_location("_frozen_exact", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.TOOLS[reading.digest]
    opaque = [adapter_codec(each) for each in reading.shapes.opaque]
    arguments, result = found.make([each.type for each in reading.shapes.classes], opaque)
    return Codec(found.input_schema, found.output_schema, arguments, result), codec


def converted(codec: Codec, value: Any) -> Any:
    if codec.arguments is None:
        return value
    try:
        return codec.arguments({"value": value})["value"]
    except Refused:
        return Refused


def alike(one: Any, other: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if isinstance(one, datetime.datetime | datetime.time) and one.tzinfo is not None:
        return type(one) is type(other) and one == other and one.utcoffset() == other.utcoffset()
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        names = [field.name for field in dataclasses.fields(one)]
        return all(alike(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)


def disagreement(frozen: Codec, derived: Codec, value: Any) -> str | None:
    """How the two treat a value, where they treat it differently."""
    ours, theirs = converted(frozen, value), converted(derived, value)
    if not alike(ours, theirs):
        return f"{value!r} becomes {ours!r}, and with pydantic {theirs!r}"
    if ours is Refused or frozen.result is None or derived.result is None:
        return None
    written, expected = frozen.result(ours), derived.result(theirs)
    return (
        None if alike(written, expected) else f"{ours!r} is written {written!r}, and by pydantic {expected!r}"
    )


def check(hint: Any, directory: Path, rng: random.Random, tries: int) -> int:
    """Hold both codecs of a type against each other; returns how many values its schema let through."""
    frozen, derived = frozen_and_derived(hint, directory)
    assert (frozen.input_schema, frozen.output_schema) == (derived.input_schema, derived.output_schema)
    schema = compile_schema(frozen.input_schema)
    accepted = [value for value in (made_up(rng) for _ in range(tries)) if schema.accepts({"value": value})]
    for value in accepted:
        assert disagreement(frozen, derived, value) is None
    return len(accepted)


@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: str(getattr(hint, "__name__", hint))[:60])
def test_frozen_codec_agrees_with_pydantic(hint: Any, tmp_path: Path) -> None:
    tried = check(hint, tmp_path, random.Random(4), TRIES)
    assert tried >= (1 if hint in (None, uuid.UUID) else ENOUGH)


_ATOMS: list[Any] = [
    *(str, int, float, Any, None, datetime.date, Literal["a", "b"], Size, Colour, Level),
    *(Point, Slotted, Node, Even, Song, Album, Dog, Cat, Narrow, Wide),
]


# To mypy a type that is made when the test runs is none.
_LIST: Any = list
_DICT: Any = dict
_TUPLE: Any = tuple
_UNION: Any = Union


def composed(rng: random.Random, depth: int = 0) -> Any:
    """A type made of types, at random."""
    kind = rng.random()
    if depth > 2 or kind < 0.35:
        return rng.choice(_ATOMS)
    one = composed(rng, depth + 1)
    if kind < 0.5:
        return _LIST[one]
    if kind < 0.6:
        return _DICT[str, one]
    if kind < 0.65:
        return _TUPLE[one, ...]
    other = composed(rng, depth + 1)
    return _TUPLE[one, other] if kind < 0.7 else _UNION[one, other]


@pytest.mark.parametrize("seed", range(60))
def test_frozen_codec_of_a_composed_type_agrees_with_pydantic(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    check(composed(rng), tmp_path, rng, 200)


def test_what_the_schema_lets_through_goes_by_the_schema(tmp_path: Path) -> None:
    for hint, value, expected in (
        (Literal[1, True], 1.0, 1),
        (Literal[1, True], True, True),
        (bool | int | str, 1.0, 1),
        (datetime.date | int, "1", Refused),
        (list[datetime.date] | list[int], ["1"], Refused),
        (Narrow | Wide, {"x": 1, "y": "1"}, Narrow(1)),
    ):
        for codec in frozen_and_derived(hint, tmp_path):
            assert alike(converted(codec, value), expected), (hint, value)
    frozen, _ = frozen_and_derived(int, tmp_path)
    assert alike(converted(frozen, 1e20), 10**20)
    frozen, derived = frozen_and_derived(Decimal, tmp_path)
    for value in ("1.50", 0.1, "nan", "x", "-0"):
        assert alike(converted(frozen, value), converted(derived, value))


def test_validator_of_an_author_gets_and_gives_what_it_likes(tmp_path: Path) -> None:
    def lenient(value: Any) -> Any:
        return 86400 if value == "the second day" else str(value) if isinstance(value, int) else value

    for hint, value, expected in (
        (Annotated[datetime.date, BeforeValidator(lenient)], "the second day", datetime.date(1970, 1, 2)),
        (Annotated[int, BeforeValidator(lenient)] | list[str], 5, 5),
    ):
        for codec in frozen_and_derived(hint, tmp_path):
            assert alike(converted(codec, value), expected)


#: Each is a text of a date, a time or both in some notation, or nearly so.
TEMPORAL = [
    *(
        "2026-02-28",
        "20260228",
        "2026-W09-6",
        "2026W096",
        "2026-059",
        "2026-2-28",
        "+2026-02-28",
        "2026-02-30",
    ),
    *(
        "0000-01-01",
        "\u0662026-02-28",
        "2026-02-28Z",
        " 2026-02-28",
        "2026-02-28\n",
        "1",
        "1772236800",
        "1e9",
        "",
    ),
    *("12:30", "12:30:00", "12:30:00.5", "12:30:00,5", "12:30:00.123456789", "12:30:00Z", "12:30:00+02:00"),
    *("1230", "123000", "T12:30", "12", "24:00:00", "12:60:00", "12:30:60", "12:30:00+0200", "12:30:00+02"),
    *("12:30:00+24:00", "12:30:00+01:60", "12:30:00-00:00", "12:30:00z"),
]
TEMPORAL += [f"2026-02-28{between}{each}" for between in "Tt _x" for each in TEMPORAL if each[:2].isdigit()]


@pytest.mark.parametrize("kind", [datetime.date, datetime.time, datetime.datetime])
def test_dates_and_times_are_read_alike_and_as_their_format_says(kind: Any, tmp_path: Path) -> None:
    frozen, derived = frozen_and_derived(kind, tmp_path)
    for text in TEMPORAL:
        assert disagreement(frozen, derived, text) is None
    inside, beside = frozen_and_derived(list[Annotated[kind | int | None, "when"]], tmp_path)
    for text in TEMPORAL:
        assert disagreement(inside, beside, [text, 1]) is None
    refused = [
        converted(frozen, text) is Refused for text in ("20260228", "1772236800", "2026-W09-6", "123000")
    ]
    assert all(refused)


_NUMBERS: list[Any] = [int, float, int | None, float | None]


def numeric(rng: random.Random, depth: int = 0) -> tuple[Any, Any]:
    """A type made of numbers, and a value that passes for one of it."""
    kind = rng.random()
    if depth > 2 or kind < 0.3:
        return rng.choice(_NUMBERS), rng.choice([0, 1, 2.0, 0.5, True, Level.LOW, None, 10**20])
    one, value = numeric(rng, depth + 1)
    if kind < 0.55:
        return _LIST[one], [value, value]
    if kind < 0.75:
        return _DICT[str, one], {"x": value}
    other, another = numeric(rng, depth + 1)
    return (_TUPLE[one, ...], (value,)) if kind < 0.85 else (_TUPLE[one, other], (value, another))


@pytest.mark.parametrize("seed", range(60))
def test_numbers_are_written_as_pydantic_writes_them(seed: int, tmp_path: Path) -> None:
    hint, value = numeric(random.Random(seed))
    frozen, derived = frozen_and_derived(hint, tmp_path)
    assert frozen.result is not None and derived.result is not None
    assert alike(frozen.result(value), derived.result(value))


OTHERWISE: list[tuple[Any, Any]] = [
    (Public, Private("a")),
    (Public, Stored("a")),
    (Public, {"name": "a"}),
    (Public, None),
    (Public | None, Private("a")),
    (Public | None, Stored("a")),
    (list[Public], [Private("a")]),
    (list[Public | str], [Private("a"), "b"]),
    (set[int] | list[Public], [Private("a")]),
    (dict[str, Public], {"x": Private("a")}),
    (tuple[Public, int], (Private("a"), 1)),
    (tuple[Public, int], (Private("a"),)),
    (tuple[Model, int], (SecretModel(x=1), 1)),
    (tuple[tuple[Public, int], ...], ((Private("a"), 1),)),
    (Public | Point, Private("a")),
    (Public | Private, Private("a")),
    (Public | Private, Public("a")),
    (Private | Public, Public("a")),
    (Public | str, Stored("a")),
    (Public | Stored, Stored("a")),
    (Public | dict[str, int], Private("a")),
    (tuple[Public, int] | str, (Private("a"), 1)),
    (Annotated[Public | int, "either"] | str, Private("a")),
    (Model, SecretModel(x=1)),
    (Model | int, SecretModel(x=1)),
    (list[Model] | int, [SecretModel(x=1)]),
    (Model | Public, Private("a")),
    (Song, {"name": "a", "x": 1, "secret": "s"}),
    (Shelf, {"owner": Private("a")}),
    (Shelf | Public, Private("a")),
    (Counted, Counted("a")),
    *((float, 1), (float, True), (int, True), (int, Level.HIGH), (float | None, 1), (float | str, 1)),
    *(
        (list[float], [1, 0.5]),
        (dict[str, float], {"x": 1}),
        (tuple[float, int], (1, True)),
        (set[float], {1}),
    ),
    *((Point, Point(x=True, y=2)), (int | float, 1), (Song, {"name": "a", "x": True})),
]


@pytest.mark.parametrize(("hint", "value"), OTHERWISE, ids=lambda each: str(each).replace(f"{__name__}.", ""))
def test_what_is_not_of_the_type_promised_is_written_as_pydantic_writes_it(
    hint: Any, value: Any, tmp_path: Path
) -> None:
    frozen, derived = frozen_and_derived(hint, tmp_path)
    assert frozen.result is not None and derived.result is not None
    written = frozen.result(value)
    assert alike(written, derived.result(value))
    assert isinstance(value, Stored) or "secret" not in repr(written) or hint == Public | Private


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (list[Public], (Private("a"),)),
        (tuple[Public, int], [Private("a"), 1]),
        (dict[str, Public] | str, {"x": Private("a")}),
        (Shelf | Public, {"owner": Private("a")}),
        (Shelf | Song, {"owner": Private("a"), "more": 1}),
    ],
)
def test_field_of_a_subclass_that_pydantic_would_send_stays_private(
    hint: Any, value: Any, tmp_path: Path
) -> None:
    frozen, _ = frozen_and_derived(hint, tmp_path)
    assert frozen.result is not None and "secret" not in repr(frozen.result(value))
