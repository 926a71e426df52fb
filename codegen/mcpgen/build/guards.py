"""What an `if` comes to inside of a component, where that is known before anything runs: its Python is."""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from mcpgen.build.library import PLATFORM, VERSION
from mcpgen.build.naming import dotted, names_of

_FACTS: Mapping[str, Any] = {
    "sys.version_info": VERSION,
    "sys.platform": PLATFORM,
    "sys.implementation.name": "cpython",
    "sys.byteorder": "little",
    "os.name": "posix",
    "platform.python_implementation()": "CPython",
}
_PARTS = ("major", "minor", "micro", "releaselevel", "serial")
_COMPARES: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, of: value in of,
    ast.NotIn: lambda value, of: value not in of,
}


class _Open(Exception):
    """Only running it tells."""


class Guards:
    """Decides the conditions of one module."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree

    def decided(self, test: ast.expr) -> bool | None:
        """Whether `test` holds in a component; None where only running it tells.

        Known are the version and the platform of Python, that no types are checked there, what these are
        compared with, `and`, `or` and `not`, and names that the module gives to such a condition once.
        """
        try:
            return bool(self._value(test))
        except (_Open, TypeError, ValueError, IndexError, RecursionError):
            return None

    @cached_property
    def _names(self) -> dict[str, str | None]:
        return names_of(self._tree)

    @cached_property
    def _constants(self) -> dict[str, ast.expr]:
        """What is assigned at the top of the module, of the names that are bound nowhere else in it."""
        bound: Counter[str] = Counter()
        for each in ast.walk(self._tree):
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
                bound[each.id] += 1
            for field in ("arg", "asname", "name", "rest"):  # parameters, imports, functions, what is matched
                bound[str(getattr(each, field, ""))] += 1
        found: dict[str, ast.expr] = {}
        for node in self._tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if (
                isinstance(node, ast.Assign | ast.AnnAssign)
                and isinstance(target, ast.Name)
                and isinstance(value, ast.expr)
                and bound[target.id] == 1
            ):
                found[target.id] = value
        return found

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Tuple() | ast.List() | ast.Set():
                return tuple(self._value(each) for each in node.elts)
            case ast.Name() | ast.Attribute():
                return self._named(node)
            case ast.UnaryOp(op=ast.Not()):
                return not self._value(node.operand)
            case ast.BoolOp():
                return self._joined(node)
            case ast.Compare():
                return self._compared(node)
            case ast.Subscript(slice=ast.Slice(lower=None, upper=ast.Constant() as end, step=None)):
                return self._value(node.value)[: end.value]
            case ast.Subscript(slice=ast.Constant() as at):
                return self._value(node.value)[at.value]
            case ast.Call(func=ast.Attribute(attr="startswith"), args=[given], keywords=[]):
                return str.startswith(self._value(node.func.value), self._value(given))  # type: ignore[attr-defined]
            case ast.Call(args=[], keywords=[]) if (
                called := f"{dotted(node.func, self._names)}()"
            ) in _FACTS:
                return _FACTS[called]
        raise _Open

    def _named(self, node: ast.Name | ast.Attribute) -> Any:
        if (node.attr if isinstance(node, ast.Attribute) else node.id) == "TYPE_CHECKING":
            return False
        called = dotted(node, self._names)
        if called in _FACTS:
            return _FACTS[called]
        if isinstance(node, ast.Name) and self._names.get(node.id) is None and node.id in self._constants:
            return self._value(self._constants[node.id])
        if isinstance(node, ast.Attribute) and node.attr in _PARTS:
            version = self._value(node.value)
            if version == VERSION:
                return version[_PARTS.index(node.attr)]
        raise _Open

    def _joined(self, node: ast.BoolOp) -> bool:
        """`and` is false, and `or` true, by one that is, whatever the others come to."""
        ending = isinstance(node.op, ast.Or)
        values = [self.decided(each) for each in node.values]
        if ending in values:
            return ending
        if None in values:
            raise _Open
        return not ending

    def _compared(self, node: ast.Compare) -> bool:
        match node:
            # A component's modules are imported, whatever they are called.
            case ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]):
                return False
        value = self._value(node.left)
        for op, right in zip(node.ops, node.comparators, strict=True):
            compare = _COMPARES.get(type(op))
            if compare is None:
                raise _Open
            other = self._value(right)
            if not compare(value, other):
                return False
            value = other
        return True
