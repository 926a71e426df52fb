"""`mcpgen build --compose`: what is served in a row, as one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.hosting.conftest import hosted, in_a_loop, peer_of

from mcpgen.build.composing import compose
from mcpgen.component.metadata import Metadata, with_metadata
from mcpgen.component.recognising import read
from mcpgen.errors import UsageError
from mcpgen.wasm_tools import run

HANDLER = "mcpgen:mcp/handler@0.1.0"


def built(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mcpgen", "build", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_composed_component_answers_as_the_row_does(odd: Path, guard: Path, tmp_path: Path) -> None:
    output = tmp_path / "both.wasm"
    compose([guard, guard, odd], output=output)

    @in_a_loop
    async def check() -> None:
        async with peer_of(hosted(output)) as peer:
            assert (await peer.asked("x"))["error"]["message"] == "guarded"
            assert (await peer.asked("ok"))["result"]["calls"] == 2
            assert (await peer.asked("not mine"))["error"]["code"] == -32601
            assert (await peer.asked("trap"))["error"]["code"] == -32603
            assert (await peer.asked("ok"))["result"]["calls"] == 1

    check()


def test_composed_component_is_a_server_and_says_which(odd: Path, guard: Path, tmp_path: Path) -> None:
    server, output = tmp_path / "server.wasm", tmp_path / "both.wasm"
    metadata = Metadata("odd", "1.2.3", None, ("2026-07-28",), "handler", "0.1.0", "odd:server", "0")
    server.write_bytes(with_metadata(odd.read_bytes(), metadata))
    ended = built(guard, server, "--compose", "-o", output)
    assert ended.stdout == f"wrote {output}: odd 1.2.3, 0.0 MB, imports nothing\n"
    steps = ["reading", "putting guard.wasm in front", "checking the component", "writing"]
    assert ended.stderr.splitlines() == steps
    made = read(output)
    assert (made.kind, made.imports) == ("handler", ())
    assert made.metadata is not None
    assert (made.metadata.name, made.metadata.target) == ("odd", "guard.wasm server.wasm")


def test_middleware_can_be_composed_with_nothing_but_a_server_behind_it(
    odd: Path, guard: Path, tmp_path: Path
) -> None:
    output = tmp_path / "both.wasm"
    for wrong, why in (
        ([odd, guard], "nothing can stand behind it"),
        ([guard, guard], "is a middleware"),
        ([odd], "two components or more"),
    ):
        with pytest.raises(UsageError, match=why):
            compose(wrong, output=output)
    assert not output.exists()


def test_whole_that_is_of_no_world_is_told(odd: Path, guard: Path, tmp_path: Path) -> None:
    """A middleware that exports the name of our interface, and not what belongs to it."""
    text = f"""(component (import "{HANDLER}" (instance))
        (instance $empty) (export "{HANDLER}" (instance $empty)))"""
    hollow = tmp_path / "hollow.wasm"
    parsed = run("wasm-tools", "parse", "-", given=text.encode())
    hollow.write_bytes(parsed.output)
    with pytest.raises(UsageError, match=r"hollow\.wasm and .*odd\.wasm make no server: .*handle"):
        compose([hollow, odd], output=tmp_path / "both.wasm")
    assert not (tmp_path / "both.wasm").exists()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["a.wasm", "b.wasm", "--compose"], "it is not said where the component goes"),
        (
            ["a.wasm", "b.wasm", "--compose", "--target", "handler", "-o", "c.wasm"],
            "--target is for a server",
        ),
        (["a:b", "c:d", "--target", "handler", "-o", "c.wasm"], "one server is built, and a:b and c:d are"),
        (["a:b", "-o", "c.wasm"], "it is not said what to build"),
    ],
)
def test_what_cannot_be_meant_is_told(arguments: list[str], error: str) -> None:
    ended = built(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: {error}")
