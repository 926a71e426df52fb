"""The files that list servers: ours, and those of the hosts that people have written already.

Claude Desktop, Claude Code, Cursor and others keep `mcpServers`, VS Code `servers` with `inputs`, its
settings the same under `mcp`, Zed `context_servers`. All hold one entry a name: a command to start, or a URL.
What only a host makes something of is passed over; what a server is started with is read strictly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mcpgen.definition.marks import Lines, Unreadable, find
from mcpgen.errors import UsageError
from mcpgen.validate.fleet.commented_json import read_commented_json

_LARGEST = 4 * 1024 * 1024
#: Where hosts keep their servers, as the steps that lead there.
_PLACES = (("mcpServers",), ("servers",), ("mcp", "servers"), ("mcp", "mcpServers"), ("context_servers",))
_FORM = 'its form is {"mcpServers": {"NAME": {"command": "…", "args": […]}, "OTHER": {"url": "https://…"}}}'
_TYPES = {
    "stdio": "command",
    "local": "command",
    "http": "url",
    "streamable-http": "url",
    "streamablehttp": "url",
    "streamable_http": "url",
    "remote": "url",
    "sse": "sse",
    "ws": "ws",
    "websocket": "ws",
}
_URLS = ("url", "serverUrl", "httpUrl")
#: What says by its own name how the server is reached.
_WAYS = ("sse", "ws", "tcp", "unix", "component", "transcript")
_OURS = ("revision", "timeout", "deadline", "baseline")


@dataclass(frozen=True, slots=True)
class Listed:
    """A server as a file lists it, nothing expanded yet. `way` is what reaches it; `address` where it is.

    `steps` lead to its entry in the file. `settings` are of its member `mcpgen`.
    """

    name: str
    steps: tuple[str, ...]
    way: str
    address: str = ""
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    env_file: str | None = None
    cwd: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    disabled: bool = False


class ServerFile:
    """A file that lists servers: `servers` in its order, `inputs` by their ids, the place of everything."""

    def __init__(self, path: Path) -> None:
        """Raises `UsageError`, which names line and column."""
        self.path = path
        self.text = _text(path)
        self._lines = Lines(self.text)
        try:
            self._value, self._mark = read_commented_json(self.text)
        except Unreadable as error:
            raise UsageError(f"{self._place(error.at)}: {error.what}", hint=error.hint) from None
        steps = self._where()
        self.inputs = self._inputs(steps[:-1])
        self.servers = tuple(self._server(name, at) for name, at in self._entries(steps))
        if not self.servers:
            raise self.wrong(steps, "it lists no server", hint=_FORM)

    def wrong(self, steps: tuple[str, ...], what: str, *, hint: str, key: bool = False) -> UsageError:
        """The error for what stands at `steps`, or for its `key`."""
        return UsageError(f"{self._place(find(self._mark, steps, key=key))}: {what}", hint=hint)

    def _place(self, at: int) -> str:
        line, column = self._lines.place(at)
        return f"{self.path}:{line}:{column}"

    def _where(self) -> tuple[str, ...]:
        """The steps to the servers."""
        if not isinstance(self._value, dict):
            raise self.wrong((), "it lists no servers", hint=_FORM)
        for steps in _PLACES:
            if _at(self._value, steps) is not None:
                return steps
        if self._value and all(_is_entry(value) for value in self._value.values()):
            return ()
        near = [key for key in self._value if get_close_matches(key, ["mcpServers", "servers"], cutoff=0.7)]
        if near:
            raise self.wrong((near[0],), f"it lists no servers, but {near[0]!r}", hint=_FORM, key=True)
        raise self.wrong((), 'it lists no servers: there is neither "mcpServers" nor "servers"', hint=_FORM)

    def _entries(self, steps: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        entries = _at(self._value, steps)
        if isinstance(entries, dict):
            return [(name, (*steps, name)) for name in entries]
        if not isinstance(entries, list):
            raise self.wrong(steps, f"{steps[-1]!r} is no object", hint=_FORM)
        found: dict[str, tuple[str, ...]] = {}
        for position, entry in enumerate(entries):
            at = (*steps, str(position))
            name = entry.get("name") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not name:
                raise self.wrong(at, "this server has no name", hint='give it one: {"name": "…", …}')
            if name in found:
                raise self.wrong((*at, "name"), f"there is a server {name!r} already", hint="give it another")
            found[name] = at
        return list(found.items())

    def _inputs(self, steps: tuple[str, ...]) -> dict[str, tuple[dict[str, Any], tuple[str, ...]]]:
        """What the file says it asks its user for, by id, and where."""
        inputs = _at(self._value, (*steps, "inputs"))
        found = {}
        for position, asked in enumerate(inputs if isinstance(inputs, list) else ()):
            if isinstance(asked, dict) and isinstance(asked.get("id"), str):
                found[asked["id"]] = (asked, (*steps, "inputs", str(position)))
        return found

    def _server(self, name: str, steps: tuple[str, ...]) -> Listed:
        entry = _at(self._value, steps)
        if not isinstance(entry, dict):
            raise self.wrong(steps, f"the server {name!r} is no object", hint=_FORM)
        disabled = entry.get("disabled") is True or entry.get("enabled") is False
        way, address = self._way(name, entry, steps)
        command = self._command(entry, steps) if way == "command" else ()
        if way in ("command", "component") and (headers := _first(entry, ("headers",))):
            raise self.wrong((*steps, headers), "headers are for a URL", hint="leave them out", key=True)
        return Listed(
            name=name,
            steps=steps,
            way=way,
            address=address,
            command=command,
            env=self._strings(entry, "env", steps),
            env_file=self._string(entry, "envFile", steps),
            cwd=self._string(entry, "cwd", steps),
            headers=self._strings(entry, "headers", steps),
            settings=self._settings(entry, steps),
            disabled=disabled,
        )

    def _way(self, name: str, entry: dict[str, Any], steps: tuple[str, ...]) -> tuple[str, str]:
        """How a server is reached, and where: the second is empty for a command."""
        key = _first(entry, ("type", "transport"))
        kind = self._string(entry, key, steps) if key is not None else None
        if kind is not None and kind.lower() not in (*_TYPES, *_WAYS):
            raise self.wrong(
                (*steps, str(key)),
                f"there is no type {kind!r}",
                hint=f"known: stdio, http, {', '.join(_WAYS)}",
            )
        named = [member for member in ("command", *_URLS, *_WAYS) if member in entry]
        if kind is not None and kind.lower() in _TYPES and named:
            # Files are written for several hosts at once: what the type says is meant.
            wanted = _TYPES[kind.lower()]
            members = ("command",) if wanted == "command" else (*_URLS, wanted)
            named = [member for member in named if member in members] or named
        if not named:
            near = [key for key in entry if get_close_matches(key, ("command", "url"), cutoff=0.6)]
            raise self.wrong(
                (*steps, near[0]) if near else steps,
                f"the server {name!r} has neither a command nor a URL",
                hint=f"is {near[0]!r} meant to be one?" if near else 'give it "command" and "args", or "url"',
                key=True,
            )
        if len(named) > 1:
            raise self.wrong(
                (*steps, named[1]),
                f"the server {name!r} is reached in two ways, {named[0]} and {named[1]}",
                hint='leave one out, or say which is meant with "type"',
                key=True,
            )
        (member,) = named
        if member == "command":
            return "command", ""
        address = self._string(entry, member, steps) or ""
        if not address:
            raise self.wrong((*steps, member), f"{member!r} is empty", hint=_FORM)
        if member in _WAYS:
            return member, address
        way = _TYPES.get((kind or "http").lower(), "url")
        if way == "url" and address.lower().startswith(("ws:", "wss:")):
            way = "ws"
        return ("url" if way == "command" else way), address

    def _command(self, entry: dict[str, Any], steps: tuple[str, ...]) -> tuple[str, ...]:
        command = entry["command"]
        if isinstance(command, dict):  # Zed's, until 2025
            steps, entry = (*steps, "command"), command
            command = command.get("path")
        words = command if isinstance(command, list) else [command]
        arguments = entry.get("args")
        words = [*words, *(arguments if isinstance(arguments, list) else [])]
        if arguments is not None and not isinstance(arguments, list):
            raise self.wrong((*steps, "args"), '"args" is no list', hint='its form is ["one", "two"]')
        if not words or not all(isinstance(word, str) for word in words) or not words[0]:
            raise self.wrong(
                (*steps, "command"), "a command is a string, and its args are a list of strings", hint=_FORM
            )
        return tuple(words)

    def _string(self, entry: dict[str, Any], key: str, steps: tuple[str, ...]) -> str | None:
        value = entry.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong((*steps, key), f"{key!r} is no string", hint="put it in double quotes")
        return value

    def _strings(self, entry: dict[str, Any], key: str, steps: tuple[str, ...]) -> dict[str, str]:
        values = entry.get(key)
        if values is None:
            return {}
        if not isinstance(values, dict):
            raise self.wrong((*steps, key), f"{key!r} is no object", hint=f'"{key}": {{"NAME": "value"}}')
        found = {}
        for name, value in values.items():
            # Editors take numbers here, and null for a variable that is not set.
            if isinstance(value, dict | list):
                raise self.wrong(
                    (*steps, key, name), f"{name!r} is no string", hint="put it in double quotes"
                )
            if value is not None:
                found[name] = str(value).lower() if isinstance(value, bool) else str(value)
        return found

    def _settings(self, entry: dict[str, Any], steps: tuple[str, ...]) -> dict[str, Any]:
        settings = entry.get("mcpgen")
        if settings is None:
            return {}
        at = (*steps, "mcpgen")
        if not isinstance(settings, dict):
            raise self.wrong(at, '"mcpgen" is no object', hint=f"it may have {', '.join(_OURS)}")
        for key, value in settings.items():
            if key not in _OURS:
                raise self.wrong(
                    (*at, key), f"there is no setting {key!r}", hint=f"known: {', '.join(_OURS)}", key=True
                )
            if key in ("timeout", "deadline"):
                fits, form = isinstance(value, int | float) and value is not True and value > 0, "seconds"
            else:
                fits, form = isinstance(value, str), "a string"
            if not fits:
                raise self.wrong((*at, key), f"{key!r} is not {form}", hint=f"give it {form}")
        return settings


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", hint="check --config") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{path} has more than {_LARGEST} bytes", hint="is it the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise UsageError(f"{path}:{line}:{column}: this is not UTF-8", hint="save it as UTF-8") from None


def _at(value: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _first(entry: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((key for key in keys if entry.get(key)), None)


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and any(key in value for key in ("command", *_URLS, *_WAYS))
