"""WIT, the language of WebAssembly components' interfaces: read into a model, linted, compared.

wasm-tools is the only parser: what it refuses is refused here, in its own words and with its place.
"""

from mcpgen.wit.model import Function, Interface, Package, TypeDefinition, Wit, WitType, World
from mcpgen.wit.reading import InvalidWit, read

__all__ = [
    "Function",
    "Interface",
    "InvalidWit",
    "Package",
    "TypeDefinition",
    "Wit",
    "WitType",
    "World",
    "read",
]
