"""The module that componentize-py begins with: generated for each build, of a few lines."""

from __future__ import annotations

from mcpgen.build.target import Target

NAME = "mcpgen_component"

_TEXT = '''\
"""The component's main module. What it imports while the component is built is in its memory from then on."""

from mcpgen_runtime.transports.wasi.surroundings import prepare; prepare()
import random, datetime, encodings.ascii, encodings.idna, encodings.latin_1  # noqa
import sys, linecache, traceback, hmac, hashlib, json  # noqa
from importlib import import_module

for revision in ("2024_11_05", "2025_03_26", "2025_06_18", "2025_11_25", "2026_07_28"):
    import_module(f"mcpgen_types.v{{revision}}.checks")
    import_module(f"mcpgen_types.v{{revision}}.codecs")
    import_module(f"mcpgen_types.v{{revision}}.methods")
    import_module(f"mcpgen_types.v{{revision}}.types")
    if revision != "2026_07_28":
        import_module(f"mcpgen_types.v{{revision}}.neutral")
import mcpgen_runtime.schemas, pkgutil  # noqa
for each in pkgutil.walk_packages(mcpgen_runtime.schemas.__path__, "mcpgen_runtime.schemas."):
    import_module(each.name)

import wit_world
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import handler as bindings

from mcpgen_runtime.transports.wasi.handler import ComponentHandler

{made}# No further import may look for a file: there are none, and the question would end the instance.
sys.meta_path[:] = [finder for finder in sys.meta_path if finder.__name__ != "PathFinder"]


class Handler(exports.Handler):
    def __init__(self):
        component.install()

    def handle(self, message, context):
        found = component.handle(message, context)
        if found is None:
            raise Err(bindings.Refusal.NOT_MINE)
        return found


if hasattr(exports, "Diagnostics"):

    class Diagnostics(exports.Diagnostics):
        def printed(self):
            return component.printed()
'''


_SERVER = """\
from mcpgen_runtime.servable import is_servable

servable = import_module({module!r})
for name in {attribute!r}.split("."):
    servable = getattr(servable, name)
if not is_servable(servable):
    servable = servable()
component = ComponentHandler(servable)
"""

_MIDDLEWARE = """\
from wit_world.imports import handler as behind
from mcpgen_runtime.transports.wasi.middleware import MiddlewareCore


def inner(message, context):
    try:
        return behind.handle(message, context)
    except Err as refused:
        if refused.value != bindings.Refusal.NOT_MINE:
            raise
        return None


layers = import_module({module!r})
for name in {attribute!r}.split("."):
    layers = getattr(layers, name)
layers = layers if isinstance(layers, (list, tuple)) else [layers]
component = ComponentHandler(MiddlewareCore(layers, inner))
"""


def entry_text(target: Target, world: str) -> str:
    """The text of the module of a component of `world`."""
    made = _MIDDLEWARE if world == "middleware" else _SERVER
    return _TEXT.format(made=made.format(module=target.module, attribute=target.attribute))
