"""The module that componentize-py begins with: generated for each build, of a few lines."""

from __future__ import annotations

from collections.abc import Iterable
from pprint import pformat

from mcpgen.build.target import Target
from mcpgen_runtime.revisions import LEGACY

NAME = "mcpgen_component"
#: What a call needs, in whatever revision, and only imports when it comes.
_EAGER = (
    *("hashlib", "hmac", "mcpgen_types.v2026_07_28.checks", "mcpgen_types.v2026_07_28.codecs"),
    *(f"mcpgen_types.v{revision.replace('-', '_')}.neutral" for revision in LEGACY),
)

_BEGIN = '''\
"""The component's main module. What it imports is in the memory that the component is a copy of."""

from mcpgen_inside import slimming

slimming.begin()

from mcpgen_inside import making

making.begin()

from importlib import import_module

from componentize_py_types import Err
from wit_world import exports

found = import_module({module!r})
for name in {attribute!r}.split("."):
    found = getattr(found, name)
'''

_SERVER = """\
from mcpgen_runtime.servable import is_servable

if not is_servable(found):
    found = found()
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


found = MiddlewareCore(found if isinstance(found, (list, tuple)) else [found], inner)
"""

_ALONE = """\
clock = None
"""

_FETCHING = """\
from wit_world.imports import monotonic_clock, outgoing_handler, poll, streams, types
from mcpgen_runtime.transports.wasi.outgoing import HostTime

clock = HostTime()
clock.install()
"""

_HANDLER = """\
from wit_world.exports import handler as bindings
from mcpgen_runtime.transports.wasi.handler import ComponentHandler

component = ComponentHandler(found, clock=clock)


class Handler(exports.Handler):
    def __init__(self):
        component.install()

    def handle(self, message, context):
        answered = component.handle(message, context)
        if answered is None:
            raise Err(bindings.Refusal.NOT_MINE)
        return answered


class Diagnostics(exports.Diagnostics):
    def printed(self):
        return component.printed()


"""

_HTTP = """\
from wit_world.imports import environment, monotonic_clock, poll, random, stderr, streams, types, wall_clock
from mcpgen_runtime.transports.wasi.bindings import lend_finalizer
from mcpgen_runtime.transports.wasi.http import HttpComponent

component = HttpComponent(found)
lend_finalizer()


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request, response_out):
        component.handle(request, response_out)


"""

_END = """\
for name in {eager}:
    import_module(name)
del name
making.warm()
making.end(
    {wanted},
)
del making, slimming
"""

#: By world.
_PARTS = {
    "server": (_SERVER, _ALONE, _HANDLER),
    "tools-http": (_SERVER, _FETCHING, _HANDLER),
    "middleware": (_MIDDLEWARE, _ALONE, _HANDLER),
    "http-server": (_SERVER, _HTTP),
}


def entry_text(target: Target, world: str, wanted: Iterable[str]) -> str:
    """The text of the module of a component of `world`. `wanted` are the modules that come along as code."""
    end = _END.format(eager=_EAGER, wanted=pformat(sorted(wanted), indent=4, width=100))
    begin = _BEGIN.format(module=target.module, attribute=target.attribute)
    return "".join((begin, *_PARTS[world], end))
