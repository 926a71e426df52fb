"""What of the host's world a component is granted: directories and variables. Without grants, nothing."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from ctypes import c_char_p
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcpgen.errors import UsageError
from mcpgen.hosting.library import NO_FINALIZER, Library, OutputCallback, WasmError

if TYPE_CHECKING:
    from mcpgen.hosting.instance import Instance


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of the host, what it is called inside, and whether it may be written to."""

    host: str
    guest: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Grants:
    """All that is granted. `hosts` are where HTTP requests may go, by NAME or NAME:PORT."""

    directories: tuple[Directory, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    hosts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.directories or self.environment or self.hosts)

    def give(self, library: Library, instance: Instance) -> None:
        """Make the WASI of an instance what is granted. Raises `WasmError` for a directory that is gone."""
        config = library.wasi_config_new()
        try:
            self._fill(library, config)
        except WasmError:
            library.wasi_config_delete(config)
            raise
        library.wasi_config_set_stdout_custom(config, _print, instance.number, NO_FINALIZER)
        library.wasi_config_set_stderr_custom(config, _print, instance.number, NO_FINALIZER)
        library.check(library.wasmtime_context_set_wasi(instance.context, config))

    def _fill(self, library: Library, config: int) -> None:
        if self.environment:
            names = (c_char_p * len(self.environment))(*(name.encode() for name, _ in self.environment))
            values = (c_char_p * len(self.environment))(*(value.encode() for _, value in self.environment))
            if not library.wasi_config_set_env(config, len(self.environment), names, values):
                raise WasmError("its variables cannot be set")
        for each in self.directories:
            if not library.wasi_config_preopen_dir(
                config, each.host.encode(), each.guest.encode(), each.writable
            ):
                raise WasmError(f"the directory {each.host} cannot be opened")


def grants_of(
    directories: Sequence[str] = (), environment: Sequence[str] = (), hosts: Sequence[str] = ()
) -> Grants:
    """What `--dir HOST[::GUEST][::rw]`, `--env NAME[=VALUE]` and `--allow-host NAME[:PORT]` grant.

    Raises `UsageError`.
    """
    for option, texts in (("--dir", directories), ("--allow-host", hosts)):
        for text in texts:
            _check_text(f"{option} {text}", text)
    return Grants(
        tuple(map(_directory, directories)),
        tuple(map(_variable, environment)),
        tuple(map(_host, hosts)),
    )


def _directory(text: str) -> Directory:
    host, *rest = text.split("::")
    writable = bool(rest) and rest[-1] == "rw"
    if writable:
        rest.pop()
    if len(rest) > 1 or not host or not all(rest):
        raise UsageError(
            f"--dir {text} is no grant",
            hint="the form is --dir HOST[::GUEST][::rw]: --dir ./data, --dir /srv/data::/data::rw",
        )
    if not os.path.isdir(host):
        raise UsageError(f"--dir {text}: {host} is not a directory", hint="check the path")
    path = os.path.realpath(host)
    _check_text(f"--dir {text}: {path}", path)
    return Directory(path, rest[0] if rest else host, writable)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name:
        raise UsageError(
            f"--env {text} names no variable", hint="the form is --env NAME=VALUE, or --env NAME"
        )
    if not equals:
        if name not in os.environ:
            raise UsageError(
                f"--env {name}: there is no such variable here", hint=f"--env {name}=VALUE sets it"
            )
        value = os.environ[name]
    _check_text(f"--env {name}", name)
    _check_text(f"--env {name}: its value", value)
    return name, value


def _host(text: str) -> str:
    if not text or (text != "*" and any(each in text for each in "/@ *?#")):
        raise UsageError(
            f"--allow-host {text} is no host",
            hint="the form is NAME or NAME:PORT, without a scheme or a path; or *",
        )
    return text.lower()


def _check_text(what: str, text: str) -> None:
    """Raise `UsageError` unless `text` is Unicode: the interfaces of WASI know no other bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = what.encode(errors="backslashreplace").decode()
        raise UsageError(f"{shown} is not UTF-8", hint="a component can be granted only what is") from None


@OutputCallback  # type: ignore[untyped-decorator]
def _print(number: int, data: int, size: int) -> int:
    """What an instance writes to its standard output or its standard error."""
    from mcpgen.hosting.instance import instance_numbered

    instance = instance_numbered(number)
    if instance is not None and size:
        instance.write(ctypes.string_at(data, size))
    return size
