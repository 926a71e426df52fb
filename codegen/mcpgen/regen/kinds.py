"""Every kind of output that regen knows, by the name of its table in mcpgen.toml."""

from __future__ import annotations

from collections.abc import Mapping

from mcpgen.regen.conformance import ConformanceSuite
from mcpgen.regen.project_tests import ProjectTests
from mcpgen.regen.python_types import PythonTypes
from mcpgen.regen.server_stubs import ServerStubs
from mcpgen.regen.unit import Emitter

EMITTERS: Mapping[str, Emitter] = {
    "types": PythonTypes(),
    "stubs": ServerStubs(),
    "tests": ProjectTests(),
    "conformance": ConformanceSuite(),
}
