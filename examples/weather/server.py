"""Weather for a model: tools that ask an HTTP API, tell progress, and ask the user which place is meant."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fake_service import serving
from service import Day, Place, Service

from mcpgen_runtime import RequestContext, ResourceNotFound, Server, ToolError
from mcpgen_runtime.code_first import Schema


@asynccontextmanager
async def lifespan(server: Server) -> AsyncIterator[Service]:
    """The API at WEATHER_API, or one of our own, so that the example runs by itself."""
    url = os.environ.get("WEATHER_API")
    if url is not None:
        yield Service(url)
    else:
        with serving() as own:
            yield Service(own)


server = Server(
    "weather",
    "1.0.0",
    title="Weather",
    instructions="Places are known by name. The user is asked which one is meant where several have it.",
    lifespan=lifespan,
)

Name = Annotated[str, Schema(minLength=1, description="the name of a town or a hill")]
Count = Annotated[int, Schema(minimum=1, maximum=7, description="how many days, from today on")]


@dataclass
class Forecast:
    """The weather to come at one place."""

    place: str
    days: list[Day]


@server.tool(annotations={"readOnlyHint": True, "openWorldHint": True})
async def forecast(place: Name, ctx: RequestContext, days: Count = 3) -> Forecast:
    """The weather of the next days at a place."""
    return await _forecast(await _meant(place, ctx), days, ctx)


@server.tool(annotations={"readOnlyHint": True, "openWorldHint": True})
async def compare(places: Annotated[list[Name], Schema(minItems=2)], ctx: RequestContext) -> list[Forecast]:
    """Today's weather at several places."""
    # Questions first: in 2026-07-28 each answer begins this function anew.
    asked = {place: await _meant(place, ctx) for place in dict.fromkeys(places)}
    meant = [asked[place] for place in places]
    found = []
    for number, place in enumerate(meant, 1):
        found.append(await _forecast(place, 1, ctx))
        await ctx.progress(number, total=len(meant), message=str(place))
    return found


@server.resource("weather://{number}", mime_type="text/plain")
async def today(number: int, uri: str, ctx: RequestContext) -> str:
    """Today's weather at the place of that number, in one line."""
    days = await ctx.state(Service).days(number, 1)
    if not days:
        raise ResourceNotFound(uri)
    return f"{days[0].sky}, {days[0].low:g} to {days[0].high:g} °C"


@server.prompt
def pack(place: str, days: str = "3") -> str:
    """What to pack for a journey."""
    return f"I am going to {place} for {days} days. Look up the forecast and tell me what to pack."


@server.completion("pack", "place")
async def names(typed: str, ctx: RequestContext) -> list[str]:
    return sorted({place.name for place in await ctx.state(Service).beginning(typed)})


async def _meant(name: str, ctx: RequestContext) -> Place:
    """The place of that name; the user says which, where there are several."""
    places = {str(place): place for place in await ctx.state(Service).named(name)}
    if not places:
        raise ToolError(f"There is no place called {name!r}.")
    if len(places) == 1:
        return next(iter(places.values()))
    if ctx.client_capabilities.elicitation is None:
        raise ToolError(f"There are several: {'; '.join(places)}. This client cannot ask the user which.")
    form = {
        "type": "object",
        "properties": {"place": {"type": "string", "title": "Place", "enum": list(places)}},
        "required": ["place"],
    }
    answer = await ctx.elicit(f"Which {name}?", form, key=name)
    if answer.action != "accept" or answer.content is None:
        raise ToolError(f"The user did not say which {name} is meant.")
    return places[str(answer.content["place"])]


async def _forecast(place: Place, count: int, ctx: RequestContext) -> Forecast:
    return Forecast(str(place), await ctx.state(Service).days(place.id, count) or [])
