"""A server whose tools try what Python has inside of a component."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import json
import os
import random
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import attrs
import click
import typing_extensions

from mcpgen_runtime import RequestContext, Server

server = Server("probe", "1.2.3", title="Probe")
drawn_while_built = datetime.datetime.now(datetime.UTC).year


@dataclass
class Point:
    """A point."""

    x: int
    y: int = 0


class Odd(Exception):
    """Raised to be printed."""


def probe(function: Callable[[], Any]) -> None:
    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        found = function()
        return json.dumps(await found if inspect.isawaitable(found) else found)

    server.add_tool({"name": function.__name__, "inputSchema": {"type": "object"}}, handler)


#: As long as components are made, WASI's names begin so.
named_oddly = {"wasx:": "wasx:http"}


@probe
def text_that_is_also_a_name() -> list[str]:
    return [*named_oddly.values(), *(value for key, value in named_oddly.items() if key[:3] == "was")]


@probe
def python_of_the_component() -> list[Any]:
    return [tuple(sys.version_info), sys.platform, os.name, sorted(sys.stdlib_module_names)]


@attrs.define
class Line:
    """Made by a package of others."""

    length: int


@probe
def packages_of_others() -> list[str]:
    return [repr(Line(3)), click.style("red", fg="red"), str(typing_extensions.TypeIs)]


@probe
def signature_of_a_function() -> str:
    def function(a: int, *, b: str = "x") -> None:
        """Does nothing."""

    return str(inspect.signature(function)) + str(inspect.getdoc(function))


@probe
def dataclass_and_its_docstring() -> list[Any]:
    return [repr(Point(1)), Point.__doc__, str(inspect.signature(Point))]


@probe
def traceback_of_an_exception() -> str:
    try:
        raise Odd("on purpose")
    except Odd:
        return traceback.format_exc()


@probe
async def tasks_in_a_group() -> list[int]:
    async def double(value: int) -> int:
        await asyncio.sleep(0.01)
        return 2 * value

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(double(value)) for value in range(3)]
    return [task.result() for task in tasks]


@probe
async def names_of_asyncio() -> list[str]:
    queue: asyncio.Queue[int] = asyncio.Queue()
    queue.put_nowait(1)
    async with asyncio.timeout(1), asyncio.Semaphore(1):
        await asyncio.gather(queue.get())
    return sorted({"TaskGroup", "gather", "run", "Runner"} & set(asyncio.__all__))


@probe
def text_in_other_encodings() -> list[str]:
    return ["é".encode(name).hex() for name in ("latin-1", "cp1252", "utf-16-le", "utf-8-sig")]


@probe
def module_that_is_not_there() -> str:
    try:
        __import__("fancy")
    except ImportError as error:
        return f"{error} ({error.name})"
    return "found"


@probe
def codec_that_no_server_needs() -> str:
    from mcpgen_types.v2026_07_28 import CreateMessageRequestParams, decode_CreateMessageRequestParams

    params = decode_CreateMessageRequestParams({"messages": [], "maxTokens": 5})
    return f"{isinstance(params, CreateMessageRequestParams)} {params.max_tokens}"


@probe
def codec_of_an_older_revision() -> list[str]:
    from mcpgen_types import v2025_06_18

    return [v2025_06_18.decode_Tool({"name": "n", "inputSchema": {"type": "object"}}).name]


@probe
def numbers_from_a_seed() -> bool:
    return random.Random(7).random() == random.Random(7).random()


@probe
def numbers_without_a_seed() -> list[str]:
    found = []
    for name in ("random", "choice", "shuffle", "getrandbits"):
        given: list[Any] = {"random": [], "getrandbits": [8]}.get(name, [[1, 2, 3]])
        try:
            found.append(repr(getattr(random, name)(*given)))
        except NotImplementedError as error:
            found.append(str(error))
    return found


@probe
def identifier() -> str:
    import uuid

    try:
        return str(vars(uuid)["uuid4"]())
    except NotImplementedError as error:
        return str(error)


@probe
def file_of_the_machine() -> str:
    try:
        with open("/etc/hostname") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        return str(error)


@probe
def year() -> list[int]:
    return [drawn_while_built, datetime.datetime.now(datetime.UTC).year]


@probe
def converters_in_memory() -> list[str]:
    return sorted(name.split(".")[1] for name in sys.modules if name.endswith(".neutral"))
