"""The calculator as a component that takes raw messages, and calls of tools in typed WIT."""

import json  # noqa: F401
import pkgutil
import random  # noqa: F401 (its seed is replaced as the component begins)
import sys
from importlib import import_module

from wit_world import exports  # made by componentize-py, of the world
from wit_world.imports import types

import mcpgen_runtime.schemas
from mcpgen_runtime.json_text import dumps, loads
from mcpgen_runtime.transports.wasi.handler import ComponentHandler
from mcpgen_types.v2026_07_28.wit_values import from_wit_CallToolRequestParams, to_wit_CallToolAnswer

for each in pkgutil.walk_packages(mcpgen_runtime.schemas.__path__, "mcpgen_runtime.schemas."):
    import_module(each.name)

component = ComponentHandler(import_module("handlers").server)
# No further import may look for a file: there are none, and the question would end the instance.
sys.meta_path[:] = [finder for finder in sys.meta_path if finder.__name__ != "PathFinder"]


class Handler(exports.Handler):
    def __init__(self):
        component.install()

    def handle(self, message, context):
        return component.handle(message, context)


class Context:
    """What a host says of a raw message."""

    revision = "2026-07-28"
    transport = "stdio"
    request_id = "1"
    principal = None
    headers = ()
    time = 0
    correlation_id = "1"
    key = bytes(32)


def not_measured(self, params):
    raise NotImplementedError


class Server(exports.Server):
    cancelled = complete = discover = get_prompt = list_prompts = list_resource_templates = not_measured
    list_resources = list_tools = listen = read_resource = not_measured

    def call_tool(self, params):
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": from_wit_CallToolRequestParams(params),
        }
        answer = component.handle(dumps(message), Context)[-1]
        return to_wit_CallToolAnswer(loads(answer)["result"], types)
