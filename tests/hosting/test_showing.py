"""What a component says in the log: its prints, and the words of its traps."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from tests.hosting.conftest import LIMITS, META, Component, hosted, in_a_loop, peer_of

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

#: As it prints "this is no JSON", which takes a while.
SLOWLY = """
  (func (export "mcpgen:mcp/diagnostics@0.1.0#printed") (result i32) (local $n i32)
    (loop (br_if 0
      (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 50000000))))
    (i32.store (i32.const 4096) (i32.const 1152))
    (i32.store (i32.const 4100) (i32.const 15))
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
    ("type", "body", "why"),
    [
        ("u32", "(i32.const 4096)", "printed: the function returns no string"),
        ("string", "(loop (br 0)) (unreachable)", "it ran into cpu_seconds"),
    ],
    ids=["number", "loop"],
)
@in_a_loop
async def test_component_that_cannot_say_what_it_printed_is_answered_for_and_not_called_again(
    component: Component, tmp_path: Path, type: str, body: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    source, wit, name = tmp_path / "mute.wat", tmp_path / "wit", f"mute-{type}"
    printed = f'(func (export "mcpgen:mcp/diagnostics@0.1.0#printed") (result i32) {body}))'
    source.write_text((Path(__file__).parent / "odd.wat").read_text().rstrip().removesuffix(")") + printed)
    wit.mkdir()
    text = (ROOT / "wit" / "mcp.wit").read_text().partition("/// A server whose tools")[0]
    assert "printed: func() -> string;" in text
    text = text.replace("printed: func() -> string;", f"printed: func() -> {type};")
    (wit / "mcp.wit").write_text(text + "world mute { export handler; export diagnostics; }")
    limits = ComponentLimits(max_instances=2, cpu_seconds=0.1, call_seconds=250, cancel_seconds=250)
    async with peer_of(hosted(component(name, world="mute", wit=wit, source=source), limits=limits)) as peer:
        for number in range(3):
            assert (await peer.asked(f"o{number}"))["result"]["calls"] == 1
        for number in range(3):
            await peer.call(f"o{number}")
        assert sorted([(await peer.hear())["id"] for _ in range(3)]) == ["o0", "o1", "o2"]
    said = [each.message for each in caplog.records if each.levelno >= logging.ERROR]
    assert set(said) == {f"{name}.wasm: {why}"}


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


def test_last_words_are_heard_before_the_server_ends(component: Component, tmp_path: Path) -> None:
    source, wit = tmp_path / "slow.wat", tmp_path / "wit"
    text = (Path(__file__).parent / "odd.wat").read_text().rstrip().removesuffix(")") + SLOWLY
    # What imports nothing prints before it is answered for.
    imported = '(module (import "wasi:cli/environment@0.2.0" "get-environment" (func (param i32)))'
    source.write_text(text.replace("(module", imported, 1))
    shutil.copytree(ROOT / "wit", wit)
    with (wit / "mcp.wit").open("a") as world:
        world.write("world slow { import wasi:cli/environment@0.2.0; export handler; export diagnostics; }")
    served = [
        sys.executable,
        "-m",
        "mcpgen",
        "serve",
        str(component("slow", world="slow", wit=wit, source=source)),
    ]
    call = {"jsonrpc": "2.0", "id": "ok", "method": "tools/call", "params": {"name": "it", "_meta": META}}
    ended = subprocess.run(served, input=json.dumps(call), capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout)["id"] == "ok"
    assert ended.stderr.count("slow.wasm: this is no JSON") == 2  # as the host asked it, and its client


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
