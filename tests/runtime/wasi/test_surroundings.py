"""Inside a component Python gets time, chance and output from its host, and finds no files.

Each test has a Python of its own, which is not itself any more.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: A host whose clocks stand still, and a log of what went where. What asks the system from here on, fails.
_HOST = """
from mcpgen_runtime.transports.wasi import surroundings
surroundings.prepare()
from time import time as since_1970, monotonic
import io, logging, os, pathlib, sys, traceback, warnings
say = os.write
sys.excepthook = lambda *error: say(2, "".join(traceback.format_exception(*error)).encode())

class Host:
    text = ""
    slept = 0.0
    def now(self): return 5.0 + self.slept
    def time(self): return 86400.0 + self.slept
    def sleep(self, seconds): self.slept += seconds
    def random(self, size): return b"r" * size
    def write(self, text): self.text += text

host = Host()

def tell(*what):
    say(1, (" ".join(map(str, what)) + chr(10)).encode())
"""


def run(tmp_path: Path, code: str, *, before: str = "", install: bool = True) -> list[str]:
    script = tmp_path / "script.py"
    script.write_text(before + _HOST + ("surroundings.install(host)\n" if install else "") + code)
    environment = {"PYTHONPATH": ":".join(sys.path), "TZ": "Asia/Tokyo"}
    ended = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_clocks_are_the_hosts_also_for_who_imported_them_before(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
import time
tell(since_1970(), monotonic(), time.time_ns(), time.perf_counter(), time.monotonic_ns())
tell(time.strftime("%Y-%m-%d %H"), time.localtime().tm_hour, time.gmtime(0).tm_year)
tell(time.ctime(), time.asctime())
time.sleep(2)
tell(since_1970(), time.clock_gettime(time.CLOCK_REALTIME), time.get_clock_info("time").adjustable)
""",
    )
    assert told == [
        "86400.0 5.0 86400000000000 5.0 5000000000",
        "1970-01-02 00 0 1970",
        "Fri Jan  2 00:00:00 1970 Fri Jan  2 00:00:00 1970",
        "86402.0 86402.0 True",
    ]


def test_dates_ask_the_host_too(tmp_path: Path) -> None:
    # The datetime that is in C would ask the system.
    told = run(
        tmp_path,
        """
from datetime import datetime, date, timezone
surroundings.install(host)
tell(datetime.now(timezone.utc).isoformat(), date.today(), datetime.now())
""",
        install=False,
    )
    assert told == ["1970-01-02T00:00:00+00:00 1970-01-02 1970-01-02 00:00:00"]


@pytest.mark.parametrize("first", ["", "import random\n"])
def test_randomness_is_the_hosts(tmp_path: Path, first: str) -> None:
    told = run(
        tmp_path,
        """
import random, secrets, uuid
surroundings.install(host)
tell(os.urandom(2), random.Random().random() == random.Random().random(), secrets.token_bytes(2))
tell(uuid.uuid4() == uuid.uuid4(), random.SystemRandom().random() == random.SystemRandom().random())
surroundings.reseed()
drawn = random.random()
surroundings.reseed()
tell(drawn == random.random(), random.Random(1).random() == random.Random(1).random())
""",
        before=first,
        install=False,
    )
    assert told == ["b'rr' True b'rr'", "True True", "True True"]


