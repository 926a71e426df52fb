"""A real server over stdio, of a revision before 2026-07-28, that answers its lists with the pages in a file.

    python sloppy.py pages.json

The file holds, for a method, the results to give one after the other, each with a `nextCursor` to the next;
"silence" for a method that is never answered, and "death" for one that ends the process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    script = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        answer = respond(script, request["method"], request.get("params", {}))
        if answer is not None:
            print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}), flush=True)


def respond(script: dict[str, Any], method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        return {
            "result": {
                "protocolVersion": script.get("revision", "2025-06-18"),
                "capabilities": script.get("capabilities", {"tools": {}}),
                "serverInfo": script.get("info", {"name": "sloppy", "version": "1"}),
            }
        }
    pages = script.get(method)
    if pages == "silence":
        return None
    if pages == "death":
        print("out of cheese", file=sys.stderr)
        sys.exit(7)
    if pages is None:
        return {"error": {"code": -32601, "message": "Method not found"}}
    number = int(params.get("cursor", 0))
    page = dict(pages[number])
    if number + 1 < len(pages):
        page["nextCursor"] = str(number + 1)
    return {"result": page}


if __name__ == "__main__":
    main()
