"""What the author's class of handlers has: read, never run.

The class is the one that the module gives to `create_server`, or, where it does not say, those that derive
from `Handlers`. Bases are followed through the project's own files; where one cannot be found, what is
missing cannot be told, for it may have that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Bases that have no methods of the author.
_BARE = frozenset({"Handlers", "Protocol", "Generic", "ABC", "object"})
_BLOCKS = (ast.If, ast.Try, ast.With)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class AuthorsClass:
    """The class `name`: its public methods, `asynchronous` ones and others, and whether these are `all`."""

    name: str
    place: Place
    asynchronous: Mapping[str, Place]
    others: frozenset[str]
    all: bool

    def missing(self, wanted: Sequence[str]) -> list[str]:
        """Those of the `wanted` names that it lacks; none, where that cannot be told."""
        has = self.others | self.asynchronous.keys()
        return [name for name in wanted if name not in has] if self.all else []


def read_class(file: Path, root: Path) -> AuthorsClass | None:
    """The class of handlers of the module `file`, whose imports begin at `root`; None where there is none.

    Raises `SyntaxError` and `OSError` for a file that cannot be read.
    """
    modules = _Modules(root)
    tree = modules.tree(file)
    for name in _given(tree):
        found = modules.find(file, name)
        if found is not None:
            return _read(modules, *found)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and "Handlers" in map(_last_name, node.bases):
            return _read(modules, file, node)
    return None


def imported_names(file: Path, package: str) -> dict[str, Place]:
    """The names that the module `file` imports from `package`, and where. Raises as `read_class` does."""
    tree = ast.parse(file.read_bytes(), filename=str(file))
    return {
        each.name: Place(file, each.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level and node.module == package
        for each in node.names
        if each.name != "*"
    }


def _given(tree: ast.Module) -> Iterator[str]:
    """The names of the classes whose instances the module gives to `create_server`."""
    made = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last_name(node.func) == "create_server" and node.args:
            handlers: ast.expr | None = node.args[0]
            if isinstance(handlers, ast.Name):
                handlers = made.get(handlers.id)
            if isinstance(handlers, ast.Call) and isinstance(handlers.func, ast.Name):
                yield handlers.func.id


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@dataclass(slots=True)
class _Modules:
    """The project's own modules, as far as they were asked for."""

    root: Path
    trees: dict[Path, ast.Module] = field(default_factory=dict)

    def tree(self, file: Path) -> ast.Module:
        if file not in self.trees:
            self.trees[file] = ast.parse(file.read_bytes(), filename=str(file))
        return self.trees[file]

    def find(self, file: Path, name: str, depth: int = 0) -> tuple[Path, ast.ClassDef] | None:
        """The class that is called `name` in `file`, be it imported there."""
        for node in ast.walk(self.tree(file)):
            if isinstance(node, ast.ClassDef) and node.name == name:
                return file, node
        for node in ast.walk(self.tree(file)):
            if not isinstance(node, ast.ImportFrom):
                continue
            for each in node.names:
                home = self._file(file, node) if (each.asname or each.name) == name else None
                if home is not None and depth < 10:
                    return self.find(home, each.name, depth + 1)
        return None

    def _file(self, file: Path, node: ast.ImportFrom) -> Path | None:
        base = file.parents[node.level - 1] if node.level else self.root
        path = base.joinpath(*(node.module or "").split(".")) if node.module else base
        return next(
            (each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None
        )


def _read(modules: _Modules, file: Path, node: ast.ClassDef) -> AuthorsClass:
    asynchronous: dict[str, Place] = {}
    others: set[str] = set()
    whole = True
    waiting, seen = [(file, node)], set()
    while waiting:
        home, each = waiting.pop(0)
        if each in seen:
            continue
        seen.add(each)
        for name, line, is_async in _members(each.body):
            if name.startswith("_"):
                continue
            if is_async:
                asynchronous.setdefault(name, Place(home, line))
            else:
                others.add(name)
        for base in each.bases:
            if _last_name(base) in _BARE:
                continue
            found = modules.find(home, base.id) if isinstance(base, ast.Name) else None
            if found is None:
                whole = False
            else:
                waiting.append(found)
    return AuthorsClass(node.name, Place(file, node.lineno), asynchronous, frozenset(others), whole)


def _members(body: Sequence[ast.stmt]) -> Iterator[tuple[str, int, bool]]:
    """What a class body defines: name, line, whether by `async def`. Of conditions, all branches."""
    for node in body:
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            yield node.name, node.lineno, isinstance(node, ast.AsyncFunctionDef)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node.lineno, False) for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, _BLOCKS):
            for part in ("body", "orelse", "finalbody"):
                yield from _members(getattr(node, part, ()))
            for handler in getattr(node, "handlers", ()):
                yield from _members(handler.body)