def test_where_there_is_no_randomness_none_is_made_up(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
import random, uuid, secrets
from random import choice
def none(size): raise NotImplementedError("no randomness here")
host.random = none
surroundings.install(host)
for make in (lambda: os.urandom(1), random.Random, uuid.uuid4, secrets.token_hex, random.random,
             random.seed, lambda: choice("ab")):
    try:
        tell("made", make())
    except NotImplementedError as error:
        tell(error)
""",
        install=False,
    )
    assert told == ["no randomness here"] * 7


@pytest.mark.parametrize(
    "draw",
    [
        "os.urandom(16)",
        "__import__('secrets').token_bytes(32)",
        "__import__('uuid').uuid4()",
        "random.Random()",
        "__import__('_random').Random()",
        "random.SystemRandom().random()",
        "random.getrandbits(256)",
        "random.random()",
        "random.choice('ab')",
        "shuffle([1, 2, 3])",
        "random.seed()",
        "__import__('mcpgen_runtime.core').core.ServerCore(__import__('mcpgen_runtime').Server('s', '1'))",
    ],
)
def test_nothing_is_drawn_while_a_component_is_made(tmp_path: Path, draw: str) -> None:
    told = run(
        tmp_path,
        f"""
import random
from random import shuffle
try:
    tell("made", {draw})
except NotImplementedError as error:
    tell(error)
""",
        install=False,
    )
    assert told == [
        "what is random while a component is made would be the same in every copy of it: make it in the"
        " lifespan, or in the handler"
    ]


def test_functions_of_random_are_seeded_when_first_used(tmp_path: Path) -> None:
    # Who took one while the component was made has the same generator.
    told = run(
        tmp_path,
        """
import random
from random import getrandbits, random as draw
surroundings.install(host)
drawn = random.choice(range(1000)), draw(), getrandbits(40), random.randbytes(4)
other = random.Random(int.from_bytes(b"r" * 32, "big"))
tell(drawn == (other.choice(range(1000)), other.random(), other.getrandbits(40), other.randbytes(4)))
""",
        install=False,
    )
    assert told == ["True"]


def test_seed_given_while_a_component_is_made_stays(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
import random
from random import random as draw
random.seed(7)
surroundings.install(host)
tell([draw(), random.gauss()] == [(seeded := random.Random(7)).random(), seeded.gauss()])
""",
        install=False,
    )
    assert told == ["True"]


def test_what_is_printed_and_logged_goes_to_the_host(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
print("printed", end="")
sys.stderr.write("|err|")
os.write(2, b"descriptor|")
warnings.warn("warned")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("x").exception("logged")
tell(repr(host.text), repr(sys.stdin.read()), sys.stdout.isatty())
""",
    )
    (line,) = told
    assert line.startswith("'printed|err|descriptor|")
    assert "UserWarning: warned" in line
    assert "logged\\nTraceback (most recent call last):" in line
    assert "ZeroDivisionError: division by zero" in line
    assert line.endswith(" '' False")


def test_there_are_no_files(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
path = pathlib.Path(__file__)
tell(path.exists(), os.path.isdir("/"), os.isatty(1))
for look in (path.read_text, lambda: open("x", "w"), lambda: io.FileIO("x"), lambda: os.listdir("/"),
             lambda: os.mkdir("x"), lambda: os.write(7, b""), lambda: os.read(0, 1), lambda: os.fstat(1)):
    try:
        tell("found", look())
    except OSError as error:
        tell(type(error).__name__)
""",
    )
    assert told == ["False False False", *["FileNotFoundError"] * 5, *["OSError"] * 3]


def test_until_it_is_installed_python_is_at_home(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
import pathlib
tell(since_1970() > 1e9, pathlib.Path(__file__).exists())
surroundings.prepare()
""",
        install=False,
    )
    assert told == ["True True"]


def test_no_core_can_make_itself_a_key_while_the_component_is_made(tmp_path: Path) -> None:
    """One that a handler of the author's own keeps would stay the file's, whatever key the host gives."""
    told = run(
        tmp_path,
        """
from mcpgen_runtime import Server
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.gateway import GatewayCore, ServerHandler

class Gateway(ServerHandler):
    def capabilities(self): return None

for make in (lambda: ServerCore(Server("s", "1")), lambda: GatewayCore(Gateway(Server("s", "1")))):
    try:
        tell("made", make())
    except NotImplementedError as error:
        tell("would be the same in every copy" in str(error))
tell(ServerCore(Server("s", "1"), key=bytes(32)).sealer is not None)
""",
        install=False,
    )
    assert told == ["True", "True", "True"]
