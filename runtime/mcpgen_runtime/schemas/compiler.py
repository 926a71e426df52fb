"""From a schema to closures, once; the values come later and often.

Nothing is generated and evaluated as code, so that it also runs where that is forbidden.
"""

from __future__ import annotations

from typing import Any

from mcpgen_types.codec import Fault, found

from .arrays import arrays
from .assertions import assertions, refuse_malformed_annotations, types
from .composition import compositions, references
from .documents import Document, Resource, SchemaError
from .node import EVERYTHING, Node, assemble, asserting
from .objects import objects
from .recursion import Recursive
from .site import Key, Scope, Site
from .unevaluated import closed
from .values import IS


class Validator:
    """A compiled schema. It may be used by several threads at once."""

    __slots__ = ("_accepts", "_explain", "_name", "_recursive")

    def __init__(self, node: Node, recursive: list[Recursive], name: str) -> None:
        self._accepts = node.accepts
        self._explain = node.explain
        self._recursive = recursive
        self._name = name

    def accepts(self, value: Any) -> bool:
        """Whether `value`, as `json.loads` gives it, is valid.

        A value that is nested too deep for Python's stack is not.
        """
        try:
            return self._accepts(value)
        except RecursionError:
            return False
        finally:
            for node in self._recursive:
                node.forget()

    def faults(self, value: Any) -> list[Fault]:
        """The reasons why `value` is not valid: none just where `accepts` says that it is, and few."""
        faults: list[Fault] = []
        try:
            self._explain(value, "", faults)
        except RecursionError:
            return [Fault("", "a value nested less deep", "one nested too deep", self._name)]
        finally:
            for node in self._recursive:
                node.forget()
        return faults


def compile_schema(schema: Any, *, at: str = "", name: str | None = None, max_depth: int = 100) -> Validator:
    """The validator for `schema`, as `json.loads` gives it; changing it later changes nothing.

    `at` is a JSON Pointer: the validator is for the schema there, and only that one is looked through.

    The dialect is 2020-12, or draft-07 where `$schema` says so. `format` and the `content…` keywords are
    annotations. `name`, such as "inputSchema", becomes the `definition` of every fault; without one that is
    the keyword. `max_depth` is how deep schemas may be nested in one another.

    Raises `SchemaError` where the schema, used or not, is malformed, refers to what is not inside of it
    (nothing is fetched), or needs what Python's regular expressions lack.
    """
    try:
        compiler = _Compiler(Document(schema, max_depth=max_depth), name)
        node = compiler.root() if not at else compiler.part(at)
    except RecursionError:
        raise SchemaError("", "the schema nests too deep") from None
    return Validator(node, compiler.recursive, name or "schema")


class _Compiler:
    def __init__(self, document: Document, name: str | None) -> None:
        self.document = document
        self.name = name
        self.recursive: list[Recursive] = []
        self._nodes: dict[Key, Node] = {}
        self._unfinished: dict[Key, Recursive | None] = {}
        # Which schemas ask which others about the same value.
        self._asks: dict[Key, list[Key]] = {}

    def root(self) -> Node:
        """The node of the whole document."""
        root = self.document.root
        node = self.node(root.root.schema, "", root, (), None)
        self._refuse_circles()
        return node

    def part(self, pointer: str) -> Node:
        """The node of the schema at `pointer`."""
        target = self.document.at(pointer)
        node = self.node(target.schema, target.pointer, target.resource, (), None)
        self._refuse_circles()
        return node

    def node(
        self, schema: Any, pointer: str, resource: Resource, scope: Scope, same_value_as: Key | None
    ) -> Node:
        """The node of the schema at `pointer`, compiled once for each way that `$dynamicRef` could take."""
        if schema is True:
            return EVERYTHING
        if schema is False:
            return asserting(lambda _: False, "no value", self.name or "false")
        if not isinstance(schema, dict):
            raise SchemaError(pointer, f"must be a schema, so an object or a boolean, not {found(schema)}")
        resource = self.document.resource_at(pointer, resource)
        if resource.dynamic and resource not in scope:
            scope = (*scope, resource)
        key = pointer, scope
        if same_value_as is not None:
            self._asks.setdefault(same_value_as, []).append(key)
        if key in self._nodes:
            return self._nodes[key]
        if key in self._unfinished:
            again = self._unfinished[key]
            if again is None:
                again = self._unfinished[key] = Recursive()
                self.recursive.append(again)
            return again
        self._unfinished[key] = None
        self._nodes[key] = node = self._compiled(Site(self, schema, pointer, resource, scope))
        again = self._unfinished.pop(key)
        if again is not None:
            again.target = node
        return node

    def _compiled(self, site: Site) -> Node:
        if site.dialect == "draft-07" and "$ref" in site.schema:
            # There a reference stands alone: what is beside it is ignored, but may be referred to.
            node = assemble(list(IS), EVERYTHING, [*references(site)])
        else:
            refuse_malformed_annotations(site)
            kinds, type_node = types(site)
            checks = [
                *assertions(site),
                *arrays(site),
                *objects(site),
                *references(site),
                *compositions(site),
            ]
            node = closed(site, assemble(kinds, type_node, checks))
        for keyword in ("definitions",) if site.dialect == "draft-07" else ("$defs", "definitions"):
            site.named_nodes(keyword)
        return node

    def _refuse_circles(self) -> None:
        """Raise `SchemaError` where a schema asks itself, over whatever others, about the same value."""
        finished: set[Key] = set()
        for start in self._asks:
            way: dict[Key, int] = {start: 0}
            while way:
                key, turn = way.popitem()
                asked = self._asks.get(key, [])
                if key in finished or turn == len(asked):
                    finished.add(key)
                    continue
                way[key] = turn + 1
                if asked[turn] in way:
                    raise SchemaError(key[0], "refers to itself without end")
                if asked[turn] not in finished:
                    way[asked[turn]] = 0
