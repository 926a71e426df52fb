"""A weather service to try things with: over HTTP, as a real one, but with the same weather every day.

    GET /places?name=bath         those of that name:    [{"id": 1, "name": "Bath", "region": "Somerset"}, …]
    GET /places?prefix=b          those that begin so:   the same
    GET /places/1/days?count=2    the days from today:   [{"sky": "rain", "low": 3.0, "high": 9.5}, …]

`python fake_service.py PORT` runs it by itself.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PLACES = [
    {"id": 1, "name": "Bath", "region": "Somerset"},
    {"id": 2, "name": "Bath", "region": "Maine"},
    {"id": 3, "name": "Lyme Regis", "region": "Dorset"},
    {"id": 4, "name": "Box Hill", "region": "Surrey"},
]
SKIES = ("rain", "clouds", "sun", "fog")


class Answers(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        found = self._found(url.path.strip("/").split("/"), query)
        body = json.dumps({"error": "nothing there"} if found is None else found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _found(self, path: list[str], query: dict[str, str]) -> Any:
        match path:
            case ["places"] if "name" in query:
                return [place for place in PLACES if str(place["name"]).lower() == query["name"].lower()]
            case ["places"]:
                begun = query.get("prefix", "").lower()
                return [place for place in PLACES if str(place["name"]).lower().startswith(begun)]
            case ["places", id, "days"] if any(str(place["id"]) == id for place in PLACES):
                number = int(id)
                return [
                    {"sky": SKIES[(number + day) % 4], "low": 2.5 + number, "high": 8.0 + number + day}
                    for day in range(int(query.get("count", 1)))
                ]
        return None

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Run the service beside the program, and give its URL."""
    with ThreadingHTTPServer(("127.0.0.1", port), Answers) as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{service.server_port}"
        finally:
            service.shutdown()
            thread.join()


if __name__ == "__main__":
    with serving(int(sys.argv[1])) as url:
        print(url)
        threading.Event().wait()
