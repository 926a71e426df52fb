"""stdio: what only a server over standard streams has to do."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .peers import WORKSHOP, Ended, Peer, ServerProcess, StdioPeer, call, eventually, text_of

SERVE = [sys.executable, "-m", "mcpgen", "serve", WORKSHOP]


@pytest.fixture
def stdio(connect: Callable[[str], Peer]) -> StdioPeer:
    peer = connect("stdio")
    assert isinstance(peer, StdioPeer)
    return peer


@pytest.fixture
def stop() -> Iterator[Callable[[StdioPeer], None]]:
    """Have a peer of the test's own making end with the test."""
    peers: list[StdioPeer] = []
    yield peers.append
    for peer in peers:
        peer.close()


def served(requests: bytes, **streams: int) -> subprocess.CompletedProcess[bytes]:
    """What a server makes of `requests` as its whole input."""
    given = {"input": requests} if "stdin" not in streams else {}
    outgoing = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(SERVE, **{**outgoing, **streams}, **given, timeout=30, check=False)  # type: ignore[call-overload, no-any-return]


def lines(*messages: object) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def test_end_of_input_ends_it_with_0(stdio: StdioPeer) -> None:
    assert stdio.is_served()
    stdio.finish()
    assert stdio.server.wait() == 0
    assert stdio.log() == ""


def test_no_input_at_all_ends_it_with_0() -> None:
    run = served(b"")
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_signal_ends_it_with_0(stdio: StdioPeer, which: signal.Signals) -> None:
    assert stdio.is_served()
    assert stdio.server.end(which) == 0
    with pytest.raises(Ended):
        stdio.hear()


def test_signal_lets_calls_in_flight_end(stdio: StdioPeer) -> None:
    stdio.tell(call("wait", {"seconds": 0.3}, id="slow"))
    assert stdio.is_served()
    stdio.server.process.send_signal(signal.SIGTERM)
    assert stdio.hear()["id"] == "slow"
    assert stdio.server.wait() == 0


def test_signal_cuts_calls_that_take_longer_than_drain_seconds(stop: Callable[[StdioPeer], None]) -> None:
    peer = StdioPeer("--set", "drain_seconds=0.1")
    stop(peer)
    peer.tell(call("wait", {"seconds": 60}))
    assert peer.is_served()
    assert peer.server.end() == 0
    assert "1 calls took longer than drain_seconds (0.1)" in peer.log()


def test_second_signal_ends_it_at_once(stop: Callable[[StdioPeer], None]) -> None:
    peer = StdioPeer("--set", "drain_seconds=60")
    stop(peer)
    peer.tell(call("wait", {"seconds": 60}))
    assert peer.is_served()
    process = peer.server.process
    process.send_signal(signal.SIGTERM)

    def handled_by_default() -> bool:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
        return not int(caught.split()[1], 16) & 1 << (signal.SIGTERM - 1)

    eventually(handled_by_default)
    assert peer.server.end() == -signal.SIGTERM


