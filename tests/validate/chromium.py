"""A real Chromium without a window, spoken to over a pipe: no port, no driver, nothing from the network.

The browser comes inside an npm package that tests/peers pins, packed with brotli, and is unpacked once. What
is said to it is the DevTools Protocol: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import fcntl
import io
import itertools
import json
import os
import select
import signal
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PATIENCE = 30.0
#: What the browser is told: no sandbox, for root may start none; nothing of its own over the network.
_FLAGS = (
    "--headless=shell",
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
#: Keys by their name: code, number and, where they write something, the text.
_KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    " ": ("Space", 32, " "),
}


def unpacked(package: Path, home: Path) -> Path:
    """The directory that the browser of the npm package is unpacked to, under `home`; done once."""
    version = str(json.loads((package / "package.json").read_text(encoding="utf-8"))["version"])
    directory = home / version
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.is_dir():
            import brotli  # type: ignore[import-untyped]

            fresh = home / f"{version}.fresh"
            fresh.mkdir(exist_ok=True)
            packed = package / "bin"
            executable = fresh / "chromium"
            executable.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
            executable.chmod(0o755)
            # The libraries that a bare system lacks, and a font.
            for name in ("al2023", "fonts"):
                content = brotli.decompress((packed / f"{name}.tar.br").read_bytes())
                with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                    if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on
                        archive.extraction_filter = tarfile.data_filter
                    archive.extractall(fresh)
            (fresh / "fonts.conf").write_text(
                f"<fontconfig><dir>{directory / 'fonts'}</dir><cachedir>{directory / 'cache'}</cachedir>"
                "</fontconfig>",
                encoding="utf-8",
            )
            fresh.rename(directory)
    return directory


class Chromium:
    """A running browser. `close` ends it."""

    def __init__(self, directory: Path, profile: Path) -> None:
        command = [str(directory / "chromium"), f"--user-data-dir={profile}", *_FLAGS, "about:blank"]
        environment = os.environ | {
            "LD_LIBRARY_PATH": str(directory / "lib"),
            "FONTCONFIG_PATH": str(directory),
        }
        log = profile.with_suffix(".log")
        theirs, self._to = os.pipe()
        self._from, answers = os.pipe()
        # Out of the way of 3 and 4, where the browser looks for them.
        high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (theirs, answers)]
        self._pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, high[0], 3),
                (os.POSIX_SPAWN_DUP2, high[1], 4),
            ],
            setpgroup=0,
        )
        for end in (theirs, answers, *high):
            os.close(end)
        self._log = log
        self._numbers = itertools.count(1)
        self._unread = b""
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str | None = None, **params: Any) -> Any:
        """The result of a command. Raises `AssertionError` where it fails or does not come."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read(f"an answer to {method}")
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def wait(self, session: str, method: str) -> dict[str, Any]:
        """The params of the session's next event of that name."""
        while True:
            for position, event in enumerate(self.events):
                if (event.get("sessionId"), event["method"]) == (session, method):
                    del self.events[position]
                    params: dict[str, Any] = event["params"]
                    return params
            self.events.append(self._read(method))

    def close(self) -> None:
        """End the browser and whatever it started."""
        os.close(self._to)
        os.close(self._from)
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def _read(self, awaited: str) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"the browser did not give {awaited}: {self._last_words()}"
            chunk = os.read(self._from, 1 << 20)
            assert chunk, f"the browser ended, and {awaited} was due: {self._last_words()}"
            self._unread += chunk
        message, _, self._unread = self._unread.partition(b"\0")
        read: dict[str, Any] = json.loads(message)
        return read

    def _last_words(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:]


class Tab:
    """One page, without a network, in a browser context of its own."""

    def __init__(self, browser: Chromium, *, width: int = 1000, height: int = 800, scheme: str = "light"):
        self._browser = browser
        self._context = browser.ask("Target.createBrowserContext")["browserContextId"]
        self._target = browser.ask("Target.createTarget", url="about:blank", browserContextId=self._context)[
            "targetId"
        ]
        self._session = browser.ask("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable")
        self._ask(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, file: Path, fragment: str = "") -> None:
        """Load a file, and go to what the fragment names; returns when all of it is there."""
        self._ask("Page.navigate", url=file.as_uri() + (f"#{fragment}" if fragment else ""))
        self._browser.wait(self._session, "Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is worth, as JSON; a promise is awaited."""
        told = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def press(self, *keys: str, shift: bool = False) -> None:
        """Press keys one after the other, each a name or the character that it writes."""
        for key in keys:
            code, number, text = _KEYS.get(key, (f"Key{key.upper()}", ord(key.upper()[0]), key))
            common = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 8 * shift}
            self._ask("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
            self._ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def write(self, text: str) -> None:
        """Text into what has the focus."""
        self._ask("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click the middle of the first element that the selector finds, as a mouse does."""
        at = self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block:"
            " 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    def picture(self, file: Path) -> None:
        """A PNG of what is seen."""
        file.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot")["data"]))

    @property
    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        return [each["request"]["url"] for each in self._events("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """What went wrong in the page, or was refused: exceptions, dialogs, the policy's refusals."""
        thrown = [
            str(each["exceptionDetails"].get("exception", each["exceptionDetails"]))
            for each in self._events("Runtime.exceptionThrown")
        ]
        logged = [each["entry"]["text"] for each in self._events("Log.entryAdded")]
        return thrown + logged + [each["message"] for each in self._events("Page.javascriptDialogOpening")]

    def close(self) -> None:
        """Close the page and forget its events."""
        self._browser.ask("Target.disposeBrowserContext", browserContextId=self._context)
        self._browser.events = [
            each for each in self._browser.events if each.get("sessionId") != self._session
        ]

    def _ask(self, method: str, **params: Any) -> Any:
        return self._browser.ask(method, self._session, **params)

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [
            each["params"]
            for each in self._browser.events
            if (each.get("sessionId"), each["method"]) == (self._session, method)
        ]


@contextmanager
def running(directory: Path, profile: Path) -> Iterator[Chromium]:
    """A browser for as long as the block runs."""
    browser = Chromium(directory, profile)
    try:
        yield browser
    finally:
        browser.close()
