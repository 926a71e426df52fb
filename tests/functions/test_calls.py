"""The functions of a real component, called as tools: what goes in comes out, and what fails says so."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.functions.test_values import ANYTHING, mutated
from tests.functions.typed_values import fits, same, values

from mcpgen.component import read
from mcpgen.functions.server import function_server, functions_of
from mcpgen.functions.survey import NoFunctions
from mcpgen.hosting.instance import Instance
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting, functions_pool
from mcpgen.hosting.pool import Pool
from mcpgen.wit import Function
from mcpgen_runtime import McpError, Server
from mcpgen_runtime.testing import client

through_component = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def call(server: Server, tool: str, **arguments: Any) -> Any:
    async def send() -> Any:
        async with client(server) as session:
            return await session.call_tool(tool, arguments)

    return asyncio.run(send())


class Watched(Pool[Instance]):
    """A pool that knows how often it was asked."""

    calls = 0

    async def run(self, call: Callable[..., Any], *, brief: bool = False) -> Any:
        self.calls += 1
        return await super().run(call, brief=brief)


@pytest.fixture(scope="session")
def uncalled(echo: Path) -> tuple[Server, Watched]:
    """A server of the same functions, and its pool: without an instance, for nothing gets as far."""
    pool = Watched(lambda call: pytest.fail("an instance was made"), limits=ComponentLimits())
    return function_server(functions_of(read(echo)), pool), pool


@through_component
@given(data=st.data())
def test_value_of_any_type_goes_through_a_component_and_comes_back(
    echo_server: Server, echoes: dict[str, Function], data: st.DataObject
) -> None:
    several = data.draw(st.lists(st.sampled_from(sorted(echoes)), min_size=1, max_size=8))
    sent = [(name, data.draw(values(echoes[name].parameters[0].type))) for name in several]

    async def send() -> list[Any]:
        async with client(echo_server) as session:
            return [await session.call_tool(f"echo_{name}", {"value": value}) for name, value in sent]

    for (name, value), result in zip(sent, asyncio.run(send()), strict=True):
        assert not result.is_error, result
        assert same(echoes[name].parameters[0].type, value, result.structured_content)
        assert json.loads(result.content[0].text) == result.structured_content


@through_component
@given(data=st.data())
def test_value_of_another_type_is_refused_before_the_component_sees_it(
    uncalled: tuple[Server, Watched], echoes: dict[str, Function], data: st.DataObject
) -> None:
    server, pool = uncalled
    name = data.draw(st.sampled_from(sorted(echoes)))
    type = echoes[name].parameters[0].type
    other = echoes[data.draw(st.sampled_from(sorted(echoes)))].parameters[0].type
    wrong = ANYTHING | values(other) | values(type).flatmap(mutated)
    value = data.draw(wrong.filter(lambda value: not fits(type, value)))
    result = call(server, f"echo_{name}", value=value)
    assert result.is_error
    assert "Invalid arguments" in result.content[0].text
    assert pool.calls == 0


def test_integer_beyond_what_the_reader_of_json_can_hold_is_no_other_integer(echo_server: Server) -> None:
    for value in (-(2**63) - 1, -(2**63) - 1000, 2**64, 2**63):
        assert call(echo_server, "echo_signed-long", value=value).is_error
    for value in (-(2**63), 2**63 - 1):
        assert call(echo_server, "echo_signed-long", value=value).structured_content == value


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-06-18", "2025-11-25"])
def test_client_of_an_older_revision_reads_what_is_no_object_as_text(
    echo_server: Server, revision: str
) -> None:
    async def send() -> list[Any]:
        async with client(echo_server, revision=revision) as session:
            number = await session.call_tool("echo_long", {"value": 2**64 - 1})
            return [number, await session.call_tool("echo_where", {"value": {"x": 1}})]

    number, record = asyncio.run(send())
    assert number.content[0].text == "18446744073709551615"
    assert json.loads(record.content[0].text) == {"x": 1, "y": None}
    if revision > "2025-03-26":
        assert record.structured_content == {"x": 1, "y": None}


def test_results_are_freed(echo_server: Server) -> None:
    """A quarter of a megabyte, again and again: the process may not keep it."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def send(times: int) -> None:
        async with client(echo_server) as session:
            for _ in range(times):
                await session.call_tool("echo_text", {"value": "x" * 2**18})

    asyncio.run(send(20))
    before = resident()
    asyncio.run(send(120))
    assert resident() - before < 15 * 2**20


