"""Which server a TARGET means: `module:attribute`, `path/to/file.py:attribute`, or a project that names one.

The attribute is a `Server`, a `ServerHandler` or a `ProtocolHandler`, or a function without arguments that
makes one. Files are found by `os.path`: importing pathlib takes a tenth of the time in which a server starts.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from mcpgen.errors import TargetCrashed, TargetUnreachable, UsageError, nearest

T = TypeVar("T")

_FORM = "TARGET is module:attribute, path/to/file.py:attribute such as greeter.py:server, or a project"
_PLACES = (".toml", ".json", ".yaml", ".yml")


def load_target(target: str, *, root: str | None = None, key: bytes | None = None) -> Any:
    """The `ProtocolHandler` that `target` means: of a `Server` or a `ServerHandler`, its core with `key`.

    The current directory, or that of the project, can be imported from, and so can that of a file. With
    `root`, the directory of a project, `target` is what that project names. Raises `UsageError` where there
    is no such thing or it is no server, `TargetCrashed` where its own code raises, `TargetUnreachable` where
    it lacks what its definition asks for.
    """
    found = _made(load_attribute(target, root=root), target)
    from mcpgen_runtime.servable import protocol_handler

    return _user_code(lambda: protocol_handler(found, key=key), target)


def load_attribute(target: str, *, root: str | None = None) -> Any:
    """What stands at `target`, be it a server or not; the arguments are those of `load_target`.

    Raises `UsageError` where nothing does, and `TargetCrashed` where its module raises.
    """
    if root is None:
        root = os.getcwd()
        if is_place(target):
            from mcpgen.serving.projects import find_target

            root, target = find_target(target)
    place, colon, attribute = target.rpartition(":")
    if not colon:
        hint = f"name the server in it, such as {target}:server" if target.endswith(".py") else _FORM
        raise UsageError(f"{target!r} names no attribute", hint=hint)
    if not place or not all(part.isidentifier() for part in attribute.split(".")):
        raise UsageError(f"{target!r} is no target", hint=_FORM)
    _import_from(root)
    module = _file(place, root) if place.endswith(".py") else _module(place, root)
    return _attribute(module, attribute, place)


def is_place(target: str) -> bool:
    """Whether `target` is a project, its mcpgen.toml or its definition, rather than a module's attribute."""
    return target.endswith(_PLACES) or os.path.isdir(target)


def serving_command(target: str) -> tuple[str, ...] | None:
    """The command line that serves `target`, None where `mcpgen serve` takes no such thing."""
    place, colon, attribute = target.rpartition(":")
    named = bool(colon and place and attribute.replace(".", "_").isidentifier() and " " not in target)
    if is_place(target) or target.endswith(".wasm") or named:
        return (sys.executable, "-m", "mcpgen", "serve", target)
    return None


def _import_from(directory: str) -> None:
    if directory not in sys.path:
        sys.path.insert(0, directory)


def _module(name: str, root: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        hint = f"a file's name ends in .py: {name}.py" if os.path.isfile(f"{name}.py") else _FORM
        raise UsageError(f"{name!r} is no module name", hint=hint)
    try:
        return _user_code(lambda: importlib.import_module(name), name)
    except TargetCrashed as crash:
        missing = crash.cause
        # Missing is it or a package around it; anything else is missing inside of it.
        if (
            isinstance(missing, ModuleNotFoundError)
            and missing.name
            and f"{name}.".startswith(f"{missing.name}.")
        ):
            raise UsageError(
                f"there is no module {missing.name!r}", hint=_near_module(missing.name, root)
            ) from None
        raise


def _near_module(name: str, root: str) -> str:
    package, dot, _ = name.rpartition(".")
    directory = os.path.join(root, *package.split("."))
    there = _sources(directory)
    if os.path.isdir(directory):
        there += [each for each in os.listdir(directory) if _sources(os.path.join(directory, each))]
    near = nearest(name, [f"{package}{dot}{each}" for each in there])
    return near or f"it is looked for in {root} and where Python finds its modules"


def _sources(directory: str) -> list[str]:
    """The names of the Python files in `directory`, without .py; none where there is no such directory."""
    if not os.path.isdir(directory):
        return []
    return [each[:-3] for each in os.listdir(directory) if each.endswith(".py")]


def _file(path: str, root: str) -> ModuleType:
    path = path if root == os.getcwd() else os.path.join(root, path)
    directory, file = os.path.split(path)
    if not os.path.isfile(path):
        near = nearest(file, [f"{each}.py" for each in _sources(directory or ".")])
        raise UsageError(f"there is no file {path}", hint=near or "check the path")
    _import_from(os.path.realpath(directory))
    # What it defines says that it belongs to a module of this name, and must find it.
    stem = file[:-3]
    name = stem if stem not in sys.modules else f"mcpgen_target_{stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _user_code(lambda: spec.loader.exec_module(module), path)  # type: ignore[union-attr]
    return module


def _attribute(module: ModuleType, attribute: str, place: str) -> Any:
    found: Any = module
    for name in attribute.split("."):
        if not hasattr(found, name):
            servers = [each for each, value in vars(module).items() if _is_server(value)]
            near = nearest(name, [each for each in dir(found) if not each.startswith("_")])
            known = f"servers in it: {', '.join(servers)}" if servers else "it holds no server"
            raise UsageError(f"{place} has no attribute {name!r}", hint=f"{near} {known}".strip())
        found = getattr(found, name)
    return found


def _made(found: Any, target: str) -> Any:
    """The server that `found` is or makes."""
    if callable(found) and not _is_server(found):
        try:
            inspect.signature(found).bind()
        except (TypeError, ValueError):
            raise UsageError(
                f"{target} needs arguments", hint="a function that makes a server takes none"
            ) from None
        found = _user_code(found, target)
    if not _is_server(found):
        kind = type(found).__name__
        if inspect.iscoroutine(found):
            found.close()
        raise UsageError(
            f"{target} is no server but a value of type {kind}",
            hint="it must be a Server, a ServerHandler or a ProtocolHandler, or a function that makes one",
        )
    return found


def _is_server(value: Any) -> bool:
    # Only now, for the target's own modules come first: what they lack is said without waiting for this.
    from mcpgen_runtime.servable import is_servable

    return is_servable(value)


def _user_code(run: Callable[[], T], what: str) -> T:
    """What `run` returns. Raises `TargetCrashed` for whatever it raises."""
    try:
        return run()
    except (Exception, SystemExit) as error:
        raise _failure(what, error) from error


def _failure(what: str, error: BaseException) -> TargetUnreachable:
    """What is said of a target whose own code raised `error`."""
    binding = sys.modules.get("mcpgen_runtime.binding")
    if binding is None or not isinstance(error, binding.MissingMethods):
        crash = TargetCrashed(what, error)
        if isinstance(error, ImportError) and error.path and _is_generated(error.path):
            crash.hint = "the definition has that no longer: mcpgen regen tells what else"
        return crash
    return TargetUnreachable(
        str(error), hint=f"add what is missing to {error.owner}: mcpgen regen shows it ready to paste"
    )


def _is_generated(path: str) -> bool:
    """Whether mcpgen wrote that file, as its first line says."""
    try:
        with open(path, "rb") as file:
            return file.readline().startswith(b"# Generated by mcpgen ")
    except OSError:
        return False
