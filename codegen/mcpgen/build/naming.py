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
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef)


class Use(NamedTuple):
    """That a name is read. `called` is it in full where it was imported; else `.c`, an attribute of such."""

    called: str
    line: int
    #: It is called there, while the module is imported.
    at_import: bool


def uses(tree: ast.Module, decided: Decided) -> Iterator[Use]:
    """The names and attributes that a source reads, but for where `decided` says that it never comes."""
    names = names_of(tree)
    yield from _Uses(decided).of(tree, names, names, True)


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

    def of(
        self, node: ast.AST, names: Names, around: Names, at_import: bool, *, called: bool = False
    ) -> Iterator[Use]:
        """`names` are those that this node sees, `around` those that a function in it does."""
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            yield Use(dotted(node, names), node.lineno, at_import and called)
        if isinstance(node, _COMPREHENSIONS):
            names = around = {**around, **names_of(node)}
        inside = (names, around, at_import)
        if isinstance(node, ast.ClassDef):  # functions in it do not see its names
            inside = ({**names, **names_of(node)}, around, at_import)
        elif isinstance(node, _FUNCTIONS):  # decorators and defaults of it are run where it stands
            own = {**around, **names_of(node)}
            inside = (own, own, False)
        for field, child in self._alive(node):
            seen = inside if field == "body" else (names, around, at_import)
            yield from self.of(child, *seen, called=isinstance(node, ast.Call) and field == "func")

    def _alive(self, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
        holds = self._decided(node.test) if isinstance(node, ast.If | ast.IfExp) else None
        never = {None: "", True: "orelse", False: "body"}[holds]
        for field, value in ast.iter_fields(node):
            if field != never:
                values = value if isinstance(value, list) else [value]
                yield from ((field, each) for each in values if isinstance(each, ast.AST))
