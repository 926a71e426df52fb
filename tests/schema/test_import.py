"""`mcpgen schema import`: all or nothing, with its provenance recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Run, edit

DRAFT_07 = '{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"A": %s}}'
REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("revision", REVISIONS)
def test_importing_the_official_schema_again_changes_nothing(
    run: Run, room_directory: Path, official: Path, revision: str
) -> None:
    before = contents(room_directory)
    code, out, _ = run(
        "schema",
        "import",
        official / revision / "schema.json",
        "--revision",
        revision,
        "--schema",
        room_directory,
    )
    assert (code, out.split(":")[0]) == (0, "unchanged")
    assert contents(room_directory) == before


def test_a_new_revision_is_stored_with_its_provenance(run: Run, tmp_path: Path) -> None:
    room, file = tmp_path / "room", tmp_path / "official.json"
    room.mkdir()
    file.write_text(
        json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"A": {}}})
    )
    code, _, _ = run(
        *("schema", "import", file, "--revision", "2027-01-01", "--schema", room),
        *("--source", "example", "--commit", "abc"),
    )
    assert code == 0
    assert json.loads((room / "2027-01-01.json").read_text())["$defs"] == {"A": {}}
    entry = json.loads((room / "lock.json").read_text())["2027-01-01"]
    assert (entry["source"], entry["commit"], entry["errata"]) == ("example", "abc", [])
    assert len(entry["official_sha256"]) == len(entry["stored_sha256"]) == 64


def test_an_erratum_that_upstream_mended_trips_the_import(
    run: Run, room_directory: Path, official_copy: Path
) -> None:
    file = official_copy / "2026-07-28" / "schema.json"

    def mend(document: dict) -> None:  # type: ignore[type-arg]
        document["$defs"]["JSONValue"]["anyOf"][2]["type"] = ["string", "number", "boolean", "null"]

    edit(file, mend)
    before = contents(room_directory)
    code, _, err = run("schema", "import", file, "--revision", "2026-07-28", "--schema", room_directory)
    assert code == 2
    assert "erratum 'json-value-null-and-number' does not apply" in err
    assert "upstream has mended it" in err
    assert contents(room_directory) == before


@pytest.mark.parametrize(
    ("content", "revision", "error"),
    [
        ("no json", "2027-01-01", "not JSON"),
        ('{"$schema": "https://example.com/mine", "$defs": {}}', "2027-01-01", "unknown dialect"),
        (
            DRAFT_07 % '{"$ref": "#/definitions/B"}',
            "2027-01-01",
            "dangling $ref",
        ),
        (
            '{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"A": {"$ref": "http://x/y"}}}',
            "2027-01-01",
            "remote $ref",
        ),
        ("{}", "latest", "'latest' is not the name of a revision"),
        (None, "2027-01-01", "No such file"),
    ],
)
def test_bad_input_leaves_the_room_as_it_was(
    run: Run, room_directory: Path, tmp_path: Path, content: str | None, revision: str, error: str
) -> None:
    file = tmp_path / "in.json"
    if content is not None:
        file.write_text(content)
    before = contents(room_directory)
    code, out, err = run("schema", "import", file, "--revision", revision, "--schema", room_directory)
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["error", "hint"]
    assert error in lines[0]
    assert contents(room_directory) == before


def test_a_schema_directory_must_be_named_or_configured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("schema", "import", "x.json", "--revision", "2027-01-01")
    assert code == 2
    assert "--schema DIR" in err


def test_a_full_disk_leaves_the_room_as_it_was(room_directory: Path, official: Path) -> None:
    """RLIMIT_FSIZE stands in for the disk: the write fails with a real OSError after some bytes."""
    before = contents(room_directory)
    (room_directory / "2026-07-28.json").unlink()
    without = contents(room_directory)
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
        "from mcpgen.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    file = official / "2026-07-28" / "schema.json"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            script,
            "schema",
            "import",
            file,
            "--revision",
            "2026-07-28",
            "--schema",
            room_directory,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "error: cannot write" in done.stderr
    assert "hint: " in done.stderr
    assert contents(room_directory) == without != before


def test_an_import_killed_at_any_moment_leaves_the_old_or_the_new_schema(
    room_directory: Path, official_copy: Path
) -> None:
    """Killed at moments spread over a run; each file is then whole, and a second import mends the room."""
    file = official_copy / "2025-11-25" / "schema.json"
    old = (room_directory / "2025-11-25.json").read_bytes()

    def add(document: dict) -> None:  # type: ignore[type-arg]
        document["$defs"]["Added"] = {"type": "string"}

    edit(file, add)
    command: list[str | Path] = [
        *(sys.executable, "-m", "mcpgen", "schema", "import", file),
        *("--revision", "2025-11-25", "--schema", room_directory),
    ]
    seen = set()
    for step in range(12):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.03 * step)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = (room_directory / "2025-11-25.json").read_bytes()
        json.loads((room_directory / "lock.json").read_text())
        assert now == old or b'"Added"' in json.dumps(json.loads(now)).encode()
        seen.add(now == old)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert b'"Added"' in (room_directory / "2025-11-25.json").read_bytes()
    leftovers = [path.name for path in room_directory.iterdir() if path.name.startswith(".")]
    assert leftovers == []
    assert True in seen


def test_an_unwritable_directory_is_refused(run: Run, official: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        target = Path("/proc/self")  # Not even root makes files here.
    else:
        target = tmp_path / "closed"
        target.mkdir(mode=0o500)
    code, _, err = run(
        "schema",
        "import",
        official / "2024-11-05" / "schema.json",
        "--revision",
        "2024-11-05",
        "--schema",
        target,
    )
    assert code == 2
    assert err.startswith("error: cannot write")


def test_a_mistake_that_another_revision_has_an_erratum_for_is_pointed_out(
    run: Run, room_directory: Path, official: Path
) -> None:
    file = official / "2026-07-28" / "schema.json"
    code, out, _ = run("schema", "import", file, "--revision", "2027-01-01", "--schema", room_directory)
    assert code == 0
    assert "note: it seems to have the mistake of erratum json-value-null-and-number" in out


def test_what_the_ir_has_no_word_for_is_refused_before_it_is_stored(
    run: Run, room_directory: Path, tmp_path: Path
) -> None:
    file = tmp_path / "in.json"
    before = contents(room_directory)
    for schema in (
        '{"$ref": "#/definitions/A"}',
        '{"anyOf": [{"type": "string"}, {"$ref": "#/definitions/A"}]}',
    ):
        file.write_text(DRAFT_07 % schema)
        code, _, err = run("schema", "import", file, "--revision", "2027-01-01", "--schema", room_directory)
        assert code == 2
        assert "A is defined as itself" in err
    assert contents(room_directory) == before
