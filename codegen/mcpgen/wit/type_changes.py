"""What changed in a type or in a function. All of it breaks: a layout is fixed by each of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mcpgen.wit.model import Function, Resource, TypeDefinition, Wit, WitType
from mcpgen.wit.places import Place, parts
from mcpgen.wit.words import is_nominal, kind_of, words

_Change = tuple[Place, str]


class TypeComparison:
    """Tells types apart, of which the one is from `old` and the other from `new`."""

    def __init__(self, old: Wit, new: Wit) -> None:
        # An alias that only one side has, is there what it stands for.
        self._on_both = _defined(old) & _defined(new)

    def definition(self, old: TypeDefinition, new: TypeDefinition) -> Iterator[_Change]:
        """What changed from one definition to the other, by places inside of it."""
        before, after = old.type, new.type
        if isinstance(before, TypeDefinition) or isinstance(after, TypeDefinition):
            yield from self._type((), before, after)
        elif kind_of(before) != kind_of(after):
            yield (), f"was {_a(before)}, is {_a(after)} now"
        elif not is_nominal(before):
            yield from self._type((), before, after)
        elif not isinstance(before, Resource):
            word, old_parts = parts(before)
            _, new_parts = parts(after)
            yield from self._parts(
                word,
                [(name, type) for name, type, _ in old_parts],
                [(name, type) for name, type, _ in new_parts],
            )

    def function(self, old: Function, new: Function) -> Iterator[_Change]:
        """What changed from one function to the other, by places inside of it."""
        if old.kind != new.kind:
            yield (), f"was {old.kind}, is {new.kind} now"
            return
        if old.is_async != new.is_async:
            yield (), "is async now" if new.is_async else "is not async any more"
        yield from self._parts(
            "parameter",
            [(each.name, each.type) for each in old.parameters],
            [(each.name, each.type) for each in new.parameters],
        )
        if old.result is None or new.result is None:
            if old.result is not new.result:
                there = new.result or old.result
                verb = "returns nothing any more, was" if new.result is None else "returned nothing, returns"
                yield (), f"{verb} {words(there)}" + ("" if new.result is None else " now")
        else:
            yield from self._type((("result", ""),), old.result, new.result)

    def _parts(
        self,
        word: str,
        old: Sequence[tuple[str, WitType | None]],
        new: Sequence[tuple[str, WitType | None]],
    ) -> Iterator[_Change]:
        before, after = dict(old), dict(new)
        renamed = self._renamed(old, new)
        if renamed is not None:
            yield ((word, renamed[0]),), f"is called {renamed[1]} now"
            return
        for name in after:
            if name not in before:
                yield ((word, name),), "is new"
            else:
                yield from self._type(((word, name),), before[name], after[name])
        yield from ((((word, name),), "is gone") for name in before if name not in after)
        if [name for name in before if name in after] != [name for name in after if name in before]:
            yield (), f"has its {word}s in another order"

    def _renamed(
        self,
        old: Sequence[tuple[str, WitType | None]],
        new: Sequence[tuple[str, WitType | None]],
    ) -> tuple[str, str] | None:
        """The old and the new name, if that is all that changed."""
        if len(old) != len(new):
            return None
        other = [(was, now) for was, now in zip(old, new, strict=True) if was[0] != now[0]]
        if len(other) != 1 or any(True for _ in self._type((), other[0][0][1], other[0][1][1])):
            return None
        return other[0][0][0], other[0][1][0]

    def _type(self, place: Place, old: WitType | None, new: WitType | None) -> Iterator[_Change]:
        if words(old, naming=self._name) == words(new, naming=self._name):
            return
        was, now = words(old), words(new)
        if was == now:  # the same name for different things
            was, now = words(old, naming=self._name), words(new, naming=self._name)
        if old is None or new is None:
            yield (
                place,
                f"carried nothing, carries {now} now" if old is None else f"carries no {was} any more",
            )
        else:
            yield place, f"was {was}, is {now} now"

    def _name(self, definition: TypeDefinition) -> str | None:
        name = _unversioned(definition)
        return name if is_nominal(definition.type) or name in self._on_both else None


def _defined(wit: Wit) -> set[str]:
    return {
        _unversioned(definition)
        for package in wit.packages
        for interface in package.interfaces.values()
        for definition in interface.types.values()
    }


def _unversioned(definition: TypeDefinition) -> str:
    return f"{definition.owner.partition('@')[0]}.{definition.name}"


def _a(type: WitType) -> str:
    if not is_nominal(type):
        return words(type)
    kind = kind_of(type)
    return {"enum": "an enum", "flags": "flags"}.get(kind, f"a {kind}")
