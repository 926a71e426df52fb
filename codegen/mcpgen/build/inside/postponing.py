"""Modules of the standard library that are imported by many and used by few: run when they are first used.

`import inspect` gives a module that has a few names, written here, for the calls that happen while servers
are made and called. Asking it for any other name runs the real module in its place. And `asyncio` imports
its submodules one by one, when a name of theirs is asked for.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from . import slicing
from .slimming import compiled

_ASYNC_GENERATOR = 0x200
_ALL = re.compile(r"^__all__ = ((?:[^\n]|\n[ )\]])*)", re.MULTILINE)
_QUOTED = re.compile(r"[\"'](\w+)[\"']")


class Postponed(ModuleType):
    """A module that is run when it is asked for a name that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(really(self.__name__), name)


class Finder:
    """The first finder while a component is made: it postpones what is named below."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if not (fullname in _FIRST or fullname in slicing.MODULES or fullname == "asyncio"):
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(fullname, path, target)) is not None:
                spec.loader = _loader(spec.loader, fullname)
                return spec
        return None


def _loader(real: Any, name: str) -> Any:
    if name in slicing.MODULES:
        path = real.get_filename(name)
        return slicing.Loader(real, lambda tree: compiled(tree, name, path))
    return _Asyncio(real) if name == "asyncio" else _Loader(real)


class _Loader:
    def __init__(self, real: Any) -> None:
        self.get_code: Callable[[str], CodeType] = real.get_code
        self.get_filename = real.get_filename

    def create_module(self, spec: ModuleSpec) -> None:
        """See `importlib.abc.Loader`."""

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        vars(module).update(_FIRST[module.__name__])
        module.__class__ = Postponed


#: The submodules that names of `asyncio` are from.
_asyncio_homes: set[str] = set()


class _Asyncio(_Loader):
    def exec_module(self, module: ModuleType) -> None:
        homes: dict[str, str] = {}
        files = os.listdir(module.__path__[0])  # noqa: PTH208 (pathlib would stay in memory)
        for name in self.get_code("asyncio").co_names:
            if f"{name}.py" in files:
                for each in _all_of(self._source(module, name)):
                    homes[each] = name

        def found(name: str) -> Any:
            if name == "__all__":
                return list(homes)
            if name not in homes:
                raise AttributeError(f"module 'asyncio' has no attribute {name!r}")
            value = vars(module)[name] = getattr(__import__(f"asyncio.{homes[name]}", fromlist=["*"]), name)
            return value

        vars(module)["__getattr__"] = found
        _asyncio_homes.update(homes.values())

    def _source(self, module: ModuleType, name: str) -> bytes:
        with open(f"{module.__path__[0]}/{name}.py", "rb") as file:  # noqa: PTH123
            return file.read()


def really(name: str) -> ModuleType:
    """The module `name`, whole: run now where it was postponed."""
    module = sys.modules[name]
    if isinstance(module, Postponed):
        module.__class__ = ModuleType  # type: ignore[assignment]
        spec = module.__spec__
        assert spec is not None
        loader: Any = sys.meta_path[-1] if settled() else spec.loader
        exec(loader.get_code(name), vars(module))
    return module


def settled() -> bool:
    """Whether the component is made, and modules come from its memory."""
    return not sys.path


def postponed() -> list[str]:
    """The modules that somebody has imported and nobody used so far."""
    return [name for name, module in sys.modules.items() if module.__class__ is Postponed]


def homes_in_asyncio() -> set[str]:
    """The submodules that `asyncio` imports, once it was imported itself."""
    return _asyncio_homes


def _all_of(source: bytes) -> tuple[str, ...]:
    """What the `__all__` of a module says, where it is written out."""
    match = _ALL.search(source.decode())
    return () if match is None else tuple(_QUOTED.findall(match[1]))


# What follows stands in for functions of modules that are postponed. It does what they do for what is common,
# and has the real one do the rest.


def _unwrap(func: Any, *, stop: Callable[[Any], bool] | None = None) -> Any:
    seen = set()
    while stop is None and hasattr(func, "__wrapped__"):
        if id(func) in seen:
            break
        seen.add(id(func))
        func = func.__wrapped__
    return func if stop is None and id(func) not in seen else really("inspect").unwrap(func, stop=stop)


def _getcoroutinestate(coroutine: Any) -> str:
    if coroutine.cr_running:
        return "CORO_RUNNING"
    if coroutine.cr_suspended:
        return "CORO_SUSPENDED"
    return "CORO_CLOSED" if coroutine.cr_frame is None else "CORO_CREATED"


def _isasyncgenfunction(function: Any) -> bool:
    while isinstance(function, MethodType | functools.partial):
        function = function.__func__ if isinstance(function, MethodType) else function.func
    if not isinstance(function, FunctionType):
        return bool(really("inspect").isasyncgenfunction(function))
    return bool(function.__code__.co_flags & _ASYNC_GENERATOR)


def _signature(*arguments: Any, **options: Any) -> Any:
    if sys._getframe(1).f_code.co_name == "_process_class":
        raise ValueError  # a dataclass without a docstring would get one, of its signature
    return really("inspect").signature(*arguments, **options)


def _get_annotations(of: Any, **options: Any) -> dict[str, Any]:
    if isinstance(of, type):
        try:
            return dict(of.__annotations__)
        except NameError:  # they name what comes later
            pass
    found: dict[str, Any] = really("annotationlib").get_annotations(of, **options)
    return found


def _later(module: str, name: str) -> Callable[..., Any]:
    def function(*arguments: Any, **options: Any) -> Any:
        return getattr(really(module), name)(*arguments, **options)

    return function


def _seed(*arguments: Any, **options: Any) -> None:
    """The maker of components seeds `random` without a value: once it is there, it will find one itself."""
    if arguments or options:
        really("random").seed(*arguments, **options)


def _numbers(module: str) -> dict[str, Any]:
    return {name: value for name, value in vars(__import__(module)).items() if isinstance(value, int)}


#: The modules that are postponed, and what they have at first.
_FIRST: Mapping[str, Mapping[str, Any]] = {
    "_colorize": {},
    "annotationlib": {
        "get_annotations": _get_annotations,
        "Format": SimpleNamespace(VALUE=1, VALUE_WITH_FAKE_GLOBALS=2, FORWARDREF=3, STRING=4),
    },
    "ast": {},
    "asyncio.sslproto": {},
    "asyncio.staggered": {},
    "asyncio.trsock": {},
    "codeop": {},
    "concurrent.futures": {name: name for name in ("FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED")},
    "dis": {},
    "inspect": {
        "CORO_CREATED": "CORO_CREATED",
        "getcoroutinestate": _getcoroutinestate,
        "isasyncgenfunction": _isasyncgenfunction,
        "signature": _signature,
        "unwrap": _unwrap,
    },
    "linecache": {},
    "locale": {},
    "random": {"seed": _seed},
    "selectors": {},
    "signal": {},
    "socket": _numbers("_socket"),
    "subprocess": {"PIPE": -1, "STDOUT": -2, "DEVNULL": -3},
    "textwrap": {},
    "tokenize": {},
    "traceback": {"extract_stack": _later("traceback", "extract_stack")},
}
