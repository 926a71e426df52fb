"""Where it goes what a server writes to its standard error."""

from __future__ import annotations

import asyncio
import io
import sys
from typing import Any

import pytest

from mcpgen_runtime.client import StdioTransport
from mcpgen_runtime.client.transport import Event, Frame

# It answers with a frame once it has said everything.
SCRIPT = "printf 'one\\n\\n  tw\\303\\266 \\n\\377three' >&2; exec 2>&-; echo '{}'; cat"
LINES = ["one", "  twö", "\\xffthree"]


def last_words(**options: Any) -> tuple[str, ...]:
    """Runs the server to its end; what its transport remembers."""

    async def run() -> tuple[str, ...]:
        heard = asyncio.Event()

        def deliver(event: Event) -> None:
            if isinstance(event, Frame):
                heard.set()

        transport = StdioTransport(["sh", "-c", SCRIPT], **options)
        await transport.open(deliver)
        await asyncio.wait_for(heard.wait(), 20)
        await transport.close()
        return transport.last_words()

    return asyncio.run(run())


def test_it_goes_to_that_of_this_process_where_nobody_says_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert last_words() == tuple(LINES)
    assert capsys.readouterr() == ("", "\n".join([*LINES, ""]))


def test_a_function_gets_it_line_by_line_and_nobody_else(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []
    assert last_words(on_stderr=heard.append) == tuple(LINES)
    assert heard == LINES
    assert capsys.readouterr() == ("", "")


def test_with_none_it_goes_nowhere_and_its_end_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert last_words(on_stderr=None) == tuple(LINES)
    assert capsys.readouterr() == ("", "")


class Broken(io.StringIO):
    """A pipe whose reader is gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


CLOSED = io.StringIO()
CLOSED.close()


@pytest.mark.parametrize("stderr", [None, CLOSED, Broken()], ids=["none", "closed", "broken"])
def test_a_process_without_standard_error_reads_on(
    stderr: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    assert last_words() == tuple(LINES)
    assert capsys.readouterr().out == ""
