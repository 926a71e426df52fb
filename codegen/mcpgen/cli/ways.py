"""From options to a target: which server is meant, how it is reached, and what it is given in confidence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcpgen.errors import UsageError

if TYPE_CHECKING:
    from mcpgen.validate.target import Target

_FORMS = (
    "its command after --, or one of --url URL, --sse URL, --ws URL, --tcp HOST:PORT, --unix PATH,"
    " --component FILE"
)
_VALIDATE = "mcpgen validate"


@dataclass(frozen=True, slots=True)
class Ways:
    """What the command line says of the server: one of the first nine is given, the others belong to some.

    `typed` stands before the server's command and its `--`; it is empty where a file lists the server.
    """

    command: tuple[str, ...] = ()
    url: str | None = None
    sse: str | None = None
    ws: str | None = None
    tcp: str | None = None
    unix: Path | None = None
    components: tuple[Path, ...] = ()
    transcript: Path | None = None
    config: Path | None = None
    headers: tuple[str, ...] = ()
    bearer: str | None = None
    bearer_env: str | None = None
    foreign_bearer_env: str | None = None
    other_bearer_env: str | None = None
    env: tuple[str, ...] = ()
    cwd: Path | None = None
    directories: tuple[str, ...] = ()
    allow_host: tuple[str, ...] = ()
    isolation: str | None = None
    settings: tuple[str, ...] = ()
    typed: str = _VALIDATE

    def check(self) -> None:
        """Raises `UsageError` where not just one server is named, or what is said is of no use to it."""
        given = self._given()
        if bool(self.command) + len(given) != 1:
            named = ["a command"] * bool(self.command) + given
            raise UsageError(
                f"one server is judged, and {' and '.join(named)} name several"
                if named
                else "no server is named",
                hint=_FORMS + ", --transcript FILE, --config FILE" * (self.typed == _VALIDATE),
            )
        for option, value in (
            ("--dir", self.directories),
            ("--allow-host", self.allow_host),
            ("--isolation", self.isolation),
            ("--set", self.settings),
        ):
            if value and not self.components:
                raise UsageError(
                    f"{option} is for components, and there is none",
                    hint=f"leave {option} out, or give --component FILE",
                )
        if given and ((self.env and not self.components) or self.cwd is not None):
            option = "--env" if self.env and not self.components else "--cwd"
            raise UsageError(
                f"{option} is for a server that mcpgen starts, not for {given[0]}",
                hint=f"leave {option} out, or give the server's command after --",
            )
        said = {"--header": self.headers, "--bearer": self.bearer, "--bearer-env": self.bearer_env}
        over_http = [option for option, value in said.items() if value]
        if over_http and not (self.url or self.sse or self.ws):
            spoken = f"{given[0]} has none" if given else "a command is spoken to over stdio"
            raise UsageError(
                f"{over_http[0]} is for HTTP, and {spoken}",
                hint=f"leave {over_http[0]} out, or give --url;"
                " a command takes variables with --env NAME=VALUE",
            )
        for option, token in (
            ("--foreign-bearer-env", self.foreign_bearer_env),
            ("--other-bearer-env", self.other_bearer_env),
        ):
            if token is not None and self.config is not None:
                raise UsageError(
                    f"{option} cannot be given with --config: a token is of one server's users",
                    hint="judge each server that it is for by its own: mcpgen validate --url URL",
                )
            if token is not None and self.url is None:
                raise UsageError(f"{option} is for Streamable HTTP", hint="leave it out, or give --url")
        if self.other_bearer_env is not None and self._own_token() is None:
            raise UsageError(
                "--other-bearer-env is another user's token, and nobody's own is given",
                hint="give yours with --bearer-env NAME, or leave --other-bearer-env out",
            )
        if self.cwd is not None and not self.cwd.is_dir():
            raise UsageError(f"{self.cwd} is not a directory", hint="check --cwd")

    def target(self) -> Target:
        """The target that is meant. Raises `UsageError`, and what loading a component raises."""
        from mcpgen.validate.target import Target

        self._check_tokens()
        target = Target(
            command=self.command,
            url=self.url,
            sse=self.sse,
            ws=self.ws,
            tcp=None if self.tcp is None else host_and_port(self.tcp),
            unix=self.unix,
            components=self.components,
            handler=self._handler() if self.components else None,
            env={} if self.components else pairs(self.env, "=", "--env NAME=VALUE"),
            cwd=self.cwd,
            headers=self._headers(),
            typed=f"{self.typed} --" if self.typed else "",
            foreign_token=self._foreign_token(),
            other_token=self._other_token(),
        )
        target.check()
        return target

    def secrets(self) -> frozenset[str]:
        """What no report may hold."""
        from mcpgen.validate.secrets import secrets_in

        return secrets_in(
            command=self.command,
            headers=self._headers(),
            environment=pairs(self.env, "=", "--env NAME=VALUE"),
            url=self.url or self.sse or self.ws,
            others=filter(None, (self._foreign_token(), self._other_token())),
        )

    def _given(self) -> list[str]:
        addresses = {
            "--url": self.url,
            "--sse": self.sse,
            "--ws": self.ws,
            "--tcp": self.tcp,
            "--unix": self.unix,
            "--component": self.components,
            "--transcript": self.transcript,
            "--config": self.config,
        }
        return [option for option, address in addresses.items() if address]

    def _headers(self) -> dict[str, str]:
        headers = headers_of(self.headers)
        if self.bearer is None and self.bearer_env is None:
            return headers
        if self.bearer is not None and self.bearer_env is not None:
            raise UsageError("--bearer and --bearer-env are two tokens", hint="leave one of them out")
        if any(name.lower() == "authorization" for name in headers):
            raise UsageError(
                "--bearer and --header 'Authorization: …' are two headers of one name",
                hint="leave one of them out",
            )
        return headers | bearer_header(self.bearer, self.bearer_env)

    def _check_tokens(self) -> None:
        """Raises `UsageError` where one token is given as two: a server would rightly take it for both."""
        given = (
            self._own_token(),
            ("--foreign-bearer-env", self._foreign_token()),
            ("--other-bearer-env", self._other_token()),
        )
        meant = {"--foreign-bearer-env": "another server's", "--other-bearer-env": "another user's"}
        seen: dict[str, str] = {}
        for option, token in filter(None, given):
            if token is None:
                continue
            if token in seen:
                raise UsageError(
                    f"{seen[token]} and {option} are one token",
                    hint=f"{option} takes {meant[option]} token: check its variable, or leave it out",
                )
            seen[token] = option

    def _own_token(self) -> tuple[str, str] | None:
        """The option that gave the user's own credentials, and what is sent of them without their scheme."""
        named = (value for name, value in self._headers().items() if name.lower() == "authorization")
        credentials = next(named, None)
        if credentials is None:
            return None
        option = "--bearer" if self.bearer is not None else "--bearer-env"
        option = option if self.bearer is not None or self.bearer_env is not None else "--header"
        return option, credentials.rpartition(" ")[2]

    def _foreign_token(self) -> str | None:
        if self.foreign_bearer_env is None:
            return None
        return bearer_token(None, self.foreign_bearer_env, option="--foreign-bearer-env")

    def _other_token(self) -> str | None:
        if self.other_bearer_env is None:
            return None
        return bearer_token(None, self.other_bearer_env, option="--other-bearer-env")

    def _handler(self) -> Any:
        from mcpgen.serving.addresses import component_settings
        from mcpgen.serving.components import load_components
        from mcpgen.serving.options import ServeOptions

        first, *behind = map(str, self.components)
        asked = ServeOptions(
            target=first,
            behind=tuple(behind),
            directories=self.directories,
            environment=self.env,
            allow_host=self.allow_host,
            isolation=self.isolation,
        )
        return load_components(asked, component_settings(list(self.settings)))


