"""A calculator, schema-first: this module is what its author writes, `generated/` is what mcpgen writes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

from generated import (
    AddArguments,
    AddResult,
    ConstantVariables,
    EvaluateArguments,
    EvaluateResult,
    Expression,
    FormatNumberArguments,
    Handlers,
    Step,
    WordProblemArguments,
    create_server,
)

from mcpgen_runtime import RequestContext, ResourceNotFound, ToolError

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}
DIGITS = tuple(str(digits) for digits in range(16))
OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")),
    *((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)


class Calculator(Handlers):
    """One method for each feature of `server.mcp.json`."""

    async def add(self, arguments: AddArguments, ctx: RequestContext) -> AddResult:
        return AddResult(sum=finite(lambda: arguments.a + arguments.b))

    async def evaluate(self, arguments: EvaluateArguments, ctx: RequestContext) -> EvaluateResult:
        steps: list[Step] = []
        try:
            value = finite(lambda: evaluated(arguments.expression, steps))
        except ZeroDivisionError:
            raise ToolError("The expression divides by zero.") from None
        return EvaluateResult(value=round(value, arguments.digits), steps=steps)

    async def format_number(self, arguments: FormatNumberArguments, ctx: RequestContext) -> str:
        match arguments.system:
            case "binary":
                return f"{arguments.number:b}"
            case "hexadecimal":
                return f"{arguments.number:x}"
            case "roman":
                return roman(arguments.number)

    async def read_constants(self, ctx: RequestContext) -> str:
        return json.dumps(CONSTANTS)

    async def read_constant(self, variables: ConstantVariables, ctx: RequestContext) -> str:
        if variables.name not in CONSTANTS:
            raise ResourceNotFound(f"calculator://constants/{variables.name}")
        # What a client writes into a URI is any text: only a template says what it means, no schema.
        digits = variables.digits if variables.digits in DIGITS else "6"
        return f"{CONSTANTS[variables.name]:.{digits}f}"

    async def prompt_word_problem(self, arguments: WordProblemArguments, ctx: RequestContext) -> str:
        how = "Show every step." if arguments.style == "stepwise" else "Give the number and nothing else."
        task = f"Write this as one expression, have `evaluate` work it out, and answer. {how}"
        return f"{task}\n\n{arguments.problem}"

    # Completers are found by their names: complete_METHOD_ARGUMENT.

    async def complete_read_constant_name(
        self, typed: str, settled: dict[str, str], ctx: RequestContext
    ) -> list[str]:
        return [name for name in CONSTANTS if name.startswith(typed)]

    async def complete_prompt_word_problem_style(
        self, typed: str, settled: dict[str, str], ctx: RequestContext
    ) -> list[str]:
        return [style for style in ("short", "stepwise") if style.startswith(typed)]


def finite(compute: Callable[[], float]) -> float:
    """What `compute` returns. Raises `ToolError`, for the model to read, where no float holds it."""
    try:
        if math.isfinite(value := compute()):
            return value
    except OverflowError:  # JSON's integers have no bounds: 10**400 is one, and fits no float
        pass
    raise ToolError("The value is too large.")


def evaluated(expression: Expression, steps: list[Step]) -> float:
    """The value of an expression; each operation on the way is added to `steps`."""
    if isinstance(expression, str):
        return CONSTANTS[expression]
    if isinstance(expression, int | float):
        return expression
    operands = [evaluated(operand, steps) for operand in expression.operands]
    value = operands[0]
    for operand in operands[1:]:
        value = OPERATIONS[expression.operator](value, operand)
    text = f" {expression.operator} ".join(f"{operand:g}" for operand in operands)
    steps.append(Step(text=text, value=value))
    return value


def roman(number: int) -> str:
    """`number` in Roman numerals, which have no zero and end at 3999."""
    if not 0 < number < 4000:
        raise ToolError("Roman numerals go from 1 to 3999.")
    written = ""
    for value, numeral in ROMAN:
        count, number = divmod(number, value)
        written += numeral * count
    return written


server = create_server(Calculator())
