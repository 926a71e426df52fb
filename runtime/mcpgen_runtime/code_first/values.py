"""Values that JSON has no word for, to JSON and back. Frozen codecs are written in these functions.

Each agrees with pydantic on what it makes of a text that its format allows.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import enum
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from mcpgen_runtime.code_first.refusals import Refused
from mcpgen_types.codec import escape

if TYPE_CHECKING:
    import decimal
    import uuid
    from pathlib import Path


#: Without importing their modules, which takes long.
_AS_TEXT = {("uuid", "UUID"), ("decimal", "Decimal")}


#: RFC 3339, but an offset may be missing, or seconds; and of a date with a time all of the time.
_DATE = r"\d{4}-\d\d-\d\d"
_TIME = r"([01]\d|2[0-3]):\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:[0-5]\d)?"
_IS_DATE = re.compile(_DATE, re.ASCII).fullmatch
_IS_TIME = re.compile(_TIME, re.ASCII | re.IGNORECASE).fullmatch
_IS_DATETIME = re.compile(f"{_DATE}([T ]{_TIME})?", re.ASCII | re.IGNORECASE).fullmatch


def to_int(value: Any) -> int:
    """An integer, which JSON may write as 5.0."""
    return value if value.__class__ is int else int(value)


def to_float(value: Any) -> float:
    """A float, which JSON may write as 5."""
    return value if value.__class__ is float else float(value)


def to_datetime(value: Any) -> datetime.datetime:
    """Of a date and time: 2026-07-28T12:00:00Z."""
    try:
        if _IS_DATETIME(value):
            return datetime.datetime.fromisoformat(value.upper())
    except (TypeError, ValueError):
        pass
    raise Refused("a date and time, such as 2026-07-28T12:00:00Z", value)


def to_date(value: Any) -> datetime.date:
    """Of a date: 2026-07-28."""
    try:
        if _IS_DATE(value):
            return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    raise Refused("a date, such as 2026-07-28", value)


def to_time(value: Any) -> datetime.time:
    """Of a time: 12:00:00, with an offset or without."""
    try:
        if _IS_TIME(value):
            return datetime.time.fromisoformat(value.upper())
    except (TypeError, ValueError):
        pass
    raise Refused("a time, such as 12:00:00", value)


def to_uuid(value: Any) -> uuid.UUID:
    """Of a UUID."""
    from uuid import UUID  # slow to import: who takes one has it

    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError):
        raise Refused("a UUID", value) from None


def to_literal(value: Any, options: tuple[Any, ...]) -> Any:
    """The one of `options` that is `value`: 1.0 is 1, and True is not."""
    for option in options:
        if option == value and (option.__class__ is bool) is (value.__class__ is bool):
            return option
    raise Refused(f"one of {', '.join(map(repr, options))}", value)


def to_made(kind: Any, fields: dict[str, Any]) -> Any:
    """An object of a class that looks at its fields itself, and may refuse them."""
    try:
        return kind(**fields)
    except (ValueError, AssertionError) as error:
        raise Refused(f"a valid value ({error})", fields) from None


def under(step: str | int, convert: Callable[[Any], Any], value: Any) -> Any:
    """`convert(value)`; what it refuses, it refuses at `step` of the value around."""
    try:
        return convert(value)
    except Refused as refused:
        raise refused.under(f"/{escape(str(step))}") from None


def converts(convert: Callable[[Any], Any], value: Any) -> bool:
    """Whether `convert` takes `value`: what a union asks of its members."""
    try:
        convert(value)
    except (Refused, TypeError, ValueError):
        return False
    return True


Choice: TypeAlias = tuple[int, int | None, Callable[[Any], Any]]


def better(best: Choice | None, how: int, known: int | None, convert: Callable[[Any], Any]) -> Choice:
    """Which of two members of a union takes a value better: the best so far, or one with these marks.

    `how` is 2 where it takes the value as it stands, 1 with an integer for a number, 0 converted; `known` is
    how many keys it knows, None where it has no objects.
    """
    if best is None:
        return how, known, convert
    if known is not None and best[1] is not None and known != best[1]:
        is_better = known > best[1]
    else:
        is_better = how > best[0]
    return (how, known, convert) if is_better else best


def total(counts: Iterable[int | None]) -> int | None:
    """The sum of the numbers among `counts`; None where there are none."""
    numbers = [count for count in counts if count is not None]
    return sum(numbers) if numbers else None


def is_integer(value: Any) -> bool:
    """Whether JSON Schema calls `value` an integer."""
    return value.__class__ is int or (value.__class__ is float and value.is_integer())


def to_decimal(value: Any) -> decimal.Decimal:
    """Of a number, or of its text."""
    from decimal import Decimal, InvalidOperation

    try:
        made = Decimal(str(value))
    except InvalidOperation:
        made = None
    if made is None or not made.is_finite():
        raise Refused("a decimal number", value)
    return made


def to_path(value: Any) -> Path:
    """Of a path."""
    from pathlib import Path

    return Path(value)


def from_int(value: Any) -> Any:
    """An integer that is written as one, be it a bool or the member of an enum."""
    return int(value) if isinstance(value, int) else value


def from_float(value: Any) -> Any:
    """A number that is written as a float: 5 as 5.0."""
    return float(value) if isinstance(value, int | float) else value


def from_datetime(value: Any) -> str:
    """A date, a time or both, as RFC 3339 has them: UTC is Z."""
    text = str(value.isoformat())
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def plain(value: Any) -> Any:
    """Any Python value as JSON, for a tool without annotations. Raises `TypeError` for what is none."""
    kind = value.__class__
    if value is None or kind in (str, int, float, bool):
        return value
    if kind is dict or isinstance(value, Mapping):
        return {_key(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if dataclasses.is_dataclass(kind):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(kind)}
    dump = getattr(value, "model_dump", None)
    if callable(dump):  # of a pydantic model
        return dump(mode="json", by_alias=True)
    if isinstance(value, datetime.date | datetime.time):
        return from_datetime(value)
    if (kind.__module__, kind.__name__) in _AS_TEXT:
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, str | int | float):  # of a subclass
        return value
    raise TypeError(f"a {kind.__name__} cannot be written as JSON")


def has_fields(value: Any) -> bool:
    """Whether `value` is an object of a dataclass."""
    return hasattr(value.__class__, "__dataclass_fields__")


def by_place(value: Any, writers: tuple[Callable[[Any], Any], ...]) -> Any:
    """A tuple as JSON, each of its items written by the function at its place."""
    if not isinstance(value, tuple | list):
        return plain(value)
    written = [write(each) for write, each in zip(writers, value, strict=False)]
    return written + [plain(each) for each in value[len(writers) :]]


def by_class(value: Any, writers: Mapping[Any, Callable[[Any], Any]]) -> Any:
    """As `plain`, but an object of one of the classes, or else of a subclass, is written as that class is."""
    write = writers.get(value.__class__)
    if write is None and has_fields(value):
        write = next((each for kind, each in writers.items() if isinstance(value, kind)), None)
    if write is not None:
        return write(value)
    if isinstance(value, Mapping):
        return {_key(key): by_class(each, writers) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [by_class(each, writers) for each in value]
    return plain(value)


def _key(key: Any) -> str:
    named = plain(key)
    return named if isinstance(named, str) else str(named)
