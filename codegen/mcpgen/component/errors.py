"""What can be wrong with a file that should be a component of ours.

InvalidComponent
├── NotWasm        no WebAssembly at all
├── CoreModule     WebAssembly, but a module without component types
├── Broken         it ends too early, or says what no component says
├── OtherWorld     a component of a world that this command has no use for
├── OtherVersion   our interface, in a version that this mcpgen does not speak
├── ExportsBoth    our interface and HTTP at once
└── NewerMcpgen    what it says of itself is in a format of a later mcpgen
"""

from __future__ import annotations

from mcpgen.errors import UsageError


class InvalidComponent(UsageError):
    """A file that is not the component it should be."""


class NotWasm(InvalidComponent):
    """No WebAssembly at all."""


class CoreModule(InvalidComponent):
    """WebAssembly, but a module without component types."""


class Broken(InvalidComponent):
    """It ends too early, or says what no component says."""


class OtherWorld(InvalidComponent):
    """A component of a world that this command has no use for."""


class OtherVersion(InvalidComponent):
    """Our interface, in a version that this mcpgen does not speak."""


class ExportsBoth(InvalidComponent):
    """Our interface and HTTP at once: which of them is meant, nobody can know."""


class NewerMcpgen(InvalidComponent):
    """What it says of itself is in a format of a later mcpgen."""
