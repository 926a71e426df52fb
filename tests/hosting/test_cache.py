"""Compiled code is kept, and used again if it is whole."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest
from tests.components import Components
from wasmtime import Engine as PackagesEngine
from wasmtime.component import Component as PackagesComponent

from mcpgen.atomic import claim, sibling
from mcpgen.hosting import cache
from mcpgen.hosting.engine import Engine
from mcpgen.hosting.library import WasmError
from mcpgen.hosting.loading import engine
from mcpgen.paths import cache_directory


def compile_here(wasm: Path, of: Engine | None = None) -> bool:
    """Whether it had to be compiled."""
    told: list[Path | None] = []
    code = cache.compiled(of or engine(), wasm.read_bytes(), compiling=told.append)
    assert code.export("mcpgen:mcp/handler@0.1.0", "handle")
    return bool(told)


def test_second_time_nothing_is_compiled(odd: Path, own_cache: Path) -> None:
    assert compile_here(odd)
    assert not compile_here(odd)
    (entry,) = own_cache.iterdir()
    assert entry.suffix == ".cwasm"
    assert own_cache.stat().st_mode & 0o777 == 0o700


def test_what_tests_compile_in_haste_the_host_takes_for_its_own(odd: Path, components: Components) -> None:
    components.hosted(odd)
    assert not compile_here(odd)


def test_other_bytes_are_another_entry(odd: Path, guard: Path, own_cache: Path) -> None:
    assert compile_here(odd)
    assert compile_here(guard)
    assert len(list(own_cache.iterdir())) == 2


def _truncate(entry: Path) -> None:
    os.truncate(entry, entry.stat().st_size // 2)


def _empty(entry: Path) -> None:
    os.truncate(entry, 0)


def _flip(entry: Path) -> None:
    content = bytearray(entry.read_bytes())
    content[len(content) // 2] ^= 1
    entry.write_bytes(content)


def _fill_with_zeros(entry: Path) -> None:
    entry.write_bytes(bytes(entry.stat().st_size))


def _of_another_version(entry: Path) -> None:
    """A whole entry, of code that this wasmtime did not write."""
    content = entry.read_bytes()[: -len(cache._MARK) - cache._CHECKSUM_BYTES]
    major = engine().library.version.partition(".")[0].encode()
    said = bytes([len(major)]) + major
    assert content.count(said) == 1
    cache._keep(entry, content.replace(said, bytes([len(major)]) + b"1" * len(major)))


def _of_another_configuration(entry: Path) -> None:
    """A whole entry, of code that knows no epoch: nothing would end its loops."""
    cache._keep(entry, bytes(PackagesComponent(PackagesEngine(), "(component)").serialize()))


@pytest.mark.parametrize(
    "damage", [_truncate, _empty, _flip, _fill_with_zeros, _of_another_version, _of_another_configuration]
)
def test_damaged_entry_is_compiled_anew_and_the_debug_log_says_so(
    odd: Path, own_cache: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    compile_here(odd)
    (entry,) = own_cache.iterdir()
    damage(entry)
    with caplog.at_level(logging.DEBUG, logger="mcpgen.hosting"):
        assert compile_here(odd)
    assert any("is compiled anew: " in each.message for each in caplog.records)
    assert not compile_here(odd)


def test_entry_that_is_in_use_may_be_replaced(odd: Path, own_cache: Path) -> None:
    compile_here(odd)
    (entry,) = own_cache.iterdir()
    code = cache.compiled(engine(), odd.read_bytes())
    cache._keep(entry, b"something else")
    assert code.export("mcpgen:mcp/handler@0.1.0", "handle")
    assert compile_here(odd)


def test_processes_that_begin_at_once_all_get_it_and_leave_one_entry(odd: Path, own_cache: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mcpgen.hosting import cache; from mcpgen.hosting.loading"
        " import engine; told = []; cache.compiled(engine(), Path(sys.argv[1]).read_bytes(),"
        " compiling=told.append); print(sum(where is not None for where in told))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, odd], stdout=subprocess.PIPE) for _ in range(4)
    ]
    compiled = [int(each.communicate()[0]) for each in running]
    assert sum(compiled) == 1  # the others waited for it
    assert [each.suffix for each in own_cache.iterdir()] == [".cwasm"]


def test_process_that_waits_for_another_to_compile_says_so(odd: Path, own_cache: Path) -> None:
    own_cache.parent.mkdir(parents=True, mode=0o700)
    own_cache.mkdir(mode=0o700)
    name = f"{hashlib.sha256(odd.read_bytes()).hexdigest()}-{engine().fingerprint}.cwasm"
    with ThreadPoolExecutor(1) as other:
        told: SimpleQueue[Path | None] = SimpleQueue()
        with claim(own_cache / name):
            code = other.submit(cache.compiled, engine(), odd.read_bytes(), compiling=told.put)
            assert told.get(timeout=60) is None
        assert code.result(60).export("mcpgen:mcp/handler@0.1.0", "handle")
        assert told.get(timeout=60) == own_cache / name


@pytest.mark.parametrize("which", ["components", "mcpgen"])
def test_directory_that_others_can_write_is_not_used(
    odd: Path, own_cache: Path, caplog: pytest.LogCaptureFixture, which: str
) -> None:
    assert compile_here(odd)
    directory = own_cache if which == "components" else own_cache.parent
    assert directory.name == which
    assert directory.stat().st_mode & 0o777 == 0o700
    directory.chmod(0o770)
    assert compile_here(odd)
    (line,) = (each.message for each in caplog.records)
    assert line == f"{directory} can be written by others (chmod go-w mends it): what is compiled is not kept"
    directory.chmod(0o755)
    assert not compile_here(odd)


def test_directory_of_somebody_else_is_not_used(
    odd: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert compile_here(odd)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert compile_here(odd)
    assert f"{own_cache.parent} belongs to somebody else" in caplog.text


def test_directory_that_is_not_utf_8_is_used_for_nothing_and_hurts_nothing(
    odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "\udcff"))
    assert compile_here(odd)
    assert compile_here(odd)


def test_what_killed_processes_left_half_written_is_removed(odd: Path, own_cache: Path) -> None:
    assert compile_here(odd)
    (entry,) = own_cache.iterdir()
    of_another, now = (own_cache / f".{name}.cwasm.mcpgen-new" for name in ("another", "now"))
    for each in (sibling(entry, "new"), of_another, now):
        each.write_bytes(b"half")
    os.utime(of_another, (0, 0))
    cache._keep(entry, b"once more")
    assert sorted(own_cache.iterdir()) == sorted([entry, now])


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(
    odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    assert compile_here(odd)
    assert compile_here(odd)


def test_what_was_not_used_for_longest_goes_first(
    odd: Path, guard: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_here(odd)
    (old,) = own_cache.iterdir()
    os.utime(old, (0, 0))
    monkeypatch.setattr(cache, "MAX_BYTES", old.stat().st_size)
    compile_here(guard)
    assert not old.exists()
    assert len(list(own_cache.iterdir())) == 1


def test_what_does_not_compile_says_why_and_leaves_nothing(own_cache: Path) -> None:
    with pytest.raises(WasmError, match=r"unexpected end-of-file|magic"):
        cache.compiled(engine(), b"\0asm\x0d\0\1\0\1")
    assert list(own_cache.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "{home}/.cache/mcpgen"),
        ("linux", {"XDG_CACHE_HOME": "/far/away"}, "/far/away/mcpgen"),
        ("linux", {"XDG_CACHE_HOME": "not/absolute"}, "{home}/.cache/mcpgen"),
        ("darwin", {}, "{home}/Library/Caches/mcpgen"),
        ("darwin", {"XDG_CACHE_HOME": "/far/away"}, "/far/away/mcpgen"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/mcpgen/Cache"),
    ],
)
def test_cache_is_where_the_platform_has_it(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert str(cache_directory()) == expected.format(home=Path.home())
