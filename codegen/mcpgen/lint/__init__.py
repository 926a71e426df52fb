"""What can be wrong in the sources of truth, whoever wrote them: `mcpgen schema lint`."""

from mcpgen.lint.problem import Problem

__all__ = ["Problem"]
