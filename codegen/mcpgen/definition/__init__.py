"""A server's definition, `server.mcp.json` or `.yaml`: read, named, judged and written."""

from mcpgen.definition.lint import Finding, lint, require_valid
from mcpgen.definition.loading import FEATURES, FILE_NAMES, Definition, load_definition
from mcpgen.definition.naming import Member, member_names

__all__ = [
    "FEATURES",
    "FILE_NAMES",
    "Definition",
    "Finding",
    "Member",
    "lint",
    "load_definition",
    "member_names",
    "require_valid",
]
