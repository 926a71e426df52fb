"""`mcpgen diff` finds what changed in WIT, says where and whom it breaks, and agrees with wasm-tools."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.errors import UsageError
from mcpgen.wit import difference as difference_module
from mcpgen.wit.difference import Difference, difference
from mcpgen.wit.places import place_words
from mcpgen.wit.versions import Level, due, is_enough, parse_version

BASE = """\
package test:shop@1.4.2;

/// What a shop sells.
interface goods {
    record item {
        name: string,
        price: u32,
    }
    variant payment {
        cash,
        card(string),
    }
    enum size { small, large }
    flags rights { look, buy }
    type amount = u32;
    resource basket {
        constructor();
        put: func(what: item, times: amount) -> result<u32, size>;
    }
    cheapest: func(among: list<item>) -> option<item>;
}

interface clerk {
    use goods.{item, payment};
    sell: func(what: item, by: payment);
}

interface till {
    open: func();
}

world shop {
    import goods;
    import now: func() -> u64;
    export clerk;
    export close: func();
}
"""

#: What is replaced, by what, and what is said of it: the level, the place, and words of the message.
CHANGES: dict[str, tuple[str, str, Level, str, str]] = {
    "new field": (
        *("price: u32,\n", "price: u32,\n        left: u8,\n"),
        *(Level.BREAKING, "interface goods, record item, field left", "is new"),
    ),
    "field gone": (
        *("        price: u32,\n", ""),
        *(Level.BREAKING, "interface goods, record item, field price", "is gone"),
    ),
    "field renamed": (
        *("price: u32", "cents: u32"),
        *(Level.BREAKING, "interface goods, record item, field price", "is called cents now"),
    ),
    "field of another type": (
        *("price: u32", "price: option<u32>"),
        *(Level.BREAKING, "interface goods, record item, field price", "was u32, is option<u32> now"),
    ),
    "fields in another order": (
        *("name: string,\n        price: u32", "price: u32,\n        name: string"),
        *(Level.BREAKING, "interface goods, record item", "has its fields in another order"),
    ),
    "new case": (
        *("card(string),", "card(string), cheque,"),
        *(Level.BREAKING, "interface goods, variant payment, case cheque", "is new"),
    ),
    "case carries something": (
        *("cash,", "cash(u8),"),
        *(Level.BREAKING, "interface goods, variant payment, case cash", "carried nothing, carries u8 now"),
    ),
    "case carries nothing": (
        *("card(string)", "card"),
        *(Level.BREAKING, "interface goods, variant payment, case card", "carries no string any more"),
    ),
    "new name of an enum": (
        *("small, large", "small, medium, large"),
        *(Level.BREAKING, "interface goods, enum size, case medium", "is new"),
    ),
    "flag gone": (
        *("look, buy", "look"),
        *(Level.BREAKING, "interface goods, flags rights, flag buy", "is gone"),
    ),
    "another kind of type": (
        *("enum size { small, large }", "flags size { small, large }"),
        *(Level.BREAKING, "interface goods, flags size", "was an enum, is flags now"),
    ),
    "alias of another type": (
        *("type amount = u32", "type amount = u64"),
        *(Level.BREAKING, "interface goods, type amount", "was u32, is u64 now"),
    ),
    "parameter renamed": (
        *("among: list", "of: list"),
        *(Level.BREAKING, "interface goods, function cheapest, parameter among", "is called of now"),
    ),
    "new parameter": (
        *("open: func()", "open: func(key: string)"),
        *(Level.BREAKING, "interface till, function open, parameter key", "is new"),
    ),
    "result of another type": (
        *("-> option<item>", "-> item"),
        *(Level.BREAKING, "interface goods, function cheapest, result", "was option<item>, is item now"),
    ),
    "result gone": (
        *(" -> option<item>", ""),
        *(Level.BREAKING, "interface goods, function cheapest", "returns nothing any more, was option<item>"),
    ),
    "method changed": (
        *("times: amount", "times: u8"),
        *(
            Level.BREAKING,
            "interface goods, resource basket, function put, parameter times",
            "was amount, is u8",
        ),
    ),
    "constructor changed": (
        *("constructor()", "constructor(size: u8)"),
        *(Level.BREAKING, "interface goods, resource basket, constructor, parameter size", "is new"),
    ),
    "function gone from what is imported": (
        *("    cheapest: func(among: list<item>) -> option<item>;\n", ""),
        *(Level.BREAKING, "interface goods, function cheapest", "is gone"),
    ),
    "new function in what is imported": (
        *("    cheapest:", "    dearest: func() -> item;\n    cheapest:"),
        *(Level.ADDITION, "interface goods, function dearest", "is new"),
    ),
    "new function in what is exported": (
        *("    sell:", "    greet: func();\n    sell:"),
        *(
            Level.BREAKING,
            "interface clerk, function greet",
            "components of world shop so far do not export it",
        ),
    ),
    "function gone from what is exported": (
        *("    sell: func(what: item, by: payment);\n", "    greet: func();\n"),
        *(Level.BREAKING, "interface clerk, function sell", "is gone"),
    ),
    "new type": (
        *("    type amount", "    type number = u8;\n    type amount"),
        *(Level.ADDITION, "interface goods, type number", "is new"),
    ),
    "new interface": (
        *("interface till", "interface cellar { dig: func(); }\ninterface till"),
        *(Level.ADDITION, "interface cellar", "is new"),
    ),
    "interface gone": (
        *("interface till {\n    open: func();\n}\n", ""),
        *(Level.BREAKING, "interface till", "is gone"),
    ),
    "new import": (
        *("    import now", "    import till;\n    import now"),
        *(Level.ADDITION, "world shop, import test:shop/till", "hosts have to have it"),
    ),
    "import gone": (
        *("    import now: func() -> u64;\n", ""),
        *(Level.BREAKING, "world shop, import now", "components so far may need it"),
    ),
    "imported function changed": (
        *("now: func() -> u64", "now: func() -> u32"),
        *(Level.BREAKING, "world shop, import now, result", "was u64, is u32 now"),
    ),
    "new export": (
        *("    export clerk", "    export till;\n    export clerk"),
        *(Level.BREAKING, "world shop, export test:shop/till", "components so far do not have it"),
    ),
    "new world": (
        *("world shop", "world kiosk {}\nworld shop"),
        *(Level.ADDITION, "world kiosk", "is new"),
    ),
    "documentation": (
        *("What a shop sells.", "What the shop sells."),
        *(Level.NOTE, "interface goods", "is documented otherwise"),
    ),
}
#: wasm-tools looks at worlds alone, and lets what is imported have fewer flags, which no binding does.
ONLY_HERE = {"new parameter", "interface gone", "flag gone"}

#: What is not in the new text: the line is that of what it was in.
GONE = {"import gone", "field gone", "flag gone", "field renamed", "parameter renamed", "interface gone"} | {
    name for name in CHANGES if name.startswith("function gone")
}

Compare = Callable[[str], Difference]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """What changes from the base to another text; both are in one place that has no deps/."""

    def against(text: str) -> Difference:
        old, new = tmp_path / "old.wit", tmp_path / "new.wit"
        old.write_text(BASE)
        new.write_text(text)
        return difference(old, new)

    return against


@pytest.mark.parametrize("name", CHANGES)
def test_change_is_told_with_its_place_and_its_weight(
    name: str, compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What only wasm-tools knows would hide that the comparison missed it.
    monkeypatch.setattr(difference_module, "_only_wasm_tools_knows", lambda *_: [])
    was, becomes, level, place, message = CHANGES[name]
    assert was in BASE
    changed = BASE.replace(was, becomes, 1)
    found = compare(changed)
    told = next(each for each in found.changes if place_words(each.change.place) == place)
    assert told.change.level is level
    assert message in told.change.message
    assert found.changes[0].change.level is level, "the heaviest comes first"
    incompatible = [reason for reason in found.worlds.values() if reason is not None]
    assert bool(incompatible) == (level is Level.BREAKING and name not in ONLY_HERE)
    assert told.line is not None
    line = changed.splitlines()[told.line[1] - 1]
    if name not in GONE:
        assert told.change.place[-1][1].rpartition("/")[2] in line or told.change.place[-1][0] in line
    assert not found.enough
    assert found.due == {Level.BREAKING: "2.0.0", Level.ADDITION: "1.5.0", Level.NOTE: "1.4.3"}[level]


def test_nothing_changed(compare: Compare) -> None:
    found = compare(BASE)
    assert (found.changes, found.worlds, found.due, found.enough) == ((), {"shop": None}, "1.4.2", True)


def test_alias_may_be_written_out(compare: Compare) -> None:
    found = compare(BASE.replace("times: amount", "times: u32"))
    assert [each.change.message for each in found.changes] == ["was amount, is u32 now"]
    found = compare(BASE.replace("times: amount", "times: u32").replace("    type amount = u32;\n", ""))
    assert [place_words(each.change.place) for each in found.changes] == ["interface goods, type amount"]


def test_export_that_is_gone_breaks_hosts(compare: Compare) -> None:
    found = compare(BASE.replace("    export close: func();\n", ""))
    assert [each.change.message for each in found.changes] == ["is gone: hosts that call it cannot"]
    assert found.worlds == {"shop": None}, "a component built for the old world still fits"


def test_what_only_wasm_tools_sees_is_told(compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference_module, "compare", lambda *_, **__: ())
    found = compare(BASE.replace("price: u32", "price: u16"))
    (told,) = found.changes
    assert place_words(told.change.place) == "world shop"
    assert "type mismatch in instance export `item`" in told.change.message


def test_two_packages_are_not_compared(compare: Compare) -> None:
    with pytest.raises(UsageError, match=r"of package test:shop, and .* of test:stall"):
        compare(BASE.replace("test:shop", "test:stall"))


def test_used_package_is_compared_and_its_version_told(tmp_path: Path) -> None:
    for state, version, width in (("old", "0.2.0", "u32"), ("new", "0.2.6", "u64")):
        deps = tmp_path / state / "deps"
        deps.mkdir(parents=True)
        (deps / "clock.wit").write_text(
            f"package test:clock@{version};\ninterface clock {{\n  now: func() -> {width};\n}}\n"
        )
        (tmp_path / state / "a.wit").write_text(
            f"package test:a@0.1.0;\nworld w {{\n  import test:clock/clock@{version};\n}}\n"
        )
    found = difference(tmp_path / "old", tmp_path / "new")
    assert [(each.change.package, each.change.message) for each in found.changes] == [
        ("test:clock", "was u32, is u64 now"),
        ("test:a", "was of version 0.2.0, is of version 0.2.6 now"),
    ]
    assert [each.line for each in found.changes] == [
        (tmp_path / "new/deps/clock.wit", 3),
        (tmp_path / "new/a.wit", 3),
    ]
    assert found.due == "0.2.0"


def test_component_may_export_more_and_import_less(
    room: Path, tmp_path: Path, component_of: Callable[[Path, str], bytes]
) -> None:
    less, more = tmp_path / "server.wasm", tmp_path / "tools-http.wasm"
    less.write_bytes(component_of(room, "server"))
    more.write_bytes(component_of(room, "tools-http"))
    grown, shrunk = difference(less, more), difference(more, less)
    assert {each.change.level for each in grown.changes} == {Level.BREAKING}
    assert {each.change.level for each in shrunk.changes} == {Level.ADDITION}
    assert (grown.worlds["root"] is None, shrunk.worlds["root"] is None) == (False, True)
    assert grown.due is None
    with pytest.raises(UsageError, match=r"is a component, and .* is not"):
        difference(less, room)


@pytest.mark.parametrize(
    ("old", "level", "asked", "short"),
    [
        ("1.4.2", Level.BREAKING, "2.0.0", "1.5.0"),
        ("1.4.2", Level.ADDITION, "1.5.0", "1.4.3"),
        ("1.4.2", Level.NOTE, "1.4.3", "1.4.2"),
        ("0.4.2", Level.BREAKING, "0.5.0", "0.4.3"),
        ("0.4.2", Level.ADDITION, "0.4.3", "0.4.2"),
        ("0.0.2", Level.BREAKING, "0.0.3", "0.0.2"),
        ("2.0.0-rc.2", Level.BREAKING, "2.0.0", "2.0.0-rc.1"),
        ("1.4.2", None, "1.4.2", "1.4.1"),
    ],
)
def test_version_that_is_due(old: str, level: Level | None, asked: str, short: str) -> None:
    assert str(due(parse_version(old), level)) == asked
    assert is_enough(parse_version(asked), parse_version(old), level)
    assert not is_enough(parse_version(short), parse_version(old), level)


def test_prerelease_announces_what_is_due() -> None:
    assert is_enough(parse_version("2.0.0-alpha"), parse_version("1.4.2"), Level.BREAKING)
    assert is_enough(parse_version("2.0.0-rc.10"), parse_version("2.0.0-rc.9"), Level.BREAKING)
    assert not is_enough(parse_version("1.5.0-alpha"), parse_version("1.4.2"), Level.BREAKING)


def test_command_ends_with_1_where_something_breaks(mcpgen: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old.wit", tmp_path / "new.wit"
    old.write_text(BASE)
    new.write_text(BASE.replace("price: u32", "price: option<u32>").replace("1.4.2", "1.5.0"))

    def run(*arguments: str | Path) -> tuple[int, str]:
        ended = subprocess.run([mcpgen, "diff", *arguments], capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    assert run(old, old) == (0, "test:shop: nothing changed\n")
    code, text = run(old, new)
    assert code == 1
    assert (
        f"breaking  {new}:7: interface goods, record item, field price: was u32, is option<u32> now\n" in text
    )
    assert "wasm-tools on world shop: type mismatch for import `test:shop/goods`" in text
    assert text.endswith("1 breaking change; version 1.5.0 is not enough, 2.0.0 is due\n")
    code, text = run(old, new, "--format", "json")
    report = json.loads(text)
    assert (code, report["schema"], report["due"], report["enough"]) == (1, "mcpgen.diff/1", "2.0.0", False)
    assert report["changes"] == [
        {
            "level": "breaking",
            "package": "test:shop",
            "where": "interface goods, record item, field price",
            "message": "was u32, is option<u32> now",
            "file": str(new),
            "line": 7,
        }
    ]
    code, text = run(old, new, "--format", "markdown")
    assert (code, text.splitlines()[-1]) == (
        *(1, "| breaking | interface goods, record item, field price | was u32, is option&lt;u32> now |"),
    )
    code, text = run(old, new, "--format", "github")
    title = "breaking%3A interface goods%2C record item%2C field price"
    assert (code, text.splitlines()[0]) == (
        *(1, f"::error file={new},line=7,title={title}::was u32, is option<u32> now"),
    )
    assert run(old, tmp_path / "none.wit", "--format", "json")[0] == 2
