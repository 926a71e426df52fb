"""From names that an author chose, in whatever script, to Python identifiers: the same way every time.

A name becomes words: at every character that no identifier may have, at underscores, and where a capital
begins a word. In snake_case they are a method or an attribute, in PascalCase a type.
"""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Collection, Iterable

from mcpgen.ir.naming import RESERVED

#: The constructors of generated classes have or need these.
_TAKEN_ATTRIBUTES = RESERVED | {"self", "isinstance"}
#: In a class that has such a name, annotations would mean it instead of the type.
_TYPES = frozenset({"bool", "bytes", "dict", "float", "int", "list", "str"})
#: What the generated modules have beside the types of a definition.
_MODULE_NAMES = frozenset(
    {
        *("Any", "Literal", "TypeAlias", "UNSET", "Unset", "Wire", "Mismatch", "Fault", "Held", "Protocol"),
        *("PROMPTS", "RESOURCES", "SERVER", "TOOLS", "Handlers", "TypedClient", "Unpack"),
        *("Client", "RequestContext", "RequestOptions", "Server", "ServerOptions"),
        *("ToolOutcome", "ResourceOutcome", "PromptOutcome", "CallToolResult", "ReadResourceResult"),
        *("GetPromptResult", "CompleteResult"),
    }
)


def attribute_names(keys: Iterable[str]) -> dict[str, str]:
    """The Python attribute for each of `keys`, in order: snake_case, none twice, none a keyword."""
    names: dict[str, str] = {}
    given = Names()
    for key in keys:
        wished = "_".join(part.lower() for part in words(key)) or "field"
        if not wished.isidentifier():
            wished = f"field_{wished}"
        if key not in names:
            names[key] = given.give(f"{wished}_" if wished in _TAKEN_ATTRIBUTES else escaped(wished))
    return names


def words(name: str) -> list[str]:
    """The words of `name`: `add-two`, `addTwo` and `ADD_two` have two, `sha256` and `UTF8` have one."""
    if name.isascii() and name == name.lower() and name.replace("_", "a").isalnum():
        return [word for word in name.split("_") if word]  # as most names are, and much sooner
    # As Python itself does with identifiers; two names that it takes for one must not both be used.
    text = unicodedata.normalize("NFKC", name)
    found: list[str] = []
    before = ""
    for index, character in enumerate(text):
        if character == "_" or not f"a{character}".isidentifier():
            before = ""
            continue
        after = text[index + 1 : index + 2]
        begins = character.isupper() and (not before.isupper() or after.islower())
        if before and not begins:
            found[-1] += character
        else:
            found.append(character)
        before = character
    return found


class Names:
    """Names of which none is given twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        # Up to where the numbers are given: ten thousand equal wishes must not take fifty million looks.
        self._numbers: dict[str, int] = {}

    def give(self, wished: str) -> str:
        """`wished`, or with `_2`, `_3`… behind it where that was given already."""
        name, base = wished, wished.rstrip("_")
        while name in self._given:
            self._numbers[base] = number = self._numbers.get(base, 1) + 1
            name = f"{base}_{number}"
        self._given.add(name)
        return name


def type_name(parts: Iterable[str], taken: Collection[str]) -> str:
    """The type of these words, in PascalCase; with 2, 3… behind it where that is taken."""
    wished = "".join(part[:1].upper() + part[1:] for part in parts)
    # Scripts without capitals need one too: an attribute could have the same name.
    if (
        not wished[:1].isupper()
        or wished in _MODULE_NAMES
        or hasattr(builtins, wished)
        or not wished.isidentifier()
    ):
        wished = f"{wished}Type" if wished[:1].isupper() and wished.isidentifier() else f"Type{wished}"
    name, count = wished, 1
    while name in taken or keyword.iskeyword(name):
        count += 1
        name = f"{wished}{count}"
    return name


def escaped(name: str) -> str:
    """`name`, with an underscore behind it where it is a Python keyword, or means a type in annotations."""
    return f"{name}_" if keyword.iskeyword(name) or name in _TYPES else name
