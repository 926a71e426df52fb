"""Messages that are lines survive whatever happens to the bytes between the two ends."""

from __future__ import annotations

import json

import pytest

from .peers import Peer, call, chopped, text_of


def line_of(text: str, *, id: int = 1) -> bytes:
    return json.dumps(call("echo", {"text": text}, id=id), ensure_ascii=False).encode()


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_message_may_come_in_pieces(line_peer: Peer, size: int) -> None:
    """With a size of 1 the two bytes of an umlaut come one by one."""
    for piece in chopped(line_of("Grüße ☂") + b"\n", size):
        line_peer.send(piece)
    assert text_of(line_peer.hear()) == "Grüße ☂"


def test_many_messages_may_come_in_one_piece(line_peer: Peer) -> None:
    line_peer.send(b"".join(line_of("x", id=number) + b"\n" for number in range(50)))
    assert [line_peer.hear()["id"] for _ in range(50)] == list(range(50))


def test_piece_may_hold_an_end_and_a_beginning(line_peer: Peer) -> None:
    first, second = line_of("first"), line_of("second")
    for piece in (first[:20], first[20:] + b"\n" + second[:30], second[30:] + b"\n"):
        line_peer.send(piece)
    assert [text_of(line_peer.hear()), text_of(line_peer.hear())] == ["first", "second"]


def test_lines_may_end_in_carriage_return_and_line_feed(line_peer: Peer) -> None:
    line_peer.send(line_of("one") + b"\r\n" + line_of("two") + b"\r")
    line_peer.send(b"\n")
    assert [text_of(line_peer.hear()), text_of(line_peer.hear())] == ["one", "two"]


def test_blank_lines_are_no_messages(line_peer: Peer) -> None:
    line_peer.send(b"\n \r\n\n" + line_of("one") + b"\n\n")
    assert text_of(line_peer.hear()) == "one"
    assert line_peer.is_served()


def test_bad_line_between_good_ones_costs_them_nothing(line_peer: Peer) -> None:
    line_peer.send(line_of("one") + b"\n\xff\xfe\n" + line_of("two") + b"\n")
    answers = [line_peer.hear() for _ in range(3)]
    assert [text_of(answers[0]), answers[1]["error"]["code"], text_of(answers[2])] == ["one", -32700, "two"]


def test_oversized_line_between_good_ones_costs_them_nothing(line_peer: Peer) -> None:
    line_peer.send(line_of("one", id=1) + b"\n" + b"x" * 5_000_000 + b"\n" + line_of("two", id=2) + b"\n")
    answers = [line_peer.hear() for _ in range(3)]
    assert sorted(text_of(answer) for answer in answers if "result" in answer) == ["one", "two"]
    limits = [answer["error"]["data"]["limit"] for answer in answers if "error" in answer]
    assert limits == ["max_message_bytes"]


def test_messages_never_hold_a_line_feed(line_peer: Peer) -> None:
    line_peer.send(line_of("a\nb\r\nc") + b"\n")
    raw = line_peer.hear_text()
    assert b"\r" not in raw
    assert text_of(json.loads(raw)) == "a\nb\r\nc"


def test_peer_that_leaves_in_the_middle_of_a_message_is_forgotten(line_peer: Peer) -> None:
    line_peer.send(line_of("cut")[:30])
    line_peer.finish()
    answers = line_peer.heard_to_the_end()
    assert [answer["error"]["code"] for answer in answers] == [-32700]


def test_reader_that_is_slow_gets_every_answer(line_peer: Peer) -> None:
    """The answers are more than any buffer on the way holds; the server waits, and loses none."""
    for number in range(30):
        line_peer.tell(call("flood", {"bytes": 100_000}, id=number))
    assert [line_peer.hear()["id"] for _ in range(30)] == list(range(30))
    assert line_peer.is_served()
