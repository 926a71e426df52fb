"""The tests of the native HTTP transport, with a component behind wasi:http instead of it."""

from __future__ import annotations

import pytest
from tests.runtime.http import asgi
from tests.runtime.wasi.http import suite

pytestmark = pytest.mark.anyio

globals().update(suite.tests())


@pytest.fixture(autouse=True)
def otherwise(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of in `docs/wasi-http.md`."""
    name = request.node.name
    reason = suite.OTHERWISE.get(name) or suite.OTHERWISE.get(name.partition("[")[0])
    if reason is not None:
        monkeypatch.setattr(asgi, "SECONDS", 0.5)  # what does not come need not be waited for
        request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def test_most_of_it_is_here() -> None:
    assert len(suite.tests()) > 55
