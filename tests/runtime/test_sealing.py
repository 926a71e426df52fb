"""A sealed value comes back unchanged, or not at all."""

from __future__ import annotations

import base64
import hmac  # noqa: F401  else the first example has to, beyond its deadline
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen_runtime.sealing import SealBroken, Sealer

KEY = bytes(range(32))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
BINDINGS = st.lists(st.text(max_size=5), max_size=3)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sealer(key: bytes = KEY, **options: Any) -> Sealer:
    return Sealer(key, **{"now": Clock()} | options)


def is_broken(token: str, purpose: str = "cursor", opener: Sealer | None = None) -> bool:
    """Whether the token does not open, for a reason other than its age."""
    try:
        (opener or sealer()).open(purpose, token)
    except SealBroken as broken:
        return not broken.expired
    return False


def test_value_that_is_sealed_again_lasts_as_long_as_it_did(clock: Clock) -> None:
    mine = sealer(now=clock)
    token = mine.seal("session", 1, lifetime=10)
    clock.time += 6
    until = mine.opened("session", token).until
    again = mine.seal("session", 2, lifetime=10, until=until)
    clock.time += 3.999
    assert mine.opened("session", again) == (2, until)
    clock.time += 0.001
    with pytest.raises(SealBroken) as broken:
        mine.open("session", again)
    assert broken.value.expired
    assert mine.opened("session", mine.seal("session", 3)).until is None


@given(st.text(), VALUES, BINDINGS)
def test_sealed_value_comes_back(purpose: str, value: Any, bound_to: list[str]) -> None:
    token = sealer().seal(purpose, value, bound_to=bound_to)
    assert sealer().open(purpose, token, bound_to=bound_to) == value


def test_token_is_short_and_safe_in_urls_and_headers() -> None:
    token = sealer().seal("cursor", ["tools", 50])
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert len(token) < 80


@given(VALUES, st.data())
def test_any_changed_bit_breaks_the_seal(value: Any, data: st.DataObject) -> None:
    token = sealer().seal("cursor", value)
    sealed = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert is_broken(base64.urlsafe_b64encode(sealed).rstrip(b"=").decode())


@given(VALUES, st.data())
def test_any_changed_character_breaks_the_seal(value: Any, data: st.DataObject) -> None:
    token = sealer().seal("cursor", value)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(string.printable + "é\0").filter(lambda char: char != token[at]))
    assert is_broken(token[:at] + other + token[at + 1 :])


@given(VALUES, st.data())
def test_shortened_or_lengthened_token_breaks_the_seal(value: Any, data: st.DataObject) -> None:
    token = sealer().seal("cursor", value)
    assert is_broken(token[: data.draw(st.integers(0, len(token) - 1))])
    assert is_broken(token + data.draw(st.text(string.ascii_letters + "=-_ \n", min_size=1, max_size=5)))


@given(st.text())
def test_text_that_is_no_token_is_refused(text: str) -> None:
    assert is_broken(text)


@given(st.text(), st.text(), BINDINGS, BINDINGS)
def test_other_purpose_or_binding_breaks_the_seal(
    purpose: str, other: str, bound_to: list[str], elsewhere: list[str]
) -> None:
    token = sealer().seal(purpose, 1, bound_to=bound_to)
    if (purpose, bound_to) != (other, elsewhere):
        with pytest.raises(SealBroken):
            sealer().open(other, token, bound_to=elsewhere)


@pytest.mark.parametrize(
    ("purpose", "bound_to", "other", "elsewhere"),
    [
        ("state", ["ab", "c"], "state", ["a", "bc"]),
        ("state", ["a", "b"], "state", ["b", "a"]),
        ("state", ["a", ""], "state", ["a"]),
        ("state", ["a"], "state", []),
        ("state", [], '","state', []),
        ("a", ["b"], 'a","b', []),
        ("a", [], "a\0", []),
    ],
)
def test_purpose_and_bindings_cannot_be_shifted_into_one_another(
    purpose: str, bound_to: list[str], other: str, elsewhere: list[str]
) -> None:
    token = sealer().seal(purpose, 1, bound_to=bound_to)
    assert sealer().open(purpose, token, bound_to=iter(bound_to)) == 1
    with pytest.raises(SealBroken):
        sealer().open(other, token, bound_to=elsewhere)


def test_token_lasts_for_its_lifetime_and_no_longer(clock: Clock) -> None:
    opener = sealer(now=clock)
    token = opener.seal("state", {"step": 1}, lifetime=60)
    clock.time += 59.5
    assert opener.open("state", token) == {"step": 1}
    clock.time += 0.5
    with pytest.raises(SealBroken, match="expired") as caught:
        opener.open("state", token)
    assert caught.value.expired


def test_token_without_a_lifetime_lasts(clock: Clock) -> None:
    opener = sealer(now=clock)
    token = opener.seal("cursor", 7)
    clock.time += 1e9
    assert opener.open("cursor", token) == 7


def test_expiry_is_told_only_of_a_token_that_is_genuine(clock: Clock) -> None:
    opener = sealer(now=clock)
    token = opener.seal("state", 1, lifetime=1)
    clock.time += 5
    assert is_broken(token, "cursor", opener)
    assert is_broken(token, "state", sealer(bytes(32), now=clock))
    assert is_broken("A" + token, "state", opener)


def test_what_is_wrong_with_a_token_is_not_told() -> None:
    token = sealer().seal("state", 1, bound_to=["ann"])
    told = set()
    for purpose, text, bound_to in [
        ("state", "", ["ann"]),
        ("state", "é", ["ann"]),
        ("state", token[:-1], ["ann"]),
        ("cursor", token, ["ann"]),
        ("state", token, ["bob"]),
        ("state", "A" * 2_000_000, ["ann"]),
    ]:
        with pytest.raises(SealBroken) as caught:
            sealer().open(purpose, text, bound_to=bound_to)
        told.add(str(caught.value))
    assert len(told) == 1


def test_exchanged_key_opens_old_tokens_and_seals_new_ones() -> None:
    old, new = sealer(b"o" * 32), sealer(b"n" * 32, previous=[b"x" * 40, b"o" * 32])
    assert new.open("cursor", old.seal("cursor", 1)) == 1
    assert sealer(b"n" * 32).open("cursor", new.seal("cursor", 2)) == 2
    assert is_broken(new.seal("cursor", 3), opener=old)
    assert is_broken(sealer(b"z" * 32).seal("cursor", 3), opener=new)


@pytest.mark.parametrize("keys", [(b"", ()), (b"k" * 31, ()), (KEY, (b"short",))])
def test_short_key_is_refused(keys: tuple[bytes, tuple[bytes, ...]]) -> None:
    with pytest.raises(ValueError, match=r"at least 32 bytes, not \d+"):
        sealer(keys[0], previous=keys[1])


def test_value_too_large_for_a_token_is_refused_when_it_is_sealed() -> None:
    small = sealer(max_bytes=100)
    assert small.open("cursor", small.seal("cursor", "x" * 10)) == "x" * 10
    with pytest.raises(ValueError, match="100 are allowed"):
        small.seal("cursor", "x" * 100)
    assert is_broken(sealer().seal("cursor", "x" * 100), opener=small)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_value_that_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        sealer().seal("cursor", value)
