"""Two Python modules become one: their imports merged, clashes of names resolved."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Mapping


class ModuleText:
    """A module in two parts: its `from` imports (module → names), and the text that follows them.

    `names` are those that its own statements bind. The imports must stand first and rename nothing.
    """

    def __init__(self, text: str) -> None:
        tree = ast.parse(text)
        self.imports: dict[str, set[str]] = defaultdict(set)
        self.names = set[str]()
        end = 0
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                assert all(alias.asname is None for alias in node.names)
                self.imports[node.module].update(alias.name for alias in node.names)
                end = node.end_lineno or end
            else:
                self.names |= _bound(node)
        self.body = "".join(text.splitlines(keepends=True)[end:]).strip() + "\n"

    @property
    def imported(self) -> set[str]:
        return {name for names in self.imports.values() for name in names}

    def rename(self, names: Mapping[str, str]) -> None:
        """Replace each name of `names`, wherever the text uses or binds it as a name of its own."""
        self.body = renamed(self.body, names)
        self.names = {names.get(name, name) for name in self.names}


def merged_imports(modules: Iterable[ModuleText], *, without: str, renamed: Mapping[str, str]) -> str:
    """The imports of all `modules`, except from the module `without`, and names of `renamed` `as` that.

    In the order that ruff's import rules want: `__future__`, the standard library, all others.
    """
    imports: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for source, imported in module.imports.items():
            if source != without:
                imports[source] |= imported
    groups: dict[int, list[str]] = defaultdict(list)
    for source in sorted(imports):
        plain = [name for name in imports[source] if name not in renamed]
        statements = [f"{name} as {renamed[name]}" for name in sorted(imports[source] - set(plain))]
        if plain:
            statements.append(", ".join(sorted(plain, key=_import_order)))
        groups[_import_group(source)] += [f"from {source} import {names}\n" for names in statements]
    return "\n".join("".join(groups[group]) for group in sorted(groups))


def _import_group(source: str) -> int:
    package = source.partition(".")[0]
    return 0 if package == "__future__" else 1 if package in sys.stdlib_module_names else 2


def _import_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def renamed(text: str, names: Mapping[str, str]) -> str:
    """`text` with its identifiers renamed; strings, comments and attributes stay as they are."""
    lines = text.splitlines(keepends=True)
    found = []
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and token.string in names and before != ".":
            found.append(token)
        before = token.string
    # From the end, so that the places of those still to come stay true.
    for token in reversed(found):
        (row, start), (_, end) = token.start, token.end
        line = lines[row - 1]
        lines[row - 1] = line[:start] + names[token.string] + line[end:]
    return "".join(lines)


def _bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()
