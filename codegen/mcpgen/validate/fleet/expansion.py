"""What stands for something else in a list of servers: `${env:NAME}`, `${NAME:-default}`, `${input:id}`, …

The hosts do not agree; every form that one of them knows is known here. A variable that is not set is an
error, where some hosts go on with nothing: a server that was started without its key says less of itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcpgen.errors import UsageError
from mcpgen.validate.fleet.listing import Listed, ServerFile
from mcpgen.validate.secrets import is_telling

_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Folders of a project in which hosts keep the list: its workspace is around them.
_HOSTS_FOLDERS = {".vscode", ".cursor", ".gemini", ".roo", ".kiro", ".zed"}


@dataclass(frozen=True, slots=True)
class Expanded:
    """A server with everything filled in, and what of that nobody is to read."""

    server: Listed
    secrets: frozenset[str]


class Expansion:
    """Fills in what a file leaves open. `ask` gives the answer to an input, None where nobody can."""

    def __init__(
        self,
        file: ServerFile,
        *,
        environment: Mapping[str, str],
        ask: Callable[[str, Mapping[str, Any]], str | None],
    ) -> None:
        self._file = file
        self._environment = environment
        self._ask = ask
        self._answers: dict[str, str] = {}
        self._secrets: set[str] = set()
        folder = file.path.resolve().parent
        self.workspace = folder.parent if folder.name in _HOSTS_FOLDERS else folder

    def expand(self, server: Listed) -> Expanded:
        """The server filled in. Raises `UsageError` where a variable or an answer is missing."""
        self._secrets = set()

        def fill(text: str, *steps: str) -> str:
            return self._filled(text, (*server.steps, *steps))

        filled = replace(
            server,
            address=fill(server.address, "url"),
            command=tuple(
                fill(word, "args", str(position - 1)) if position else fill(word, "command")
                for position, word in enumerate(server.command)
            ),
            env=self._from_file(server, fill)
            | {name: fill(value, "env", name) for name, value in server.env.items()},
            env_file=None,
            cwd=str(self.workspace / fill(server.cwd or "", "cwd")) if server.way == "command" else None,
            headers={name: fill(value, "headers", name) for name, value in server.headers.items()},
        )
        return Expanded(filled, frozenset(self._secrets))

    def _filled(self, text: str, steps: tuple[str, ...]) -> str:
        return _PLACEHOLDER.sub(lambda found: self._value(found[1], steps), text)

    def _value(self, inside: str, steps: tuple[str, ...]) -> str:
        kind, colon, rest = inside.partition(":")
        if kind == "input" and colon:
            return self._answer(rest, steps)
        if kind == "env" and colon:
            return self._variable(rest, None, steps)
        if kind in ("workspaceFolder", "workspaceRoot"):
            return str(self.workspace)
        fixed = {
            "workspaceFolderBasename": self.workspace.name,
            "userHome": str(Path.home()),
            "pathSeparator": os.sep,
            "/": os.sep,
            "cwd": str(self.workspace),
        }
        if inside in fixed:
            return fixed[inside]
        name, separator, default = inside.partition(":-")
        if _NAME.fullmatch(name):
            return self._variable(name, default if separator else None, steps)
        raise self._file.wrong(
            steps,
            f"nothing is known to stand for ${{{inside}}}",
            hint="known: ${env:NAME}, ${NAME:-default}, ${input:ID}, ${workspaceFolder}, ${userHome}",
        )

    def _variable(self, name: str, default: str | None, steps: tuple[str, ...]) -> str:
        value = self._environment.get(name) or default
        if value is None:
            value = self._environment.get(name)
        if value is None:
            raise self._file.wrong(
                steps, f"there is no variable {name} in the environment", hint=f"export {name}=…"
            )
        if is_telling(name):
            self._secrets.add(value)
        return value

    def _answer(self, name: str, steps: tuple[str, ...]) -> str:
        if name not in self._file.inputs:
            raise self._file.wrong(
                steps, f"there is no input {name!r}", hint=f'add it to "inputs", with the id {name!r}'
            )
        asked, at = self._file.inputs[name]
        if name not in self._answers:
            variable = variable_of(name)
            answer = self._environment.get(variable)
            if answer is None:
                answer = self._ask(name, asked)
            if answer is None and isinstance(asked.get("default"), str):
                answer = asked["default"]
            if answer is None:
                raise self._file.wrong(
                    at, f"the input {name!r} has no value", hint=f"give it one with {variable}=…"
                )
            self._answers[name] = answer
        if asked.get("password") is True:
            self._secrets.add(self._answers[name])
        return self._answers[name]

    def _from_file(self, server: Listed, fill: Callable[..., str]) -> dict[str, str]:
        """The variables of the file that the entry names, a `NAME=value` a line."""
        if server.env_file is None:
            return {}
        path = self.workspace / fill(server.env_file, "envFile")
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise self._file.wrong((*server.steps, "envFile"), f"{path}: {why}", hint="check it") from None
        found = {}
        for number, line in enumerate(lines, 1):
            stripped = line.strip().removeprefix("export ")
            if not stripped or stripped.startswith("#"):
                continue
            name, equals, value = stripped.partition("=")
            if not equals or not _NAME.fullmatch(name.strip()):
                raise UsageError(f"{path}:{number}:1: this is no NAME=value", hint="check the line")
            value = value.strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[name.strip()] = value[1:-1] if quoted else value
        return found


def variable_of(name: str) -> str:
    """The variable of the environment that answers the input `name`."""
    return "MCPGEN_INPUT_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