def bearer_header(token: str | None, variable: str | None) -> dict[str, str]:
    """The header with the token, or the one that `variable` of the environment holds. Raises `UsageError`."""
    option = "--bearer" if variable is None else "--bearer-env"
    return {"Authorization": f"Bearer {bearer_token(token, variable, option=option)}"}


def bearer_token(token: str | None, variable: str | None, *, option: str) -> str:
    """The token, or the one that `variable` of the environment holds, for `option`. Raises `UsageError`."""
    if variable is not None:
        token = os.environ.get(variable)
        if token is None:
            raise UsageError(
                f"{option}: there is no variable {variable} in the environment",
                hint=f"export {variable}=…, or check its name",
            )
    token = (token or "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        where = f"{option}: what {variable} holds" if variable is not None else "what --bearer gives"
        raise UsageError(
            f"{where} is no token", hint=f"{option} takes the token alone, without the word Bearer"
        )
    return token


def host_and_port(address: str) -> tuple[str, int]:
    """Where to connect to. Raises `UsageError`."""
    host, separator, port = address.rpartition(":")
    if not separator or not (port.isascii() and port.isdigit()) or not 0 < int(port[:6]) < 65536:
        raise UsageError(f"{address!r} is no address", hint="the form is --tcp HOST:PORT")
    return host.removeprefix("[").removesuffix("]") or "localhost", int(port)


def pairs(values: Sequence[str], separator: str, form: str) -> dict[str, str]:
    """What `values` say, by name. Raises `UsageError`."""
    found: dict[str, str] = {}
    for value in values:
        name, there, rest = value.partition(separator)
        if not there or not name.strip():
            raise UsageError(f"{value!r} has no {separator!r}", hint=f"the form is {form}")
        found[name.strip()] = rest.strip() if separator == ":" else rest
    return found


def headers_of(values: Sequence[str]) -> dict[str, str]:
    """What `--header` was given, by name. Raises `UsageError`."""
    headers = pairs(values, ":", "--header 'NAME: VALUE'")
    for name, value in headers.items():
        if not name.isascii() or not name.isprintable() or " " in name or not value.isprintable():
            raise UsageError(f"{name!r} cannot be an HTTP header", hint="the form is --header 'NAME: VALUE'")
    return headers
