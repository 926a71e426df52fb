"""Two Python modules become one: their imports merged, clashes of names resolved."""

from __future__ import annotations

import ast
import io
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
    """The imports of all `modules`, except from the module `without`, and names of `renamed` `as` that."""
    imports: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for source, imported in module.imports.items():
            if source != without:
                imports[source] |= imported
    lines = []
    for source in sorted(imports, key=lambda source: (source != "__future__", source)):
        names = [
            name + (f" as {renamed[name]}" if name in renamed else "") for name in sorted(imports[source])
        ]
        lines.append(f"from {source} import {', '.join(names)}\n")
    return "".join(lines)


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
