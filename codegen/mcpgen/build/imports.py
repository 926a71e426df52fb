"""What one source imports, as far as a component's Python would: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mcpgen.build.guards import Guards

_ABSENT = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")


class Import(NamedTuple):
    """That a module is imported. `optional`: whoever imports it does without, if need be.

    The first `certain` parts of its name are modules: `from a.b import c` may mean a name in the code of a.b.
    """

    name: str
    line: int
    optional: bool
    certain: int


def imports(tree: ast.Module, name: str, *, is_package: bool, deep: bool) -> Iterator[Import]:
    """What the source of the module `name` imports; `deep` also inside of functions.

    What stands under a condition that only running it decides, is certain with `deep` alone: authors know
    what they guard, and of what others guard little is ever asked for.
    """
    return _Reading(name, is_package, deep, Guards(tree)).of(tree.body, optional=False)


class _Reading:
    def __init__(self, name: str, is_package: bool, deep: bool, guards: Guards) -> None:
        self._name = name
        self._is_package = is_package
        self._deep = deep
        self._guards = guards

    def of(self, nodes: Sequence[ast.AST], *, optional: bool) -> Iterator[Import]:
        """The imports of statements, in their order."""
        unsure = optional or not self._deep
        for node in nodes:
            match node:
                case ast.Import():
                    for alias in node.names:
                        yield Import(alias.name, node.lineno, optional, alias.name.count(".") + 1)
                case ast.ImportFrom():
                    yield from self._from(node, optional)
                case ast.If():
                    holds = self._guards.decided(node.test)
                    if holds is not False:
                        yield from self.of(node.body, optional=unsure if holds is None else optional)
                    if holds is not True:
                        yield from self.of(node.orelse, optional=unsure if holds is None else optional)
                case ast.Try() | ast.TryStar():
                    caught = optional or any(_are_absent(handler.type) for handler in node.handlers)
                    yield from self.of(node.body, optional=caught)
                    for handler in node.handlers:
                        yield from self.of(handler.body, optional=caught or unsure)
                    yield from self.of([*node.orelse, *node.finalbody], optional=optional)
                case ast.With():
                    yield from self.of(node.body, optional=optional or any(map(_suppresses, node.items)))
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    if self._deep:
                        yield from self.of(node.body, optional=optional)
                case ast.Match():
                    for case in node.cases:
                        yield from self.of(case.body, optional=unsure)
                case _:
                    for _, value in ast.iter_fields(node):
                        if isinstance(value, list):
                            inner = [each for each in value if isinstance(each, ast.stmt)]
                            yield from self.of(inner, optional=optional)
                    yield from _by_name(node, optional)

    def _from(self, node: ast.ImportFrom, optional: bool) -> Iterator[Import]:
        base = node.module or ""
        if node.level:
            parts = self._name.split(".")
            above = parts[: len(parts) - node.level + self._is_package]
            base = ".".join([*above, *([base] if base else [])])
        certain = base.count(".") + 1 if base else 0
        if base:
            yield Import(base, node.lineno, optional, certain)
        for alias in node.names:
            if alias.name != "*":
                yield Import(f"{base}.{alias.name}".lstrip("."), node.lineno, optional, certain)


def _by_name(node: ast.AST, optional: bool) -> Iterator[Import]:
    """`import_module("name")`, of a name that is written out."""
    if not isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return):
        return
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and each.args and isinstance(each.args[0], ast.Constant):
            function = each.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            value = each.args[0].value
            if called in ("import_module", "__import__") and isinstance(value, str) and value[:1] != ".":
                yield Import(value, each.lineno, optional, value.count(".") + 1)


def _suppresses(item: ast.withitem) -> bool:
    """Whether it is `suppress(ImportError)`."""
    call = item.context_expr
    return isinstance(call, ast.Call) and _name(call.func) == "suppress" and any(map(_are_absent, call.args))


def _are_absent(kinds: ast.expr | None) -> bool:
    """Whether these kinds of exceptions, or all, have an `ImportError` among them."""
    return any(
        kind is None or _name(kind) in _ABSENT
        for kind in (kinds.elts if isinstance(kinds, ast.Tuple) else [kinds])
    )


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
