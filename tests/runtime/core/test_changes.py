"""Changes reach those who asked for them, and nobody else."""

from __future__ import annotations

from typing import Any

from mcpgen_runtime.changes import RESOURCE_UPDATED, TOOLS_CHANGED, Changes


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.all: list[tuple[str, dict[str, Any]]] = []

    def changed(self, method: str, params: dict[str, Any]) -> None:
        self.all.append((method, params))


def test_every_listener_hears_of_lists_once() -> None:
    changes, one, other = Changes(), Heard(), Heard()
    changes.add(one)
    changes.add(one)
    changes.add(other)
    changes.announce(TOOLS_CHANGED)
    assert one.all == other.all == [(TOOLS_CHANGED, {})]


def test_an_update_goes_to_those_who_subscribed_to_that_resource() -> None:
    changes, one, other = Changes(), Heard(), Heard()
    changes.add(one)
    changes.add(other)
    changes.subscribe(one, "x://a")
    changes.subscribe(one, "x://a")
    changes.subscribe(other, "x://b")
    changes.announce_update("x://a")
    changes.announce_update("x://c")
    assert one.all == [(RESOURCE_UPDATED, {"uri": "x://a"})]
    assert other.all == []


def test_after_unsubscribing_there_are_no_updates_but_lists_still() -> None:
    changes, one = Changes(), Heard()
    changes.add(one)
    changes.subscribe(one, "x://a")
    changes.unsubscribe(one, "x://a")
    changes.unsubscribe(one, "x://a")
    changes.announce_update("x://a")
    changes.announce(TOOLS_CHANGED)
    assert one.all == [(TOOLS_CHANGED, {})]


def test_who_is_gone_hears_nothing_and_is_forgotten() -> None:
    changes, one = Changes(), Heard()
    changes.add(one)
    changes.subscribe(one, "x://a")
    changes.remove(one)
    changes.remove(one)
    changes.unsubscribe(one, "x://a")
    changes.announce(TOOLS_CHANGED)
    changes.announce_update("x://a")
    assert one.all == []
    assert not changes._listeners
    assert not changes._by_uri


def test_a_listener_may_go_while_it_is_told() -> None:
    changes, other = Changes(), Heard()

    class Leaves(Heard):
        def changed(self, method: str, params: dict[str, Any]) -> None:
            super().changed(method, params)
            changes.remove(self)

    leaving = Leaves()
    changes.add(leaving)
    changes.add(other)
    changes.subscribe(leaving, "x://a")
    changes.announce_update("x://a")
    changes.announce(TOOLS_CHANGED)
    assert len(leaving.all) == len(other.all) == 1
