"""A server's definition, `server.mcp.json` or `.yaml`: read, named, judged and written."""

from mcpgen.definition.loading import FILE_NAMES, Definition, load_definition
from mcpgen.definition.naming import Member, member_names

__all__ = ["FILE_NAMES", "Definition", "Member", "load_definition", "member_names"]