def test_half_of_a_character_is_refused_before_the_component_sees_it(echo_server: Server) -> None:
    result = call(echo_server, "echo_text", value=chr(0xD800))
    assert result.is_error
    assert "half of a character" in result.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("trouble_divide", {"dividend": 1, "divisor": 0}, "zero"),
        ("trouble_divide", {"dividend": -(2**31), "divisor": -1}, "overflow"),
        ("trouble_refuse", {"how": {"because": "zero"}}, '{"because":"zero"}'),
        ("trouble_refuse", {"how": "for-nothing"}, "for-nothing"),
        ("trouble_refuse", {"how": {"at": "AAEC"}}, '{"at":"AAEC"}'),
        ("trouble_say-no", {"text": "Not today."}, "Not today."),
        ("trouble_fail", {}, "trouble_fail failed"),
    ],
)
def test_error_of_a_function_is_a_result_that_says_so(
    echo_server: Server, tool: str, arguments: dict[str, Any], text: str
) -> None:
    result = call(echo_server, tool, **arguments)
    assert result.is_error
    assert [block.text for block in result.content] == [text]


def test_function_that_gives_what_its_result_holds_or_nothing(echo_server: Server) -> None:
    assert call(echo_server, "trouble_divide", dividend=-7, divisor=2).structured_content == -3
    nothing = call(echo_server, "trouble_nothing")
    assert (nothing.content, nothing.is_error) == ([], None)
    assert call(echo_server, "join", texts=["a", "b", "c"], between=", ").structured_content == "a, b, c"
    assert call(echo_server, "join", texts=["a", "b"]).structured_content == "ab"


def test_function_that_traps_fails_alone_and_only_the_log_knows_why(
    echo_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async def send() -> list[Any]:
        async with client(echo_server) as session:
            calls = [session.call_tool("echo_byte", {"value": each}) for each in range(5)]
            crash = session.call_tool("trouble_crash", {"after": 3})
            return await asyncio.gather(*calls, crash, return_exceptions=True)

    with caplog.at_level(logging.ERROR):
        *found, crashed = asyncio.run(send())
    assert [each.structured_content for each in found] == [0, 1, 2, 3, 4]
    assert isinstance(crashed, McpError)
    assert (crashed.code, crashed.message) == (-32603, "Internal error")
    assert "the tool trouble_crash failed" in caplog.text
    assert crashed.data["correlationId"] in caplog.text


def test_fresh_instance_for_each_call_gives_the_same(echo: Path, cache: Path) -> None:
    functions = functions_of(read(echo))
    pool = functions_pool(functions.component, Hosting(isolation="request"), imports=functions.imports)
    server = function_server(functions, pool)
    assert call(server, "echo_text", value="é\0💥").structured_content == "é\0💥"


def test_component_is_served_and_judged_by_its_file(echo: Path, cache: Path, mcpgen: str) -> None:
    ended = subprocess.run(
        [mcpgen, "validate", "--component", echo], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    served = subprocess.run(
        [sys.executable, "-m", "mcpgen", "serve", echo, "--stdio"],
        input=json.dumps(listed) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert served.returncode == 0, served.stderr
    tools = json.loads(served.stdout)["result"]["tools"]
    assert len(tools) == 37
    assert served.stderr == (
        "note: left out: exports#init: componentize-py calls it while it builds the component\n"
    )


def test_component_without_functions_for_tools_is_refused_with_what_and_why(
    component_of: Callable[..., Path], mcpgen: str
) -> None:
    component = component_of("package a:b; interface i { f: func() -> stream<u8>; } world root { export i; }")
    ended = subprocess.run([mcpgen, "serve", component], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == (
        f"error: {component} exports no function that can be a tool:\n"
        "  a:b/i#f: its result is a stream\n"
        "hint: tools take and give data: resources, streams and futures stay inside; see docs/functions.md\n"
    )
    with pytest.raises(NoFunctions):
        functions_of(read(component))
