"""What a probe sees of an exchange."""

from __future__ import annotations

from mcpgen.validate.journal import Finished, Sent
from mcpgen.validate.probes.exchanges import exchanges


def test_what_http_sse_refuses_by_its_status_is_no_silence() -> None:
    asked = Sent(0.0, {"jsonrpc": "2.0", "id": 1, "method": "mcpgen/no-such-method"}, "method-unknown")
    (exchange,) = exchanges([asked, Finished(1.0, 0, "HTTP status 400", 400)])
    assert exchange.refused_by_http
    (exchange,) = exchanges([asked, Finished(1.0, 0, "its HTTP reply ended without one")])
    assert not exchange.refused_by_http
