"""`mcpgen export`: write a code-first server's definition, and freeze its codecs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def export(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="module:attribute, path/to/file.py:attribute, or a project that names one."
        ),
    ],
    output: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads it at run time)
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where the definition goes, .json or .yaml: else to server.mcp.json beside the module, or "
            "where the project says.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; print what differs as a diff and exit 1 if anything does."
        ),
    ] = False,
) -> None:
    """Write the definition of a server, and freeze the codecs of its code-first tools.

    The server then starts without pydantic, natively and in WebAssembly, as long as its signatures are what
    they were; after a change it says so, and derives anew where pydantic is there.

    Exit codes: 0 written, or nothing differs; 1 something differs; 2 wrong usage; 3 the server's code failed.
    """
    from mcpgen.atomic import write_files_atomically
    from mcpgen.errors import ExitCode
    from mcpgen.export.exporting import export as exported

    found = exported(target, output=output)
    if check:
        differs = [path for path, text in found.files.items() if _differs(path, text)]
        raise typer.Exit(ExitCode.DOES_NOT_HOLD if differs else ExitCode.HOLDS)
    changed = {path: text for path, text in found.files.items() if _read(path) != text}
    if changed:
        write_files_atomically(changed)
    for path in found.files:
        typer.echo(f"{'wrote' if path in changed else 'unchanged'} {_shown(path)}")
    server = found.server
    counts = [
        f"{_count(len(server.tools), 'tool')} ({found.frozen} frozen)",
        _count(len(server.resources), "resource"),
        _count(len(server.templates), "resource template"),
        _count(len(server.prompts), "prompt"),
    ]
    typer.echo(", ".join(counts))
    for tool, types in found.left_to_pydantic.items():
        typer.echo(f"{tool} needs pydantic at run time, for {', '.join(types)}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _differs(path: Path, text: str) -> bool:
    import difflib

    before = _read(path)
    if before == text:
        return False
    old = [] if before is None else before.splitlines(keepends=True)
    names = ("/dev/null" if before is None else _shown(path), _shown(path))
    typer.echo("".join(difflib.unified_diff(old, text.splitlines(keepends=True), *names)), nl=False)
    return True


def _read(path: Path) -> str | None:
    from mcpgen.errors import UsageError

    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{path} cannot be read: {reason}", hint="move it, or choose another -o") from None


def _shown(path: Path) -> str:
    absolute, here = path.resolve(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)
