"""mcpgen: a schema-first toolchain for the Model Context Protocol."""

__version__ = "0.1.0"
