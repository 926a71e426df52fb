"""What an author adds to the schema of a type, without pydantic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Schema:
    """JSON Schema keywords for an annotated type: `Annotated[int, Schema(minimum=1, maximum=5)]`.

    They are added to what the type says, wherever the type stands: a parameter, a field of a dataclass, the
    items of a list. pydantic's `Field` does the same for who has pydantic at run time.
    """

    __slots__ = ("keywords",)

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords

    def __repr__(self) -> str:
        return f"Schema({', '.join(f'{name}={value!r}' for name, value in self.keywords.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.keywords == other.keywords

    def __hash__(self) -> int:  # typing caches what is annotated
        return hash(repr(self))

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], dict[str, Any]]) -> Any:
        return {**handler(core), **self.keywords}
