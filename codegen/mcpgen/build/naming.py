"""What the names in a source stand for: each scope by itself, for an import in one is none in another."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

#: By name what was imported under it, dotted; None for what is something else.
Names: TypeAlias = Mapping[str, "str | None"]
#: Whether a condition holds; None where nobody knows.
Decided: TypeAlias = Callable[[ast.expr], "bool | None"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Use(NamedTuple):
    """That a name is read. `called` is it in full where it was imported; else `.c`, an attribute of such."""

    called: str
    line: int
    #: It is called there, while the module is imported.
    at_import: bool


def uses(tree: ast.Module, decided: Decided) -> Iterator[Use]:
    """The names and attributes that a source reads, but for where `decided` says that it never comes."""
    names = names_of(tree)
    yield from _Uses(decided).of(tree, names, names, at_import=True)


def names_of(scope: ast.AST) -> dict[str, str | None]:
    """The names that are bound in a scope itself, a module or a function, and not in those inside of it."""
    names: dict[str, str | None] = {}
    arguments = getattr(scope, "args", None)
    if isinstance(arguments, ast.arguments):
        plain = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        rest = (arguments.vararg, arguments.kwarg)
        names |= {each.arg: None for each in (*plain, *rest) if each is not None}
    waiting = [*ast.iter_child_nodes(scope)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                bound = alias.asname or alias.name
                if node.level:
                    names.setdefault(bound)
                else:
                    names[bound] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Name):
            # What `except ImportError` puts in its place, is for when it is not there.
            if not isinstance(node.ctx, ast.Load):
                names.setdefault(node.id)
        elif name := getattr(node, "name", None):  # a function, a class, what is caught or matched
            names.setdefault(name)
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
    return names


def dotted(node: ast.expr, names: Names) -> str:
    """`a.b.c`, its first part as it was imported; `.c` where it is an attribute of something else."""
    parts: list[str] = []
    value = node
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    first = names.get(value.id) if isinstance(value, ast.Name) else None
    if first is None:
        return f".{parts[0]}" if parts else ""
    return ".".join([first, *reversed(parts)])


class _Uses:
    def __init__(self, decided: Decided) -> None:
        self._decided = decided

    def of(self, node: ast.AST, names: Names, around: Names, *, at_import: bool) -> Iterator[Use]:
        """`names` are those that this node sees, `around` those that a function in it does."""
        for child in self._alive(node):
            if isinstance(child, ast.Attribute | ast.Name) and isinstance(child.ctx, ast.Load):
                called = isinstance(node, ast.Call) and child is node.func
                yield Use(dotted(child, names), child.lineno, at_import and called)
            if isinstance(child, ast.ClassDef):  # functions in it do not see its names
                yield from self.of(child, {**names, **names_of(child)}, around, at_import=at_import)
            elif isinstance(child, _SCOPES):
                inside = {**around, **names_of(child)}
                later = isinstance(child, _FUNCTIONS)
                yield from self.of(child, inside, inside, at_import=at_import and not later)
            else:
                yield from self.of(child, names, around, at_import=at_import)

    def _alive(self, node: ast.AST) -> Iterator[ast.AST]:
        holds = self._decided(node.test) if isinstance(node, ast.If | ast.IfExp) else None
        never = {None: "", True: "orelse", False: "body"}[holds]
        for name, value in ast.iter_fields(node):
            if name != never:
                values = value if isinstance(value, list) else [value]
                yield from (each for each in values if isinstance(each, ast.AST))
