"""The tests of the native transport that need nothing but a client; what is otherwise without memory."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tests.runtime.http import test_legacy_posts, test_modern_posts, test_refusals

_MEMORY = "a session lives in its id: there is none to end, to listen to, or to be asked in"
#: What a host that has no memory, or reads the headers itself, does otherwise, and why.
OTHERWISE = {
    "test_listen_stream_is_acknowledged_and_tells_changes": "what another instance changes is not known here",
    "test_get_must_take_events": _MEMORY,
    "test_deleted_session_is_not_found": _MEMORY,
    "test_question_to_the_client_goes_with_the_call_and_is_answered_by_a_post": _MEMORY,
    "test_header_that_is_there_twice_is_refused_by_name[Host]": "the host reads it, and hands on one",
}


def tests() -> dict[str, Callable[..., Any]]:
    """The test functions, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for module in (test_modern_posts, test_refusals, test_legacy_posts):
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and test.__module__ == module.__name__:
                wanted = inspect.signature(test).parameters
                # Who takes the server apart, or looks into it, needs it here.
                if (
                    "client" in wanted
                    and "bench" not in wanted
                    and "client.app" not in inspect.getsource(test)
                ):
                    found[name] = test
    return found
