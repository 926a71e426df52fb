"""Patterns mean what they mean in ECMA-262, or are refused with a reason."""

from __future__ import annotations

import pytest

from mcpgen_runtime.schemas import SchemaError, compile_schema

PATTERNS: list[tuple[str, list[str], list[str]]] = [
    ("b", ["abc"], ["ac"]),
    ("^a.c$", ["abc", "a😀c"], ["abc\n", "a\nc", "a\rc", "a\u2028c", "xabc"]),
    (r"^\d+$", ["12"], ["\u0661", "1a"]),
    (r"^\w$", ["a", "_"], ["é", "-"]),
    (r"^\W\D\S$", ["éxé"], ["axé", "é1é", "éx "]),
    (r"^\s+$", [" \t\n\u00a0\ufeff\u2003"], ["\u200b", "\x1c", "\x85"]),
    (r"^[\w-]+$", ["a-b"], ["é"]),
    (r"^[^\s\d]$", ["a"], ["1", "\ufeff"]),
    (r"^[\D]$", ["a", "é"], ["1"]),
    (r"^[a-c\]&|~[^-]+$", ["abc]&|~[^-"], ["d"]),
    (r"^[\b]$", ["\b"], ["b"]),
    (r"\bfoo\b", ["a foo.", "éfoo"], ["afoo"]),
    (r"\Bo", ["foo"], ["o"]),
    (r"^[^]$", ["\n", "a"], [""]),
    ("[]", [], ["", "a", "]"]),
    (r"^\cA\x41\u0042\u{1F600}\uD83D\uDE00\0\/\-$", ["\x01AB😀😀\0/-"], ["AB"]),
    (r"^(?<year>\d{4})-\k<year>(a)\2$", ["2024-2024aa"], ["2024-2025aa", "2024-2024a"]),
    (r"^(?:a|b)(?=c)(?!cd)c", ["ace"], ["acd", "ad"]),
    (r"(?<=a)b(?<!xb)", ["ab"], ["b"]),
    ("^a{2}b{1,}c{0,2}?$", ["aab", "aabbcc"], ["ab", "aabccc"]),
    ("^a{,2}{$", ["a{,2}{"], ["aa{"]),
    ("^x]}$", ["x]}"], []),
    (r"^\p{Lu}\p{L}+\P{N}\p{gc=Nd}\p{Letter}[\p{Sc}-]$", ["Éaé-5x€", "Aa.٣b-"], ["éaé-5x€", "Éaéx5x9"]),
    ("^(?i:ab)c$", ["ABc"], ["abC"]),
    ("^a#b c$", ["a#b c"], []),
    ("^(a+)+$", ["aaa"], ["b"]),
]


@pytest.mark.parametrize(("pattern", "found", "missed"), PATTERNS)
def test_pattern_means_what_it_means_in_ecma_262(pattern: str, found: list[str], missed: list[str]) -> None:
    validator = compile_schema({"pattern": pattern, "propertyNames": {"pattern": pattern}})
    for text in found:
        assert validator.accepts(text), text
        assert validator.accepts({text: 1}), text
    for text in missed:
        assert not validator.accepts(text), text


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "unterminated"),
        ("[a", "does not end"),
        ("[b-a]", "no end after its start"),
        (r"[a-\d]", "no end after its start"),
        ("*", "nothing to repeat"),
        ("a++", "nothing to repeat"),
        ("a{2}+", "nothing to repeat"),
        (r"\Z", r"'\\Z'"),
        (r"\a", r"'\\a'"),
        ("\\", r"'\\'"),
        ("(?P<x>a)", r"'\(\?P'"),
        ("(?i)a", r"'\(\?i'"),
        ("(?>a)", r"'\(\?>'"),
        ("(?#a)", r"'\(\?#'"),
        (r"\p{Script=Greek}", "escape"),
        (r"\p{Greek}", "not a general category"),
        (r"(?<=a+)b", "fixed-width"),
        (r"\k<x>", "unknown group name"),
        ("a{99999999999}", "too large"),
    ],
)
def test_pattern_that_cannot_be_used_is_refused_with_a_reason(pattern: str, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason) as caught:
        compile_schema({"properties": {"a/b": {"pattern": pattern}}})
    assert caught.value.pointer == "/properties/a~1b/pattern"
