"""The client of the weather service: what its JSON says, as types."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

from mcpgen_runtime import ToolError


class ServiceDown(ToolError):
    """The service cannot be reached, or says nothing sensible: something for the model to know."""

    def __init__(self) -> None:
        super().__init__("The weather service does not answer. Try again later.")


@dataclass(frozen=True)
class Place:
    """Somewhere with weather. Several places may have one name."""

    id: int
    name: str
    region: str

    def __str__(self) -> str:
        return f"{self.name}, {self.region}"


@dataclass(frozen=True)
class Day:
    """The weather of one day, in degrees Celsius."""

    sky: str
    low: float
    high: float


class Service:
    """A weather service at a URL. Every method raises `ServiceDown`."""

    def __init__(self, url: str, *, seconds: float = 10) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds

    async def named(self, name: str) -> list[Place]:
        """The places of that name."""
        return [Place(**each) for each in await self._get("places", name=name)]

    async def beginning(self, prefix: str) -> list[Place]:
        """The places whose names begin so."""
        return [Place(**each) for each in await self._get("places", prefix=prefix)]

    async def days(self, place: int, count: int) -> list[Day] | None:
        """The next days at the place of that number; None where there is no such place."""
        days = await self._get(f"places/{place}/days", count=count)
        return None if days is None else [Day(**each) for each in days]

    async def _get(self, path: str, **query: str | int) -> Any:
        # The standard library's client waits: not where everybody else would wait too.
        return await asyncio.to_thread(self._fetch, f"{self._url}/{quote(path)}?{urlencode(query)}")

    def _fetch(self, url: str) -> Any:
        try:
            with urlopen(url, timeout=self._seconds) as answer:
                return json.load(answer)
        except HTTPError as error:
            if error.code == 404:
                return None
            raise ServiceDown from error
        except (URLError, OSError, ValueError) as error:
            raise ServiceDown from error
