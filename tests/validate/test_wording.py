"""What people read: hints that fit how a server was named, findings that say which fault of several it is."""

from __future__ import annotations

import errno
import io

import pytest

from mcpgen.cli.ways import Ways
from mcpgen.errors import UsageError
from mcpgen.validate.report import Finding
from mcpgen.validate.starting import cannot_start
from mcpgen.validate.target import Target
from mcpgen.validate.terminal import console_for, show_finding

from .recording import Recording

MISSING = FileNotFoundError(errno.ENOENT, "No such file or directory")
FORBIDDEN = PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("command", "error", "listed"),
    [
        (("npx -y a",), MISSING, 'its words stand apart there: "command": "npx", "args": ["-y", "a"]'),
        (("none",), MISSING, '"command" is a program that PATH has'),
        (("s.py", "-x"), FORBIDDEN, 'try "command": "python", "args": ["s.py", "-x"]'),
    ],
)
def test_command_that_a_file_lists_is_mended_in_the_file(
    command: tuple[str, ...], error: OSError, listed: str
) -> None:
    hint = cannot_start(command, error, typed="").hint
    assert hint.startswith(listed)
    assert "--" not in hint and "quotes" not in hint


@pytest.mark.parametrize("typed", ["mcpgen fuzz", "mcpgen replay FILE"])
def test_command_without_a_server_names_no_way_of_another(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        Ways(typed=typed).check()
    assert "--transcript" not in refused.value.hint and "--config" not in refused.value.hint
    with pytest.raises(UsageError, match="no server is named") as refused:
        Ways().check()
    assert "--transcript FILE, --config FILE" in refused.value.hint
    assert Ways(command=("x",), typed=typed).target().typed == f"{typed} --"


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        (Target(url="http://h:4/mcp"), "POST http://h:4/mcp: nothing listens there", "port 4 of h? --url"),
        (Target(sse="http://h/sse"), "GET http://h/sse: nothing listens there", "port 80 of h? --sse"),
        (
            Target(ws="wss://h/"),
            "cannot reach wss://h/: Connect call failed ('h', 443)",
            "port 443 of h? --ws",
        ),
        (Target(url="http://h/"), "POST http://h/: [Errno -2] Name or service not known", "knows h"),
    ],
)
def test_where_nobody_listens_host_and_port_are_to_be_checked(
    target: Target, error: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    assert words in target.reach_hint(error)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is empty"),
        ("a" * 129, "has 129 characters, more than 128"),
        ("a b/ c", "has other characters than letters, digits, '_', '-' and '.': ' /'"),
    ],
)
def test_name_of_a_tool_is_told_by_what_is_wrong_with_it(name: str, words: str) -> None:
    talk = Recording("2025-11-25").opened()
    talk.exchange("tools/list", {"tools": [{"name": name, "inputSchema": {"type": "object"}}]})
    (finding,) = [one for one in talk.judged().findings if one.rule == "tool-name-form"]
    assert finding.message.endswith(words)


def test_long_value_is_underlined_where_it_begins() -> None:
    response = {"jsonrpc": "2.0", "id": 1, "result": {"text": "x" * 5000}}
    finding = Finding(
        *("a-rule", "MUST", "violation", "tools/call", "/result/text", "too long", "2025-11-25 schema"),
        *(None, response, "2025-11-25"),
    )
    text = io.StringIO()
    show_finding(finding, console_for(text), label="server")
    (line,) = [line for line in text.getvalue().splitlines() if set(line) == {" ", "^"}]
    assert line.count("^") == 60
