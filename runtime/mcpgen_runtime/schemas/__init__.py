"""JSON Schema 2020-12 and draft-07, compiled to closures. Standard library only.

Schemas are trusted, values are not: whatever value is sent, validating it takes time and memory in
proportion to its size. What a schema costs by its own making, such as a pattern that backtracks, is its
author's affair.
"""

from .compiler import Validator, compile_schema
from .documents import SchemaError
from .held import Held

__all__ = ["Held", "SchemaError", "Validator", "compile_schema"]
