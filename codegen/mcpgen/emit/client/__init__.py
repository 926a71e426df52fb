"""The typed client: one method for every request that a client may send, in any revision."""

from __future__ import annotations

from mcpgen.emit.client.methods import client_methods
from mcpgen.emit.source import package_name
from mcpgen.emit.templates import render
from mcpgen.ir.model import Revision

_PROGRESS = "ProgressNotificationParams"


def emit_client(revisions: tuple[Revision, ...]) -> dict[str, str]:
    """The module of the typed client for `revisions`, oldest first: relative path to text."""
    methods = client_methods(revisions)
    # A name that two revisions share means the newer one: the classes are the same but for their module.
    homes: dict[str, str] = {}
    newest = revisions[-1]
    reported = any(named.name == _PROGRESS for named in newest.types)
    if reported:
        homes[_PROGRESS] = package_name(newest.name)
    for method in methods:
        for name in method.types:
            homes[name] = max(homes.get(name, ""), method.package)
    progress = _PROGRESS if reported else "Any"
    imports = {
        package: sorted((name for name, home in homes.items() if home == package), key=str.lower)
        for package in sorted(set(homes.values()))
    }
    return {"client.py": render("client", "client.py", methods=methods, imports=imports, progress=progress)}


__all__ = ["emit_client"]
