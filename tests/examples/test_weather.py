"""examples/weather: what a model and its user get from it, in both eras."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mcpgen_runtime.client import Client, StdioTransport
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.testing import client
from mcpgen_types.v2026_07_28 import (
    CallToolResult,
    CompleteRequestParamsArgument,
    ElicitResult,
    PromptReference,
    TextContent,
    TextResourceContents,
)

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/weather"
REVISIONS = ("2025-11-25", "2026-07-28")


@pytest.fixture
def weather(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The modules of the example: `server` and `fake_service`."""
    names = ("server", "service", "fake_service")
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.delenv("WEATHER_API", raising=False)
    import fake_service  # type: ignore[import-not-found]
    import server  # type: ignore[import-not-found]

    yield SimpleNamespace(server=server.server, fake_service=fake_service)
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(before)


def choosing(place: str, asked: list[str]) -> Callable[[Any], ElicitResult]:
    """A user who chooses `place`; `asked` takes down the questions."""

    def answer(question: Any) -> ElicitResult:
        asked.append(question.message)
        return ElicitResult(action="accept", content={"place": place})

    return answer


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


@pytest.mark.parametrize("revision", REVISIONS)
def test_place_that_is_clear_is_not_asked_for(weather: SimpleNamespace, revision: str) -> None:
    async def main() -> None:
        asked: list[str] = []
        on_elicit = choosing("", asked)
        async with client(weather.server, revision=revision, on_elicit=on_elicit) as session:
            result = await session.call_tool("forecast", {"place": "box hill", "days": 2})
        days = [{"sky": "rain", "low": 6.5, "high": 12.0}, {"sky": "clouds", "low": 6.5, "high": 13.0}]
        assert result.structured_content == {"place": "Box Hill, Surrey", "days": days}
        assert asked == []

    asyncio.run(main())


@pytest.mark.parametrize("revision", REVISIONS)
def test_user_says_which_of_several_places_is_meant(weather: SimpleNamespace, revision: str) -> None:
    async def main() -> None:
        asked: list[str] = []
        on_elicit = choosing("Bath, Maine", asked)
        async with client(weather.server, revision=revision, on_elicit=on_elicit) as session:
            result = await session.call_tool("forecast", {"place": "Bath", "days": 1})
        assert result.structured_content == {
            "place": "Bath, Maine",
            "days": [{"sky": "sun", "low": 4.5, "high": 10.0}],
        }
        assert asked == ["Which Bath?"]

    asyncio.run(main())


@pytest.mark.parametrize("revision", REVISIONS)
def test_user_may_decline_to_say_it(weather: SimpleNamespace, revision: str) -> None:
    async def main() -> None:
        def decline(question: Any) -> ElicitResult:
            return ElicitResult(action="decline")

        async with client(weather.server, revision=revision, on_elicit=decline) as session:
            result = await session.call_tool("forecast", {"place": "Bath"})
        assert result.is_error
        assert text_of(result) == "The user did not say which Bath is meant."

    asyncio.run(main())


@pytest.mark.parametrize("revision", REVISIONS)
def test_client_that_cannot_ask_is_told_the_places(weather: SimpleNamespace, revision: str) -> None:
    async def main() -> None:
        async with client(weather.server, revision=revision) as session:
            result = await session.call_tool("forecast", {"place": "Bath"})
        assert result.is_error
        assert "Bath, Somerset; Bath, Maine" in text_of(result)

    asyncio.run(main())


@pytest.mark.parametrize("revision", REVISIONS)
def test_comparing_asks_once_and_tells_its_progress(weather: SimpleNamespace, revision: str) -> None:
    async def main() -> None:
        asked: list[str] = []
        progress: list[tuple[float, float | None, str | None]] = []
        on_elicit = choosing("Bath, Somerset", asked)
        async with client(weather.server, revision=revision, on_elicit=on_elicit) as session:
            result = await session.call_tool(
                "compare",
                {"places": ["Bath", "Lyme Regis"]},
                on_progress=lambda told: progress.append((told.progress, told.total, told.message)),
            )
        assert '"place":"Bath, Somerset"' in text_of(result)
        assert asked == ["Which Bath?"]
        assert progress == [(1, 2, "Bath, Somerset"), (2, 2, "Lyme Regis, Dorset")]

    asyncio.run(main())


def test_resource_prompt_and_completion(weather: SimpleNamespace) -> None:
    async def main() -> None:
        async with client(weather.server) as session:
            (contents,) = (await session.read_resource("weather://3")).contents
            assert isinstance(contents, TextResourceContents)
            assert contents.text == "fog, 5.5 to 11 °C"
            with pytest.raises(McpError) as unknown:
                await session.read_resource("weather://99")
            assert unknown.value.code == -32602
            prompt = await session.get_prompt("pack", {"place": "Bath"})
            assert "Bath for 3 days" in str(prompt.messages[0].content)
            typed = CompleteRequestParamsArgument(name="place", value="b")
            found = await session.complete(PromptReference(name="pack"), typed)
            assert found.completion.values == ["Bath", "Box Hill"]

    asyncio.run(main())


def test_model_is_told_that_the_service_is_down(
    weather: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with weather.fake_service.serving() as url:
        monkeypatch.setenv("WEATHER_API", url)  # from now on nobody listens there

    async def main() -> None:
        async with client(weather.server) as session:
            result = await session.call_tool("forecast", {"place": "Bath"})
        assert result.is_error
        assert text_of(result) == "The weather service does not answer. Try again later."

    asyncio.run(main())


@pytest.mark.slow
def test_it_is_served_as_its_readme_says(mcpgen: str) -> None:
    async def main() -> None:
        transport = StdioTransport([mcpgen, "serve", "server:server", "--stdio"], cwd=EXAMPLE)
        async with Client(transport) as session:
            result = await session.call_tool("forecast", {"place": "Box Hill", "days": 1})
        assert result.structured_content == {
            "place": "Box Hill, Surrey",
            "days": [{"sky": "rain", "low": 6.5, "high": 12.0}],
        }

    asyncio.run(main())
