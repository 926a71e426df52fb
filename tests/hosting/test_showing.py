"""What a component says in the log: its prints, and the words of its traps."""

from __future__ import annotations

import logging
import tracemalloc
from pathlib import Path

import pytest
from tests.hosting.conftest import LIMITS, Component, hosted, in_a_loop, peer_of

from mcpgen.hosting.engine import Engine
from mcpgen.hosting.grants import Grants
from mcpgen.hosting.instance import Call, HandlerInstance, Instance, Trapped, ended
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.linking import Linker
from mcpgen.hosting.loading import Hosting, load
from mcpgen.hosting.pool import show
from mcpgen.hosting.showing import shown
from mcpgen.hosting.values import Context
from mcpgen.wasm_tools import run

ROOT = Path(__file__).resolve().parents[2]
NAMED = """
(component
  (core module $m (func $NAMED (export "f") unreachable))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f"))))
"""
#: As odd.wat, but that it prints: what it prints first is a trap, once it has asked for input.
PRINTED = """
  (func (export "mcpgen:mcp/diagnostics@0.1.0#printed") (result i32)
    (if (global.get $asked) (then (unreachable)))
    (i32.const 4096)))
"""


@pytest.fixture
def talking(component: Component, tmp_path: Path) -> Path:
    """The odd server, which prints as our own do."""
    source, wit = tmp_path / "talking.wat", tmp_path / "wit"
    source.write_text((Path(__file__).parent / "odd.wat").read_text().rstrip().removesuffix(")") + PRINTED)
    wit.mkdir()
    text = (ROOT / "wit" / "mcp.wit").read_text().partition("/// A server whose tools")[0]
    (wit / "mcp.wit").write_text(text + "world talking { export handler; export diagnostics; }")
    return component("talking", world="talking", wit=wit, source=source)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("said\tso", "said\tso"),
        ("\x1b]0;owned\x07\x1b[2J", "�]0;owned��[2J"),
        ("one\nERROR root: two\r\nthree", "one\n    ERROR root: two\n    three"),
        ("\u202eright to left", "�right to left"),
        ("", ""),
    ],
)
def test_words_of_a_component_steer_nothing_and_look_like_no_line_of_ours(text: str, line: str) -> None:
    assert shown(text) == line


def test_function_names_of_a_trap_are_shown_as_what_they_are(tmp_path: Path) -> None:
    evil, named = b"\x1b]0;owned\x07\nERROR root", "n" * 21
    (tmp_path / "named.wat").write_text(NAMED.replace("NAMED", named))
    made = run("wasm-tools", "parse", tmp_path / "named.wat", "--output", tmp_path / "named.wasm")
    assert made.code == 0, made.error
    wasm = (tmp_path / "named.wasm").read_bytes().replace(named.encode(), evil)
    code = Engine().compile(wasm)
    instance = Instance(code, Linker(code, "named", (), Grants()), ComponentLimits())
    function = instance.function("f")
    assert function is not None
    with pytest.raises(Trapped, match="�\\]0;owned�\n    ERROR root") as trapped:
        instance.call_at(function, None, 0, None, 0)
    assert "\x1b" not in str(trapped.value)


def test_more_than_is_kept_of_what_is_printed_is_counted(odd: Path, caplog: pytest.LogCaptureFixture) -> None:
    instance = instance_of(odd)
    instance.write(b"a" * 100_000)
    instance.write(b"b" * 5)
    ended(show(instance, Call(LIMITS)))
    assert [each.message[-60:] for each in caplog.records[1:]] == [
        "odd.wasm: … and 49152 characters more",
        "odd.wasm: … and 34469 bytes that were not kept",
    ]
    caplog.clear()
    ended(show(instance, Call(LIMITS)))
    assert not caplog.records


@in_a_loop
async def test_component_that_traps_as_it_prints_behind_another_is_not_called_again(
    talking: Path, guard: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with peer_of(hosted(guard, talking)) as peer:
        assert (await peer.asked("ok"))["result"]["calls"] == 2
        assert (await peer.asked("u"))["result"]["resultType"] == "input_required"
        assert (await peer.asked("ok again"))["result"]["calls"] == 1
    (line,) = (each.message for each in caplog.records if each.levelno >= logging.ERROR)
    assert line.startswith("talking.wasm: ")


def test_message_is_passed_whole_and_not_kept_after_its_call(odd: Path) -> None:
    instance = instance_of(odd)
    message = bytes(range(256)) * 4096  # more than is converted at once
    context = Context("2026-07-28", "stdio", '"verbatim"', None, (), 0, "c")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        answer = ended(instance.answer(message, context, Call(LIMITS)))
        assert answer is not None
        assert message in answer[0]
        del answer
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        instance.close()
    assert kept < len(message)


def instance_of(odd: Path) -> HandlerInstance:
    (linked,) = load([odd], Hosting(limits=LIMITS)).chain
    assert linked.handler is not None
    return HandlerInstance(linked.code, linked.linker, LIMITS, handler=linked.handler, key=bytes(32))
