"""From a URI to the values from which a template could have made it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .places import Places
from .syntax import OPERATORS, Expression, Literal, Variable, decode, encode

Value = str | list[str] | dict[str, str]
Match = dict[str, Value]

_BROKEN_TRIPLET = r"%(?![0-9A-Fa-f]{2})"
_NOT_ASCII = r"[^\x00-\x7f]+"
_NO_URI = "".join(map(chr, range(0x21))) + '"<>\\^`{|}\x7f'
_SEGMENT_ENDS = "/?#[]"
_QUERY_ENDS = "#[]"


class Matcher:
    """Matches the parts of a template."""

    __slots__ = ("_parts", "_start")

    def __init__(self, parts: Sequence[Literal | Expression]) -> None:
        self._start = parts[0].text if parts and isinstance(parts[0], Literal) else ""
        self._parts = _joined(parts)

    def match(self, uri: str) -> Match | None:
        """The values of the variables, or None."""
        try:
            if not uri.isascii():
                uri = re.sub(_NOT_ASCII, lambda found: encode(found[0], reserved=False), uri)
            if not uri.startswith(self._start) or ("%" in uri and re.search(_BROKEN_TRIPLET, uri)):
                return None
            spans = self._spans(Places(uri))
            return None if spans is None else self._values(uri, spans)
        except UnicodeError:
            return None

    def _spans(self, places: Places) -> list[tuple[int, int]] | None:
        """Where each part is in the URI.

        First all places are found where each part may end. Then, from the end of the URI back, each part
        takes the last start that leads there, so that the parts before it get the most.
        """
        reached = [1]
        for part in self._parts:
            reached.append(part.ends(reached[-1], places) & places.between_characters)
            if not reached[-1]:
                return None
        end = len(places.uri)
        if not reached[-1] >> end & 1:
            return None
        spans: list[tuple[int, int]] = []
        for part, starts in zip(reversed(self._parts), reversed(reached[:-1]), strict=True):
            start = part.start(starts, end, places)
            spans.append((start, end))
            end = start
        return spans[::-1]

    def _values(self, uri: str, spans: list[tuple[int, int]]) -> Match | None:
        values = _Values()
        for part, (start, end) in zip(self._parts, spans, strict=True):
            if start < end and not part.read(uri[start:end], values):
                return None
        return values.whole()


class _Text:
    """A literal."""

    __slots__ = ("_text",)

    def __init__(self, literal: Literal) -> None:
        self._text = literal.text

    def ends(self, starts: int, places: Places) -> int:
        """Where the part may end if it starts at one of `starts`."""
        return places.after(self._text, starts)

    def start(self, starts: int, end: int, places: Places) -> int:
        """The last of `starts` from which the part may end at `end`."""
        return end - len(self._text)

    def read(self, text: str, values: _Values) -> bool:
        """Add what stands in `text`, which is not empty; false where it cannot come from this part."""
        return True


class _Listed:
    """An expression of values without their names. It takes a character at least, or its operator."""

    __slots__ = ("_ends", "_first", "_reserved", "_separator", "_variables")

    def __init__(self, expression: Expression) -> None:
        self._variables = expression.variables
        self._first, self._separator, *_, self._reserved = expression.operator
        ends = "" if self._reserved else _SEGMENT_ENDS
        if len(self._variables) > 1 or self._variables[0].exploded:
            ends = ends.replace(self._separator, "")
        self._ends = _NO_URI + ends

    def ends(self, starts: int, places: Places) -> int:
        """As of `_Text`; where the operator has a character, the part may be missing."""
        if self._first:
            return starts | places.along(places.after(self._first, starts), self._ends)
        return (places.along(starts, self._ends) & places.but(self._ends)) << 1

    def start(self, starts: int, end: int, places: Places) -> int:
        """As of `_Text`."""
        before = starts & ((1 << end) - 1)
        if not self._first:
            return before.bit_length() - 1
        start = (before & places.of(self._first)).bit_length() - 1
        return start if start >= 0 and start + 1 >= places.from_where(end, self._ends) else end

    def read(self, text: str, values: _Values) -> bool:
        """As of `_Text`. An exploded variable takes what those after it leave."""
        items = text[len(self._first) :].split(self._separator)
        for later, variable in zip(reversed(range(len(self._variables))), self._variables, strict=True):
            count = max(1, len(items) - later) if variable.exploded or not later else 1
            taken, items = items[:count], items[count:]
            if taken and not values.add(variable, self._value(variable, taken)):
                return False
        return True

    def _value(self, variable: Variable, items: list[str]) -> Value:
        if not variable.exploded:
            return decode(self._separator.join(items))
        if self._reserved or not all("=" in item for item in items):
            return [decode(item) for item in items]
        pairs = (item.partition("=") for item in items)
        return {decode(key): decode(value) for key, _, value in pairs}


class _Named:
    """An expression, or several side by side, of values with their names, in any order. It may be missing."""

    __slots__ = ("_ends", "_exploded", "_firsts", "_separator", "_variables")

    def __init__(self, expressions: Iterable[Expression]) -> None:
        variables = [variable for expression in expressions for variable in expression.variables]
        operators = [expression.operator for expression in expressions]
        self._variables = {variable.name: variable for variable in variables}
        self._exploded = [variable for variable in variables if variable.exploded]
        self._firsts = "".join(dict.fromkeys(operator.first for operator in operators))
        self._separator = operators[0].separator
        self._ends = _NO_URI + (_SEGMENT_ENDS if operators[0] == OPERATORS[";"] else _QUERY_ENDS)

    def ends(self, starts: int, places: Places) -> int:
        """As of `_Text`."""
        return starts | places.along((starts & places.of(self._firsts)) << 1, self._ends)

    def start(self, starts: int, end: int, places: Places) -> int:
        """As of `_Text`."""
        start = (starts & places.of(self._firsts) & ((1 << end) - 1)).bit_length() - 1
        return start if start >= 0 and start + 1 >= places.from_where(end, self._ends) else end

    def read(self, text: str, values: _Values) -> bool:
        """As of `_Text`. An exploded variable takes the names that are none of a variable."""
        named: dict[str, list[str]] = {}
        others: dict[str, str] = {}
        for item in text[1:].split(self._separator):
            name, _, value = item.partition("=")
            if name in self._variables:
                named.setdefault(name, []).append(decode(value))
            elif not name or not self._exploded or decode(name) in others:
                return False
            else:
                others[decode(name)] = decode(value)
        free = next((variable for variable in self._exploded if variable.name not in named), None)
        if others and (free is None or not values.add(free, others)):
            return False
        for name, found in named.items():
            variable = self._variables[name]
            if not variable.exploded and len(found) > 1:
                return False
            if not values.add(variable, found if variable.exploded else found[0]):
                return False
        return True


class _Values:
    """What was found so far."""

    __slots__ = ("_found", "_starts")

    def __init__(self) -> None:
        self._found: Match = {}
        self._starts: list[tuple[Variable, str]] = []

    def add(self, variable: Variable, value: Value) -> bool:
        """Add a value; false where the variable has another one already."""
        if variable.prefix is not None and isinstance(value, str):
            self._starts.append((variable, value))
            return True
        return self._found.setdefault(variable.name, value) == value

    def whole(self) -> Match | None:
        """All values; None where `{name:3}` found anything but the start of one."""
        for variable, start in sorted(self._starts, key=lambda each: len(each[1]), reverse=True):
            value = self._found.setdefault(variable.name, start)
            if not isinstance(value, str) or value[: variable.prefix] != start:
                return None
        return self._found


def _joined(parts: Sequence[Literal | Expression]) -> list[_Text | _Listed | _Named]:
    """The parts, those side by side as one that are parameters of the same query."""
    joined: list[_Text | _Listed | _Named] = []
    beside: list[Expression] = []
    for part in parts:
        if beside and not (
            isinstance(part, Expression) and part.operator.first == beside[0].operator.separator
        ):
            joined.append(_Named(beside))
            beside = []
        if isinstance(part, Literal):
            joined.append(_Text(part))
        elif part.operator.named:
            beside.append(part)
        else:
            joined.append(_Listed(part))
    return [*joined, _Named(beside)] if beside else joined
