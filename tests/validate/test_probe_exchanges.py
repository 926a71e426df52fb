"""What a probe sees of an exchange, and whose an answer without an id is."""

from __future__ import annotations

from typing import Any

from mcpgen.validate.journal import Finished, HttpReply, Sent
from mcpgen.validate.probes.exchanges import exchanges
from mcpgen.validate.probes.probe import ALIVE
from mcpgen.validate.report import ProbeVerdict

from .recording import Recording


def test_what_http_sse_refuses_by_its_status_is_no_silence() -> None:
    asked = Sent(0.0, {"jsonrpc": "2.0", "id": 1, "method": "mcpgen/no-such-method"}, "method-unknown")
    (exchange,) = exchanges([asked, Finished(1.0, 0, "HTTP status 400", 400)])
    assert exchange.refused_by_http
    (exchange,) = exchanges([asked, Finished(1.0, 0, "its HTTP reply ended without one")])
    assert not exchange.refused_by_http


def test_over_http_an_error_without_an_id_is_of_the_frame_that_its_reply_is_to() -> None:
    """As a public server does: the second frame gets no answer, and the third is refused."""
    talk = Recording("2025-11-25", "http").opened()
    frames: dict[str, tuple[dict[str, Any], int | None]] = {
        "no-method": ({"jsonrpc": "2.0", "id": "mcpgen-odd-1"}, None),
        "version": ({"jsonrpc": "1.0", "id": "mcpgen-odd-2", "method": "ping"}, None),
        "method-number": ({"jsonrpc": "2.0", "id": "mcpgen-odd-3", "method": 5}, -32600),
    }
    for step, (frame, code) in frames.items():
        index = talk.add(Sent(talk.now, frame, f"frame-no-request:{step}"))
        status = 202 if code is None else 400
        talk.add(HttpReply(talk.now, index, status, "application/json", status == 400))
        if code is not None:
            error = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": "no"}}
            talk.says(error, carrier=index, status=400)
        talk.add(Finished(talk.now, index, "its HTTP reply ended"))
        asked = {"jsonrpc": "2.0", "id": f"alive-{step}", "method": "ping"}
        alive = talk.add(Sent(talk.now, asked, f"frame-no-request:{ALIVE}"))
        talk.answer(alive, result={})
    judgement = talk.judged()
    (verdict,) = [each for each in judgement.probes if each.probe == "frame-no-request"]
    assert isinstance(verdict, ProbeVerdict)
    # What has an id and nothing else may be an answer, and nobody answers that.
    found = [each.message for each in judgement.findings if each.rule == "jsonrpc-invalid-request"]
    assert found == ["no error came to a request of JSON-RPC 1.0"]
