"""What an author adds to the schema of a type, without pydantic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcpgen_runtime.errors import DefinitionError

#: What JSON Schema 2020-12 knows, without the keywords of a whole document.
_KEYWORDS = frozenset(
    """
    $anchor $comment $defs $dynamicAnchor $dynamicRef $id $ref
    additionalProperties allOf anyOf const contains contentEncoding contentMediaType contentSchema default
    definitions dependencies dependentRequired dependentSchemas deprecated description else enum examples
    exclusiveMaximum exclusiveMinimum format if items maxContains maxItems maxLength maxProperties maximum
    minContains minItems minLength minProperties minimum multipleOf not oneOf pattern patternProperties
    prefixItems properties propertyNames readOnly required then title type unevaluatedItems
    unevaluatedProperties uniqueItems writeOnly
    """.split()  # noqa: SIM905 (as a list it would be sixty lines)
)
#: What pydantic calls some of them.
_ALSO = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


class Schema:
    """JSON Schema keywords for an annotated type: `Annotated[int, Schema(minimum=1, maximum=5)]`.

    They are added to what the type says, wherever the type stands: a parameter, a field of a dataclass, the
    items of a list. pydantic's `Field` does the same for who has pydantic at run time. Keywords of your own
    begin with `x-`. Raises `DefinitionError` for others, which nobody would obey.
    """

    __slots__ = ("keywords",)

    def __init__(self, **keywords: Any) -> None:
        for name in keywords:
            if name not in _KEYWORDS and not name.startswith("x-"):
                raise _unknown(name)
        self.keywords = keywords

    def __repr__(self) -> str:
        return f"Schema({', '.join(f'{name}={value!r}' for name, value in self.keywords.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.keywords == other.keywords

    def __hash__(self) -> int:  # typing caches what is annotated
        return hash(repr(self))

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], dict[str, Any]]) -> Any:
        return {**handler(core), **self.keywords}


def _unknown(name: str) -> DefinitionError:
    from difflib import get_close_matches  # who makes no mistake has no use for it

    near = _ALSO.get(name) or next(iter(get_close_matches(name, _KEYWORDS, n=1, cutoff=0.7)), None)
    hint = f"did you mean {near}" if near else "one of your own begins with x-"
    return DefinitionError(f"{name!r} is no keyword of JSON Schema: {hint}")
