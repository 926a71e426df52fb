"""What wasm-tools says of two states of a world: the judgement of who links components.

It compares two worlds that it finds side by side, so both states are written out, under other versions.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mcpgen.wasm_tools import run
from mcpgen.wit.model import World
from mcpgen.wit.reading import InvalidWit, said_of

#: Which versions they are does not count, for the check leaves versions aside. They must only be two.
_OLD, _NEW = "1.0.0", "1.0.1"
_ID = re.compile(
    r"(?P<name>(?<![\w:%/-])%?[a-z][\w-]*:%?[a-z][\w-]*(?:/%?[a-z][\w-]*)?)"
    r"(?:@\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]*?)?(?=\.\{|[\s;{]))?(?=\.\{|[\s;{])"
)
_GATE = re.compile(r"^\s*@(?:since|unstable|deprecated)\(.*?\)\s*$", re.MULTILINE)


def incompatibilities(old: Path, new: Path, worlds: Sequence[tuple[World, World]]) -> dict[str, str | None]:
    """By the name of each new world, why a component built for the old one is none of it; None where it is.

    `worlds` are those read from `old` and from `new`. Raises `InvalidWit` where wasm-tools cannot compare
    two of them, and `MissingExtra`.
    """
    with tempfile.TemporaryDirectory(prefix="mcpgen-") as scratch:
        both = Path(scratch)
        (both / "deps").mkdir()
        _write_out(old, both, "old", _OLD)
        _write_out(new, both, "new", _NEW)
        return {after.name: _incompatibility(both, before, after) for before, after in worlds}


def _incompatibility(both: Path, old: World, new: World) -> str | None:
    included = "".join(
        f"world {side} {{ include {world.package.partition('@')[0]}/%{world.name}@{version}; }}\n"
        for side, world, version in (("prev", old, _OLD), ("new", new, _NEW))
    )
    (both / "both.wit").write_text(f"package mcpgen:both;\n{included}", encoding="utf-8")
    ended = run("wasm-tools", "component", "semver-check", "--prev", "prev", "--new", "new", both)
    if ended.code == 0:
        return None
    verdict, _, causes = ended.error.partition("Caused by:")
    if "not semver-compatible" not in verdict:
        raise InvalidWit(
            f"wasm-tools cannot compare the two of world {new.name}: {' '.join(ended.error.split())}",
            hint="see what it reads: wasm-tools component wit FILE",
        )
    lines = [re.sub(r"^\s*\d+: |\(at offset .*?\)", "", line).strip() for line in causes.splitlines()]
    # The first cause names the world that was written here.
    return ", ".join(line for line in lines[2:] if line) or " ".join(causes.split())


def _write_out(wit: Path, both: Path, side: str, version: str) -> None:
    """Write all packages of `wit` into deps/, as if of `version`."""
    said_of(wit, "--no-docs", "--out-dir", both / side)
    for file in (both / side).rglob("*.wit"):
        text = _GATE.sub("", file.read_text(encoding="utf-8"))
        text = _ID.sub(lambda id: f"{id['name']}@{version}", text)
        (both / "deps" / f"{side}-{file.name}").write_text(text, encoding="utf-8")