def test_thread_that_a_handler_left_running_does_not_hold_up_the_end(stdio: StdioPeer) -> None:
    stdio.tell(call("block", {"seconds": 60}))
    assert stdio.is_served()
    stdio.tell({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
    stdio.finish()
    assert stdio.server.wait() == 0


def test_nothing_that_is_printed_reaches_standard_output(stdio: StdioPeer) -> None:
    assert text_of(stdio.ask(call("print"))) == "read ''"
    assert stdio.is_served()
    stdio.finish()
    with pytest.raises(Ended):
        stdio.hear()
    assert sorted(stdio.log().splitlines()) == [
        "by a child",
        "by descriptor",
        "by print",
        "by the old object",
    ]


def test_what_a_module_prints_as_it_is_imported_goes_to_standard_error(
    tmp_path: Path, stop: Callable[[StdioPeer], None]
) -> None:
    module = tmp_path / "noisy.py"
    module.write_text("print('hello')\nfrom mcpgen_runtime import Server\nserver = Server('noisy', '1')\n")
    peer = StdioPeer(target=f"{module}:server")
    stop(peer)
    assert peer.ask({"jsonrpc": "2.0", "id": 1, "method": "ping"})["result"] == {}
    assert peer.log() == "hello\n"


def test_messages_come_from_files_and_go_to_files(tmp_path: Path) -> None:
    requests, answers = tmp_path / "requests", tmp_path / "answers"
    requests.write_bytes(
        lines(call("wait", {"seconds": 0.1}, id="slow"), call("echo", {"text": "x"}, id="quick"))
    )
    with requests.open("rb") as stdin, answers.open("wb") as stdout:
        run = served(b"", stdin=stdin.fileno(), stdout=stdout.fileno())
    assert (run.returncode, run.stderr) == (0, b"")
    assert [json.loads(line)["id"] for line in answers.read_bytes().splitlines()] == ["quick", "slow"]


@pytest.mark.parametrize("loop", ["on", "off"])
def test_devices_and_files_work_on_either_loop(tmp_path: Path, loop: str) -> None:
    requests = tmp_path / "requests"
    requests.write_bytes(lines(call("echo", {"text": "x"})))
    for source in (str(requests), os.devnull):
        with Path(source).open("rb") as stdin:
            run = subprocess.run(
                [*SERVE, "--uvloop", loop], stdin=stdin, capture_output=True, timeout=30, check=False
            )
        assert (run.returncode, run.stderr) == (0, b"")
        assert run.stdout.count(b"\n") == (1 if source != os.devnull else 0)


def test_one_socket_may_be_input_and_output(stop: Callable[[StdioPeer], None]) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        process = subprocess.Popen(SERVE, stdin=theirs.fileno(), stdout=theirs.fileno())
        theirs.close()
        ours.settimeout(20)
        for number in range(3):
            ours.sendall(lines(call("echo", {"text": "x"}, id=number)))
            assert json.loads(ours.recv(65536))["id"] == number
        ours.shutdown(socket.SHUT_WR)
        assert ours.recv(1) == b""
        assert process.wait(20) == 0


def test_terminal_is_told_what_is_served_and_is_left_as_it_was() -> None:
    ours, theirs = pty.openpty()
    flags = fcntl.fcntl(theirs, fcntl.F_GETFL)
    process = subprocess.Popen(SERVE, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline().endswith(b"on standard input and output\n")
    assert fcntl.fcntl(theirs, fcntl.F_GETFL) == flags
    os.write(ours, lines(call("echo", {"text": "typed"})))
    shown = b""
    while b"result" not in shown:
        shown += os.read(ours, 65536)
    os.write(ours, b"\x04")
    assert process.wait(20) == 0
    process.stderr.close()
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("loop", ["on", "off"])
def test_output_that_nobody_reads_any_more_ends_it(stop: Callable[[StdioPeer], None], loop: str) -> None:
    """Though its input stays open, and without a word of its own."""
    peer = StdioPeer("--uvloop", loop)
    stop(peer)
    assert peer.is_served()
    peer.stdout.close()
    assert peer.server.wait() == 0
    assert peer.log() == ""


def test_everything_that_was_asked_for_arrives_on_either_loop(stop: Callable[[StdioPeer], None]) -> None:
    peer = StdioPeer("--uvloop", "on")
    stop(peer)
    for number in range(30):
        peer.tell(call("flood", {"bytes": 100_000}, id=number))
    peer.finish()
    assert [answer["id"] for answer in peer.heard_to_the_end()] == list(range(30))
    assert peer.server.wait() == 0


def test_answer_that_nobody_reads_any_more_ends_it() -> None:
    """A socket does not tell before it is written to."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(SERVE, stdin=subprocess.PIPE, stdout=theirs.fileno(), bufsize=0)
    theirs.close()
    ours.close()
    assert process.stdin is not None
    process.stdin.write(lines(call("echo", {"text": "x"})))
    assert process.wait(20) == 0
    process.stdin.close()


def test_output_is_blocking_again_once_it_has_ended() -> None:
    reading, writing = os.pipe()
    assert served(b"", stdout=writing).returncode == 0
    assert os.get_blocking(writing)
    os.close(reading)
    os.close(writing)


LAUNCHER = """
import signal, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdin=0, stdout=1)
print(process.pid, file=sys.stderr, flush=True)
signal.pause()
"""


def test_parent_that_is_gone_ends_it_though_its_input_stays_open() -> None:
    reading, writing = os.pipe()  # the writing end stays open, in this process
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, *SERVE],
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reading)
    assert launcher.stderr is not None and launcher.stdout is not None
    server = int(launcher.stderr.readline())
    # Served by then, it knows its parent.
    os.write(writing, lines(call("echo", {"text": "x"})))
    assert "result" in launcher.stdout.readline()
    launcher.kill()
    launcher.wait()

    def gone() -> bool:
        try:
            os.kill(server, 0)
        except ProcessLookupError:
            return True
        # Nobody may wait for it here: dead is dead.
        return Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    eventually(gone)
    os.close(writing)
    launcher.stdout.close()
    launcher.stderr.close()


def test_peer_that_stops_reading_is_left_after_write_seconds(stop: Callable[[StdioPeer], None]) -> None:
    peer = StdioPeer("--set", "write_seconds=0.3")
    stop(peer)
    peer.tell(call("flood", {"bytes": 1_000_000}))
    assert peer.server.wait() == 0
    assert "nothing was read for write_seconds (0.3)" in peer.log()


def test_closed_standard_input_is_told() -> None:
    shell = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *SERVE], capture_output=True, text=True, timeout=30, check=False
    )
    assert shell.returncode == 3
    assert shell.stderr.startswith("error: standard input or standard output is closed")


def test_standard_error_may_be_closed() -> None:
    shell = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *SERVE],
        input=lines(call("print")),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert shell.returncode == 0
    assert text_of(json.loads(shell.stdout)) == "read ''"


def test_adapter_gives_the_standard_streams_back() -> None:
    script = textwrap.dedent(
        """
        import asyncio, os, sys
        from mcpgen_runtime import Server, ServerCore
        from mcpgen_runtime.transports.stdio import StdioAdapter
        asyncio.run(StdioAdapter().serve(ServerCore(Server("x", "1"))))
        print("mine again")
        assert os.read(0, 1) == b""
        """
    )
    ping = lines({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    run = subprocess.run(
        [sys.executable, "-c", script], input=ping, capture_output=True, timeout=30, check=False
    )
    assert run.returncode == 0, run.stderr
    answer, rest = run.stdout.splitlines()
    assert json.loads(answer)["result"] == {}
    assert rest == b"mine again"


def test_errors_of_a_full_disk_end_it() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb") as full:
        run = served(lines(call("echo", {"text": "x"})), stdout=full.fileno())
    assert run.returncode == 0
    assert os.strerror(errno.ENOSPC) in run.stderr.decode()


def test_several_servers_share_nothing(stdio: StdioPeer, sockets: ServerProcess) -> None:
    assert stdio.is_served()
    assert sockets.process.poll() is None
