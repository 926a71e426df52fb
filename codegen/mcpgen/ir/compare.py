"""Find how two revisions differ, and what the converters between them have to do.

The two are an older revision, whose types are the wire's, and the newest, whose types are the neutral
ones. They are walked side by side, from the params and the result of each method that both have. What is
alike needs nothing; for every difference there must be a decision in `conversions.toml`. A difference that
nobody has decided is an error, and so is a decision that decides nothing: a new revision cannot slip by.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mcpgen.errors import SchemaError
from mcpgen.ir.conversion import Conversion, MethodConversion, RevisionConversion, TypeConversion
from mcpgen.ir.direction import Direction
from mcpgen.ir.ledger import FILE, Ledger, Place, Use
from mcpgen.ir.model import ReferenceShape, Revision
from mcpgen.schema.conversions import Conversions


@dataclass(frozen=True, slots=True)
class Comparison:
    """The conversions between two revisions, and every use of a decision on the way to them."""

    conversion: RevisionConversion
    uses: tuple[Use, ...]


def compare(
    older: Revision, newest: Revision, conversions: Conversions, *, functions: Collection[str] | None = None
) -> Comparison:
    """How values go between `older` and `newest`. `functions` are those that decisions may name.

    Raises `SchemaError` that names each difference without a decision, or a decision whose `until` is
    `older` and that decides nothing, or one that does not fit what it decides about.
    """
    for decision in conversions.decisions:
        if functions is not None and decision.by is not None and decision.by not in functions:
            raise SchemaError(
                f"{FILE}: [[decision]] number {decision.number} names a function that is not there: "
                f"{decision.by!r}",
                hint=f"known: {', '.join(sorted(functions))}",
            )
    ledger = Ledger(older, newest, conversions.until(older.name))
    methods = []
    others = {method.name: method for method in older.methods}
    for neutral in newest.methods:
        if (wire := others.get(neutral.name)) is not None:
            params = _both_ways(ledger, neutral.params, wire.params)
            result = _both_ways(ledger, neutral.result, wire.result)
            methods.append(MethodConversion(neutral.name, *params, *result))
    for name in conversions.types:
        if name not in ledger.newest:
            raise SchemaError(
                f"{FILE}: `types` names {name!r}, which {newest.name} does not have",
                hint="check the spelling",
            )
    types = [
        TypeConversion(name, *_both_ways(ledger, name, name))
        for name in conversions.types
        if name in ledger.older
    ]
    ledger.refuse_gaps()
    return Comparison(
        RevisionConversion(older.name, newest.name, tuple(methods), tuple(types)), tuple(ledger.uses)
    )


def _both_ways(
    ledger: Ledger, neutral: str | None, wire: str | None
) -> tuple[Conversion | None, Conversion | None]:
    """The conversions of two named types: from the wire, to the wire."""
    if neutral is None or wire is None:
        return None, None
    ours, theirs, at = ReferenceShape(neutral), ReferenceShape(wire), Place(neutral)
    try:
        return (
            Direction(ledger, to_wire=False).shape(theirs, ours, at),
            Direction(ledger, to_wire=True).shape(ours, theirs, at),
        )
    except RecursionError:
        raise SchemaError(
            f"{neutral} of the newest revision and {wire} of {ledger.revision} hold values of their own type",
            hint="converters cannot follow them yet; see mcpgen.ir.compare",
        ) from None
