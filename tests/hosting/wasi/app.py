"""A server by hand, with all of WASI: its tools say what is there."""

import json
import os
import socket
import sys
import time
from pathlib import Path

import componentize_py_types
from wit_world import exports
from wit_world.imports import outgoing_handler, types


def fetch(scheme, authority):
    request = types.OutgoingRequest(types.Fields.from_list([]))
    request.set_scheme(types.Scheme_Http() if scheme == "http" else types.Scheme_Https())
    request.set_authority(authority)
    request.set_path_with_query("/")
    try:
        coming = outgoing_handler.handle(request, None)
    except componentize_py_types.Err as error:
        return type(error.value).__name__
    coming.subscribe().block()
    try:
        return coming.get().value.value.status()
    except AttributeError:
        return str(coming.get())


def connect(host, port):
    with socket.socket() as connection:
        connection.connect((host, port))
    return "connected"


def say():
    print("said")
    print("\x1b[31mcomplained", file=sys.stderr)


def read(path):
    return Path(path).read_text()


def write(path):
    Path(path).write_text("written")


TOOLS = {
    "environment": lambda: dict(os.environ),
    "read": read,
    "write": write,
    "connect": connect,
    "fetch": fetch,
    "say": say,
    "sleep": time.sleep,
}


#: As it is that of a tool, and says what the server can do.
RESULT = {"content": [], "resultType": "complete", "capabilities": {}}


class Handler(exports.Handler):
    def handle(self, message, context):
        request = json.loads(message)
        params = request.get("params", {})
        try:
            result = TOOLS.get(params.get("name"), dict)(*params.get("arguments", ()))
        except Exception as error:
            result = repr(error)
        answer = {"jsonrpc": "2.0", "id": request.get("id"), "result": RESULT | {"found": result}}
        return [json.dumps(answer).encode()] if "id" in request else []
