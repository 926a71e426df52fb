"""Asks the calculator, over stdio, for what a word problem comes to."""

from __future__ import annotations

import asyncio
import sys

from generated import Operation, TypedClient

from mcpgen_runtime import ToolError
from mcpgen_runtime.client import Client, StdioTransport


async def main() -> None:
    command = [sys.executable, "-m", "mcpgen", "serve", "handlers:server", "--stdio"]
    async with Client(StdioTransport(command)) as connection:
        calculator = TypedClient(connection)
        print("1 + 2 =", (await calculator.add(a=1, b=2)).sum)

        circle = Operation(operator="*", operands=["pi", Operation(operator="*", operands=[3, 3])])
        result = await calculator.evaluate(expression=circle, digits=2)
        for step in result.steps:
            print(f"{step.text} = {step.value:g}")
        print("rounded:", result.value)

        try:
            await calculator.evaluate(expression=Operation(operator="/", operands=[1, 0]))
        except ToolError as error:
            print(error)


asyncio.run(main())
