"""A component of functions: those of `echo` give back what they get."""

from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import types  # noqa: F401


class Echo:
    """Made of the names in the bindings."""


def _echo(self: Echo, value: Any) -> Any:
    return value


for _name in vars(exports.Echo):
    if not _name.startswith("_"):
        setattr(Echo, _name, _echo)


class Trouble:
    """What fails, each in its own way."""

    def divide(self, dividend: int, divisor: int) -> int:
        from wit_world.exports import trouble

        if divisor == 0:
            raise Err(trouble.Reason.ZERO)
        if dividend == -(2**31) and divisor == -1:
            raise Err(trouble.Reason.OVERFLOW)
        return int(dividend / divisor)

    def refuse(self, how: Any) -> None:
        raise Err(how)

    def say_no(self, text: str) -> str:
        raise Err(text)

    def fail(self) -> None:
        raise Err(None)

    def crash(self, after: int) -> None:
        raise RuntimeError(f"after {after}")

    def nothing(self) -> None:
        return None


class WitWorld:
    """What the world itself exports."""

    def join(self, texts: list[str], between: str | None) -> str:
        return (between or "").join(texts)
