"""How long sessions live, on a clock that only the test moves."""

from __future__ import annotations

from typing import Any

import pytest
from tests.runtime.http.workbench import Workbench

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.host import Driver
from mcpgen_runtime.jsonrpc import Request
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.events import EventStream
from mcpgen_runtime.transports.http.exchange import LegacyExchange
from mcpgen_runtime.transports.http.refusal import Refusal
from mcpgen_runtime.transports.http.resuming import SESSIONS_WITH_ALL
from mcpgen_runtime.transports.http.sessions import SPARED_SECONDS, HttpSession, Sessions

IDLE, REPLAY = 100.0, 40.0
CONFIG = TransportConfig(
    limits=Limits(session_idle_seconds=IDLE, max_sessions=5), replay_seconds=REPLAY, max_replay_bytes=1000
)
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


class Setting:
    """Sessions in a world of their own."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.core = ServerCore(Workbench().server)
        self.sessions = Sessions(self.core, self.driver, CONFIG)
        self.go = self.driver.promise()

    async def never(self, arguments: Any, ctx: RequestContext) -> str:
        await self.go
        return "after all"

    def open(self) -> HttpSession:
        session = HttpSession(self.core, self.driver, CONFIG, self.sessions.budget, principal=None)
        session.session.receive(Request(1, "initialize", INITIALIZE), LegacyExchange(session, 1000))
        self.sessions.add(session)
        return session

    def lives(self, session: HttpSession) -> bool:
        return session.id in self.sessions._by_id


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_session_ends_when_it_was_idle_for_long_and_not_before(setting: Setting) -> None:
    session = setting.open()
    setting.driver.advance(IDLE - 1)
    assert setting.lives(session)
    setting.driver.advance(IDLE)
    assert not setting.lives(session)
    assert len(setting.sessions) == 0


def test_session_that_is_used_lives_on(setting: Setting) -> None:
    session = setting.open()
    for _ in range(10):
        setting.driver.advance(IDLE * 0.9)
        assert setting.sessions.find(session.id, None) is session


def test_session_whose_stream_is_read_lives_on(setting: Setting) -> None:
    session, reader = setting.open(), EventStream(1000)
    stream = session.listen()
    stream.attach(reader)
    setting.driver.advance(IDLE * 3)
    assert setting.lives(session)
    stream.detach(reader)
    setting.driver.advance(IDLE * 2)
    assert not setting.lives(session)


def test_client_that_left_in_the_middle_of_a_stream_reads_it_no_more(setting: Setting) -> None:
    session = setting.open()
    exchange = LegacyExchange(session, 1000)
    exchange.open_stream()
    exchange.leave()
    assert not session.record.read
    setting.driver.advance(IDLE * 2)
    assert not setting.lives(session)


def test_session_whose_call_waits_lives_on(setting: Setting) -> None:
    session = setting.open()
    setting.core.server.add_tool({"name": "never", "inputSchema": {"type": "object"}}, setting.never)
    exchange = LegacyExchange(session, 1000)
    session.session.receive(Request(5, "tools/call", {"name": "never"}), exchange)
    exchange.leave()
    setting.driver.advance(IDLE * 2)
    assert setting.lives(session)
    setting.go.set_result(None)
    setting.driver.advance(IDLE * 2)
    assert not setting.lives(session)


def test_nothing_is_left_to_do_once_the_last_session_ended(setting: Setting) -> None:
    session = setting.open()
    setting.sessions.end(session)
    setting.driver.advance(IDLE)
    assert setting.sessions._sweep is None
    setting.open()
    assert setting.sessions._sweep is not None


def test_finished_streams_are_kept_for_a_while(setting: Setting) -> None:
    session = setting.open()
    stream = session.record.open()
    stream.put(b"{}")
    stream.finish()
    setting.driver.advance(REPLAY - 1)
    assert session.record.find("1-0") is not None
    setting.driver.advance(REPLAY)
    assert session.record.find("1-0") is None
    assert not session.record._events


def test_unfinished_streams_are_kept_until_they_are_finished(setting: Setting) -> None:
    session = setting.open()
    stream = session.record.open()
    setting.driver.advance(REPLAY * 2)
    assert setting.sessions.find(session.id, None) is session
    assert session.record.find("1-0") is not None
    stream.finish()
    setting.driver.advance(REPLAY - 1)
    assert session.record.find("1-0") is not None


def test_finished_streams_over_the_limit_are_dropped_oldest_first(setting: Setting) -> None:
    session = setting.open()
    for _ in range(CONFIG.max_replay_events + 1):
        session.record.open().finish()
    assert session.record.find("1-0") is None
    assert session.record.find("2-0") is not None


# When there are as many as there may be.


def test_longest_unused_session_makes_room(setting: Setting) -> None:
    sessions = []
    for _ in range(5):
        sessions.append(setting.open())
        setting.driver.advance(1)
    setting.sessions.find(sessions[0].id, None)
    setting.driver.advance(SPARED_SECONDS + 1)
    setting.sessions.make_room()
    assert [setting.lives(session) for session in sessions] == [True, False, True, True, True]


def test_sessions_in_use_make_no_room(setting: Setting) -> None:
    reading, *others = [setting.open() for _ in range(5)]
    reading.listen().attach(EventStream(1000))
    setting.driver.advance(SPARED_SECONDS + 1)
    for session in others:
        setting.sessions.find(session.id, None)
    with pytest.raises(Refusal) as refused:
        setting.sessions.make_room()
    assert refused.value.status == 503
    assert len(setting.sessions) == 5


def test_events_of_all_sessions_together_are_bounded(setting: Setting) -> None:
    sessions = [setting.open() for _ in range(200)]
    for session in sessions:
        stream = session.record.open()
        for _ in range(9):
            stream.put(b"x" * 80)
    kept = sum(session.record._size for session in sessions)
    assert 0 < kept <= 1000 * SESSIONS_WITH_ALL
    for session in sessions:
        setting.sessions.end(session)
    assert setting.sessions.budget.left == 1000 * SESSIONS_WITH_ALL
