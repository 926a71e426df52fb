"""Several servers judged side by side, each by a run of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mcpgen.errors import McpgenError
from mcpgen.validate.failures import interrupted
from mcpgen.validate.fleet.report import Fleet, Judged
from mcpgen.validate.report import Failure, Report, Run


@dataclass(frozen=True, slots=True)
class Job:
    """A server to be judged: `work` does it and is given what it says what it is doing to.

    Without `work`, the server is listed and not asked. `target` is what a report of nothing names.
    """

    name: str
    target: dict[str, Any]
    work: Callable[[Callable[[str], None]], Awaitable[Report]] | None


class Watcher(Protocol):
    """Who is told how it goes."""

    def doing(self, name: str, what: str) -> None:
        """The server `name` is now asked `what`."""

    def judged(self, server: Judged) -> None:
        """A server is done."""


async def judge_all(jobs: Sequence[Job], *, parallel: int, watcher: Watcher) -> Fleet:
    """Run every job, so many at a time.

    Cancelled, it cancels them, and gives what they have found until then; those that had not begun are
    reported as interrupted. Cancelled again, it raises `CancelledError`, with every server ended.
    """
    turn = asyncio.Semaphore(parallel)
    found: dict[str, Judged] = {}

    async def run(job: Job) -> None:
        async with turn:
            found[job.name] = await _judged(job, watcher)
        watcher.judged(found[job.name])

    tasks = [asyncio.create_task(run(job)) for job in jobs]
    try:
        await _all_done(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        try:
            await _all_done(tasks)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            await _all_done(tasks)
            raise
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
    return Fleet(tuple(found.get(job.name) or _never_begun(job) for job in jobs))


async def _all_done(tasks: Sequence[asyncio.Task[None]]) -> None:
    if tasks:
        await asyncio.wait(tasks)


async def _judged(job: Job, watcher: Watcher) -> Judged:
    if job.work is None:
        return Judged(job.name, None)
    began = time.monotonic()
    try:
        report = await job.work(lambda what: watcher.doing(job.name, what))
    except McpgenError as error:
        report = _failed(job, Failure(error.exit_code, error.message, error.hint))
    return Judged(job.name, report, time.monotonic() - began)


def _never_begun(job: Job) -> Judged:
    if job.work is None:
        return Judged(job.name, None)
    return Judged(job.name, _failed(job, interrupted(0)))


def _failed(job: Job, failure: Failure) -> Report:
    return Report(dict(job.target), (Run("none", "legacy", failure=failure),))
