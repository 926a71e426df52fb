"""How long requests take, by method and name."""

from __future__ import annotations

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.host import Driver
from mcpgen_runtime.layers import Timing

from ..core.client import Client
from .workbench import BOTH, Json, call, no_more, server_of


@BOTH
def test_figures_come_by_method_and_name(revision: str, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver()
    seconds = iter([0.5, 1.5, 4.0])
    reported: list[float] = []

    async def work(arguments: Json, ctx: RequestContext) -> str:
        await driver.sleep(next(seconds))
        return "done"

    timing = Timing(lambda request, ctx, took: reported.append(took), slow_seconds=1)
    client = Client(server_of(timing, tool=work), revision, driver=driver)
    reported.clear()
    for id in ("a", "b"):
        client.start("tools/call", {"name": "work"}, id=id)
        driver.advance(2)
    client.start("tools/call", {"name": "work"}, id="c")
    driver.advance(1)
    client.cancel("c")
    figures = timing.figures["tools/call", "work"]
    assert (figures.count, figures.failed, figures.seconds, figures.longest) == (3, 1, 3.0, 1.5)
    assert figures.mean == 1
    assert reported == [0.5, 1.5, 1.0]
    assert [record.message for record in caplog.records] == ["'tools/call work' took 1.500 s"]


@BOTH
def test_names_that_clients_invent_take_no_memory(revision: str) -> None:
    timing = Timing()
    client = Client(server_of(timing), revision)
    for number in range(5):
        call(client, f"invented-{number}")
        client.request(f"invented/{number}")
        client.request("resources/read", {"uri": f"invented://{number}"})
    assert {key: figures.failed for key, figures in timing.figures.items() if figures.failed} == {
        ("tools/call", None): 5,
        ("_OTHER", None): 5,
        ("resources/read", None): 5,
    }


@BOTH
def test_names_that_clients_invent_take_no_memory_whoever_refuses_them(revision: str) -> None:
    timing = Timing()
    server = server_of(timing, no_more)
    client = Client(server, revision)
    for number in range(3):
        client.error("tools/call", {"name": f"invented-{number}"})
        client.error("prompts/get", {"name": f"invented-{number}"})
        client.error(f"invented/{number}")
    call(client)
    assert {key: figures.failed for key, figures in timing.figures.items() if figures.failed} == {
        ("tools/call", None): 3,
        ("tools/call", "work"): 1,
        ("prompts/get", None): 3,
        ("_OTHER", None): 3,
    }
