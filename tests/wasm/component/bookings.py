"""A code-first server, to be frozen and to become a component."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from mcpgen_runtime import Depends, RequestContext, Server, ToolError
from mcpgen_runtime.code_first import Schema

server = Server("bookings", "1.0.0", title="Bookings", instructions="Book early.")


class Class(enum.Enum):
    FIRST = "first"
    SECOND = "second"


@dataclass
class Leg:
    start: str
    end: str
    day: date
    carriage: Class = Class.SECOND


@dataclass
class Booking:
    """What was booked."""

    legs: list[Leg]
    seats: int
    booked: datetime
    notes: dict[str, str | int] = field(default_factory=dict)


def counter() -> Iterator[list[int]]:
    """A list that is empty at the begin of every request."""
    counted: list[int] = []
    yield counted
    counted.clear()


@server.tool(title="Book a journey")
def book(
    legs: Annotated[list[Leg], Schema(minItems=1)],
    seats: Annotated[int, Schema(minimum=1, maximum=6)] = 1,
    wish: Literal["window", "aisle"] | None = None,
) -> Booking:
    """Books a journey.

    Args:
        legs: from where to where
        seats: for how many
        wish: where they want to sit
    """
    if any(leg.start == leg.end for leg in legs):
        raise ToolError("A leg leads somewhere else")
    notes: dict[str, str | int] = {} if wish is None else {"wish": wish}
    return Booking(legs, seats, datetime(2026, 7, 28, 12, tzinfo=UTC), notes)


@server.tool
async def count(
    up_to: int, counted: Annotated[list[int], Depends(counter)], ctx: RequestContext
) -> list[int]:
    """Counts, and tells how far it is."""
    for number in range(1, up_to + 1):
        counted.append(number)
        await ctx.progress(number, total=up_to)
    return list(counted)


@server.tool
async def cancel(reason: str, ctx: RequestContext) -> str:
    """Cancels everything, once the user agrees."""
    answer = await ctx.elicit(
        f"Cancel everything, because of {reason}?",
        {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]},
    )
    agreed = answer.action == "accept" and (answer.content or {}).get("sure") is True
    return "Cancelled" if agreed else "Nothing happened"


@server.tool
def ticket(number: int) -> bytes:
    """The ticket with a number, to be printed."""
    return f"TICKET {number}".encode()


@server.tool
def refund(number: int) -> str:
    """Gives the money back."""
    raise NotImplementedError(f"ticket {number}")


@server.resource("bookings://stations/{name}")
def station(name: str) -> Leg:
    """The way to a station."""
    return Leg("here", name, date(2026, 7, 28))


@server.prompt
def plan(where: str, carriage: Class = Class.SECOND) -> str:
    """Plans a journey."""
    return f"Plan a journey to {where}, {carriage.value} class."
