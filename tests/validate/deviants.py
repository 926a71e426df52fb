"""A small MCP server over stdio that does one thing wrong: `python deviants.py MODE [ERA]`.

`honest` does nothing wrong. ERA is legacy (the default), modern, or both. Standard library only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MODE = sys.argv[1]
ERA = sys.argv[2] if len(sys.argv) > 2 else "legacy"
VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
CACHE = {"ttlMs": 0, "cacheScope": "private"}
TOOL = {
    "name": "add",
    "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
}
RESOURCE = {"uri": "memo://one", "name": "one"}
PROMPT = {"name": "greet", "arguments": [{"name": "who", "required": True}]}


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def send(message: Any) -> None:
    write(json.dumps(message).encode() + b"\n")


def notify(method: str, params: dict[str, Any] | None = None) -> None:
    send({"jsonrpc": "2.0", "method": method} | ({} if params is None else {"params": params}))


def ask(method: str, params: dict[str, Any] | None = None, number: Any = 900) -> None:
    send({"jsonrpc": "2.0", "id": number, "method": method} | ({} if params is None else {"params": params}))


def error(number: Any, code: Any, text: str = "no", **data: Any) -> None:
    send({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text, **data}})


def capabilities() -> dict[str, Any]:
    declared: dict[str, Any] = {"tools": {"listChanged": True}, "resources": {}, "prompts": {}, "logging": {}}
    if MODE in ("undeclared-notification", "undeclared-log"):
        del declared["logging"]
        declared["tools"] = {}
    return declared


def result_of(method: str, params: dict[str, Any], modern: bool) -> dict[str, Any] | None:
    """The honest result of a request, None for a method that is not there."""
    cursor = params.get("cursor")
    match method:
        case "tools/list":
            second = {"tools": [{**TOOL, "name": "second"}]}
            result: dict[str, Any] = second if cursor else {"tools": [TOOL], "nextCursor": "page-2"}
        case "resources/list":
            result = {"resources": [RESOURCE]}
        case "resources/templates/list":
            result = {"resourceTemplates": []}
        case "resources/read":
            result = {"contents": [{"uri": params.get("uri"), "text": "hello"}]}
        case "prompts/list":
            result = {"prompts": [PROMPT]}
        case "prompts/get":
            result = {"messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}]}
        case "tools/call":
            result = {"content": [{"type": "text", "text": "1"}]}
        case "ping" | "logging/setLevel" if not modern:
            result = {}
        case _:
            return None
    if modern:
        result["resultType"] = "complete"
        if method.endswith("/list") or method == "resources/read":
            result |= CACHE
    return result


def main() -> None:
    if MODE == "stderr-then-exit":
        print("configuration missing: API_KEY", file=sys.stderr)
        sys.exit(7)
    if MODE.startswith("banner"):
        write(b"Server listening on stdio\n")
    if MODE == "early-notification":
        notify("notifications/tools/list_changed")
    if MODE == "flood-bytes":
        while True:
            write(b"x" * 65536)
    if MODE == "flood-lines":
        while True:
            write(b"log line\n" * 4096)
    if MODE == "flood-notifications":
        while True:
            write(
                b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n'
                * 512
            )
    if MODE == "flood-stderr":
        sys.stderr.write("noise\n" * 200_000)
    if MODE == "slow-start":
        time.sleep(0.9)
    if MODE == "ignore-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE.startswith("grandchild"):
        code = "import signal,time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if MODE.startswith("child-elsewhere"):
        # In a session of its own, and so not in the server's group; its own child is there too.
        code = "import subprocess; subprocess.run(['sleep', '60'])"
        quiet = subprocess.DEVNULL
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    if MODE == "never-reads":
        time.sleep(60)
    for line in sys.stdin:
        handle(json.loads(line))
    if MODE in ("ignore-sigterm", "ignore-eof"):
        time.sleep(60)


def handle(message: dict[str, Any]) -> None:
    method, number = message.get("method"), message.get("id")
    if method is None:
        return
    params: dict[str, Any] = message.get("params") or {}
    modern = "io.modelcontextprotocol/protocolVersion" in (params.get("_meta") or {})
    if MODE in ("hang", "grandchild-and-hang", "child-elsewhere-and-hang"):
        return
    if method == "notifications/initialized":
        after_initialized()
        return
    if number is None:
        return
    if method == "initialize":
        initialize(number, params)
    elif modern and ERA != "legacy" and method == "server/discover":
        discover(number, params)
    elif modern and ERA == "legacy":
        unknown_before_opening(number)
    else:
        operate(method, number, params, modern, message)


def unknown_before_opening(number: Any) -> None:
    if MODE == "dies-of-the-probe":
        sys.exit(1)
    if MODE != "silent-to-the-probe":
        error(number, -32601, "Method not found")


def initialize(number: Any, params: dict[str, Any]) -> None:
    if ERA == "modern":
        error(number, -32602, "no initialize here, use 2026-07-28")
        return
    if MODE == "notification-before-answer":
        notify("notifications/tools/list_changed")
    if MODE == "log-before-answer":
        notify("notifications/message", {"level": "info", "data": "starting"})
    wanted = params.get("protocolVersion")
    only = {"only-2024": "2024-11-05", "unknown-version": "1999-01-01"}.get(MODE)
    version = only or (wanted if wanted in VERSIONS else VERSIONS[-1])
    result: dict[str, Any] = {"protocolVersion": version, "capabilities": capabilities()}
    if MODE != "no-server-info":
        result["serverInfo"] = {"name": "deviant", "version": "1"}
    if MODE == "hostile-name":
        result["serverInfo"]["name"] = "\x1b[2Jevil[bold]\ud800"
    send({"jsonrpc": "2.0", "id": number, "result": result})


def discover(number: Any, params: dict[str, Any]) -> None:
    if MODE == "other-version":
        error(number, -32022, "unsupported", data={"supported": ["2031-01-01"], "requested": "2026-07-28"})
        return
    result: dict[str, Any] = {
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": capabilities(),
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "deviant", "version": "1"}},
        **CACHE,
    }
    send({"jsonrpc": "2.0", "id": number, "result": result})


def after_initialized() -> None:
    match MODE:
        case "answers-notification":
            error(None, -32601, "Method not found: notifications/initialized")
        case "undeclared-notification":
            notify("notifications/tools/list_changed")
        case "undeclared-log":
            notify("notifications/message", {"level": "info", "data": "x"})
        case "broken-notification":
            notify("notifications/message", {"level": "loud", "data": "x"})
        case "asks-undeclared":
            ask(
                "elicitation/create",
                {"mode": "url", "message": "m", "url": "https://e.example/", "elicitationId": "1"},
            )
        case "asks-broken":
            ask("sampling/createMessage", {"messages": []})
        case "asks-twice":
            ask("roots/list", number=5)
            ask("roots/list", number=5)
        case "asks-null":
            ask("ping", number=None)
        case "asks-properly":
            ask("roots/list", number="r1")
            ask("ping", number=2)
        case "client-method":
            ask("tools/list")


def operate(method: str, number: Any, params: dict[str, Any], modern: bool, message: dict[str, Any]) -> None:
    if MODE.endswith("hang-after-opening"):
        if "DEVIANT_READY" in os.environ:
            Path(os.environ["DEVIANT_READY"]).touch()
        return
    if MODE == "deaf-to-lists" and method == "tools/list":
        return
    if MODE == "refuses-ping" and method == "ping":
        error(number, -32601)
        return
    result = result_of(method, params, modern)
    if result is None:
        error(number, -32601, f"Method not found: {method}")
        return
    if method == "tools/call":
        report_progress(params)
    if method == "resources/read" and MODE == "wants-input" and "inputResponses" not in params:
        result = {"resultType": "input_required", "requestState": "s", "inputRequests": INPUT}
    if method == "tools/list":
        deviate(number, result, params, message)
        return
    send({"jsonrpc": "2.0", "id": number, "result": result})


INPUT = {
    "a": {"method": "roots/list"},
    "b": {
        "method": "elicitation/create",
        "params": {"message": "m", "requestedSchema": {"type": "object", "properties": {}}},
    },
}


def report_progress(params: dict[str, Any]) -> None:
    token = (params.get("_meta") or {}).get("progressToken")
    match MODE:
        case "progress":
            values: list[tuple[Any, float]] = [(token, 1), (token, 2)]
        case "progress-backwards":
            values = [(token, 2), (token, 1)]
        case "progress-foreign":
            values = [("nobody's", 1)]
        case _:
            values = []
    for used, value in values:
        notify("notifications/progress", {"progressToken": used, "progress": value})


def deviate(number: Any, result: dict[str, Any], params: dict[str, Any], message: dict[str, Any]) -> None:
    """Answer tools/list, the one answer in which most modes differ."""
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "result": result}
    match MODE:
        case "die":
            print("Traceback: out of cheese", file=sys.stderr, flush=True)
            os._exit(3)
        case "die-mid-line":
            write(json.dumps(answer).encode()[:40])
            os._exit(0)
        case "drips":
            for byte in json.dumps(answer).encode():
                write(bytes([byte]))
                time.sleep(0.05)
            return
        case "close-stdout":
            os.close(1)
            time.sleep(60)
        case "late":
            time.sleep(0.8)
        case "garbage":
            write(b"DEBUG handling tools/list\n")
        case "json-log":
            send({"level": "info", "msg": "handling"})
        case "nan":
            answer["result"]["_meta"] = {"x": float("nan")}
        case "not-utf-8":
            write(
                b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"\xff"}}\n'
            )
        case "wrong-id":
            answer["id"] = 4711
        case "id-as-string":
            answer["id"] = str(number) if isinstance(number, int) else 12
        case "no-id":
            del answer["id"]
        case "both":
            answer["error"] = {"code": -32603, "message": "also"}
        case "neither":
            del answer["result"]
        case "second-answer":
            send(answer)
        case "no-jsonrpc":
            del answer["jsonrpc"]
        case "method-too":
            answer["method"] = "tools/list"
        case "bad-code":
            answer = {"jsonrpc": "2.0", "id": number, "error": {"code": "E1", "message": "no"}}
        case "no-message":
            answer = {"jsonrpc": "2.0", "id": number, "error": {"code": -1}}
        case "error-string":
            answer = {"jsonrpc": "2.0", "id": number, "error": "no"}
        case "reserved-code":
            answer = {"jsonrpc": "2.0", "id": number, "error": {"code": -32050, "message": "no"}}
        case "batch":
            send([answer])
            return
        case "result-array":
            answer["result"] = [1]
        case "no-input-schema":
            answer["result"]["tools"] = [] if "cursor" in params else [{"name": "x"}]
        case "many-faults":
            answer["result"]["tools"] = [] if "cursor" in params else [{"name": n} for n in range(40)]
        case "tool-names":
            answer["result"]["tools"] = [{**TOOL, "name": "two words"}, {**TOOL, "name": "add"}, TOOL]
        case "ring":
            answer["result"]["nextCursor"] = "again"
        case "too-deep":
            write(b'{"jsonrpc":"2.0","method":"x","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
        case "infinite":
            write(b'{"jsonrpc":"2.0","id":%s,"result":{"tools":5,"x":1e400}}\n' % json.dumps(number).encode())
            return
        case "huge":
            answer["result"]["_meta"] = {"x": "y" * 3_000_000}
        case _:
            pass
    send(answer)


main()
