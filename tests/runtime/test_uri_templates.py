"""URI templates expand as RFC 6570 says, and match what they expand to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mcpgen_runtime.uri_templates import UriTemplate, UriTemplateError

VALUES: dict[str, Any] = {
    "count": ["one", "two", "three"],
    "dom": ["example", "com"],
    "dub": "me/too",
    "hello": "Hello World!",
    "half": "50%",
    "var": "value",
    "who": "fred",
    "base": "http://example.com/home/",
    "path": "/foo/bar",
    "list": ["red", "green", "blue"],
    "keys": {"semi": ";", "dot": ".", "comma": ","},
    "v": "6",
    "x": "1024",
    "y": "768",
    "empty": "",
    "empty_keys": {},
    "undef": None,
}
# Section 3.2 of the RFC, in its order.
EXPANSIONS = """
{count}                 one,two,three
{count*}                one,two,three
{/count}                /one,two,three
{/count*}               /one/two/three
{;count}                ;count=one,two,three
{;count*}               ;count=one;count=two;count=three
{?count}                ?count=one,two,three
{?count*}               ?count=one&count=two&count=three
{&count*}               &count=one&count=two&count=three

{var}                   value
{hello}                 Hello%20World%21
{half}                  50%25
O{empty}X               OX
O{undef}X               OX
{x,y}                   1024,768
{x,hello,y}             1024,Hello%20World%21,768
?{x,empty}              ?1024,
?{x,undef}              ?1024
?{undef,y}              ?768
{var:3}                 val
{var:30}                value
{list}                  red,green,blue
{list*}                 red,green,blue
{keys}                  semi,%3B,dot,.,comma,%2C
{keys*}                 semi=%3B,dot=.,comma=%2C

{+var}                  value
{+hello}                Hello%20World!
{+half}                 50%25
{base}index             http%3A%2F%2Fexample.com%2Fhome%2Findex
{+base}index            http://example.com/home/index
O{+empty}X              OX
O{+undef}X              OX
{+path}/here            /foo/bar/here
here?ref={+path}        here?ref=/foo/bar
up{+path}{var}/here     up/foo/barvalue/here
{+x,hello,y}            1024,Hello%20World!,768
{+path,x}/here          /foo/bar,1024/here
{+path:6}/here          /foo/b/here
{+list}                 red,green,blue
{+list*}                red,green,blue
{+keys}                 semi,;,dot,.,comma,,
{+keys*}                semi=;,dot=.,comma=,

{#var}                  #value
{#hello}                #Hello%20World!
{#half}                 #50%25
foo{#empty}             foo#
foo{#undef}             foo
{#x,hello,y}            #1024,Hello%20World!,768
{#path,x}/here          #/foo/bar,1024/here
{#path:6}/here          #/foo/b/here
{#list}                 #red,green,blue
{#list*}                #red,green,blue
{#keys}                 #semi,;,dot,.,comma,,
{#keys*}                #semi=;,dot=.,comma=,

{.who}                  .fred
{.who,who}              .fred.fred
{.half,who}             .50%25.fred
www{.dom*}              www.example.com
X{.var}                 X.value
X{.empty}               X.
X{.undef}               X
X{.var:3}               X.val
X{.list}                X.red,green,blue
X{.list*}               X.red.green.blue
X{.keys}                X.semi,%3B,dot,.,comma,%2C
X{.keys*}               X.semi=%3B.dot=..comma=%2C
X{.empty_keys}          X
X{.empty_keys*}         X

{/who}                  /fred
{/who,who}              /fred/fred
{/half,who}             /50%25/fred
{/who,dub}              /fred/me%2Ftoo
{/var}                  /value
{/var,empty}            /value/
{/var,undef}            /value
{/var,x}/here           /value/1024/here
{/var:1,var}            /v/value
{/list}                 /red,green,blue
{/list*}                /red/green/blue
{/list*,path:4}         /red/green/blue/%2Ffoo
{/keys}                 /semi,%3B,dot,.,comma,%2C
{/keys*}                /semi=%3B/dot=./comma=%2C

{;who}                  ;who=fred
{;half}                 ;half=50%25
{;empty}                ;empty
{;v,empty,who}          ;v=6;empty;who=fred
{;v,bar,who}            ;v=6;who=fred
{;x,y}                  ;x=1024;y=768
{;x,y,empty}            ;x=1024;y=768;empty
{;x,y,undef}            ;x=1024;y=768
{;hello:5}              ;hello=Hello
{;list}                 ;list=red,green,blue
{;list*}                ;list=red;list=green;list=blue
{;keys}                 ;keys=semi,%3B,dot,.,comma,%2C
{;keys*}                ;semi=%3B;dot=.;comma=%2C

{?who}                  ?who=fred
{?half}                 ?half=50%25
{?x,y}                  ?x=1024&y=768
{?x,y,empty}            ?x=1024&y=768&empty=
{?x,y,undef}            ?x=1024&y=768
{?var:3}                ?var=val
{?list}                 ?list=red,green,blue
{?list*}                ?list=red&list=green&list=blue
{?keys}                 ?keys=semi,%3B,dot,.,comma,%2C
{?keys*}                ?semi=%3B&dot=.&comma=%2C

{&who}                  &who=fred
{&half}                 &half=50%25
?fixed=yes{&x}          ?fixed=yes&x=1024
{&x,y,empty}            &x=1024&y=768&empty=
{&x,y,undef}            &x=1024&y=768
{&var:3}                &var=val
{&list}                 &list=red,green,blue
{&list*}                &list=red&list=green&list=blue
{&keys}                 &keys=semi,%3B,dot,.,comma,%2C
{&keys*}                &semi=%3B&dot=.&comma=%2C
"""
EXAMPLES = [line.split() for line in EXPANSIONS.splitlines() if line]


@pytest.mark.parametrize(("template", "uri"), EXAMPLES)
def test_examples_of_the_rfc_expand(template: str, uri: str) -> None:
    assert UriTemplate(template).expand(VALUES) == uri


def test_numbers_and_booleans_expand_as_json_writes_them() -> None:
    assert UriTemplate("{a,b,c,d*}").expand({"a": 7, "b": 1.5, "c": True, "d": [1, 2]}) == "7,1.5,true,1,2"


def test_what_is_percent_encoded_already_stays_so_where_reserved_characters_do() -> None:
    assert UriTemplate("{+a}{b}").expand({"a": "%2f%zz", "b": "%2f"}) == "%2f%25zz%252f"


def test_text_outside_of_ascii_is_encoded() -> None:
    assert UriTemplate("é/{a}/{+a}").expand({"a": "ü😀"}) == "%C3%A9/%C3%BC%F0%9F%98%80/%C3%BC%F0%9F%98%80"
    assert UriTemplate("{a:1}").expand({"a": "üx"}) == "%C3%BC"


@pytest.mark.parametrize(
    ("template", "values", "error"),
    [
        ("{a:3}", {"a": ["x"]}, ValueError),
        ("{a:3}", {"a": {}}, ValueError),
        ("{a}", {"a": object()}, TypeError),
    ],
)
def test_value_that_cannot_be_expanded_is_named(
    template: str, values: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match="'a'"):
        UriTemplate(template).expand(values)


def test_variables_are_listed_once_and_in_order() -> None:
    assert UriTemplate("/{b}{?a,b:3}{&c*}").variables == ("b", "a", "c")
    assert UriTemplate("file:///fixed").variables == ()


@pytest.mark.parametrize(
    ("template", "position", "problem"),
    [
        ("a/{b", 2, "does not end"),
        ("a/b}", 3, "'}'"),
        ("{}", 1, "no name"),
        ("{a,}", 3, "no name"),
        ("{a,,b}", 3, "no name"),
        ("{?}", 2, "no name"),
        ("{a b}", 2, "' '"),
        ("{a:0}", 2, "':'"),
        ("{a:10000}", 7, "'0'"),
        ("{a:3*}", 4, "'*'"),
        ("{a*:3}", 3, "':'"),
        ("{a.}", 2, "'.'"),
        ("{.a.b.}", 5, "'.'"),
        ("{é}", 1, "no name"),
        ("{a{b}}", 2, "'{'"),
        ("{=a}", 1, "'='"),
        ("{|a}", 1, "'|'"),
        ("a b", 1, "' '"),
        ("a%2", 1, "'%'"),
        ("a/<b>", 2, "'<'"),
        ("{a}\n", 3, r"'\n'"),
    ],
)
def test_mistake_in_a_template_is_shown_with_its_position(template: str, position: int, problem: str) -> None:
    with pytest.raises(UriTemplateError) as caught:
        UriTemplate(template)
    assert caught.value.position == position
    assert problem in str(caught.value)
    assert f"at position {position}" in str(caught.value)


@pytest.mark.parametrize(
    ("template", "uri", "values"),
    [
        ("test://fixed", "test://fixed", {}),
        ("test://fixed", "test://fixe", None),
        ("test://fixed", "test://fixed/", None),
        ("", "", {}),
        # One segment of a path, or anything.
        ("users://{id}", "users://ann", {"id": "ann"}),
        ("users://{id}", "users://ann@example.com", {"id": "ann@example.com"}),
        ("users://{id}", "users://ann/posts", None),
        ("users://{id}", "users://ann%2Fposts", {"id": "ann/posts"}),
        ("users://{id}", "users://ann?x=1", None),
        ("users://{id}", "users://", None),
        ("users://{id}/posts", "users:///posts", None),
        ("file:///{+path}", "file:///a/b.txt", {"path": "a/b.txt"}),
        ("file:///{+path}", "file:///a%20b?c#d", {"path": "a b?c#d"}),
        ("file:///{+path}", "file:///", None),
        # Where a value ends.
        ("{name}.{ext}", "archive.tar.gz", {"name": "archive.tar", "ext": "gz"}),
        ("{name}{.ext}", "archive.tar.gz", {"name": "archive.tar", "ext": "gz"}),
        ("{name}{.ext}", "readme", {"name": "readme"}),
        ("{a}-x", "1-x-x", {"a": "1-x"}),
        ("{a}{b}", "xyz", {"a": "xy", "b": "z"}),
        ("{a}2{b}", "%25", None),
        ("{a}5{b}", "%255x", {"a": "%", "b": "x"}),
        ("{a}{b}", "x%C3%BC", {"a": "x", "b": "ü"}),
        ("{+path}{/last}", "/a/b/c", {"path": "/a/b", "last": "c"}),
        ("{+path}{?q}{#part}", "/a/b?q=1#c", {"path": "/a/b", "q": "1", "part": "c"}),
        ("{+path}{?q}{#part}", "/a/b", {"path": "/a/b"}),
        # Several values.
        ("{x,y}", "1024,768", {"x": "1024", "y": "768"}),
        ("{x,y}", "1024", {"x": "1024"}),
        ("{x,y}", "1,2,3", {"x": "1", "y": "2,3"}),
        ("{x,empty}", "1024,", {"x": "1024", "empty": ""}),
        ("{x}", "Paris,France", {"x": "Paris,France"}),
        ("{list*}", "red,green%2C,blue", {"list": ["red", "green,", "blue"]}),
        ("{list*}", "red", {"list": ["red"]}),
        ("{keys*}", "semi=%3B,dot=.", {"keys": {"semi": ";", "dot": "."}}),
        ("{+list*}", "a=b,c/d", {"list": ["a=b", "c/d"]}),
        ("{/list*}", "/red/green", {"list": ["red", "green"]}),
        ("{/list*}", "", {}),
        ("{/list*,last}", "/red/green/blue", {"list": ["red", "green"], "last": "blue"}),
        ("www{.dom*}", "www.example.com", {"dom": ["example", "com"]}),
        ("{#x,y}", "#1,/2", {"x": "1", "y": "/2"}),
        # Parameters.
        ("/s{?q,n}", "/s?q=a%26b&n=2", {"q": "a&b", "n": "2"}),
        ("/s{?q,n}", "/s?n=2&q=1", {"n": "2", "q": "1"}),
        ("/s{?q,n}", "/s?n=2", {"n": "2"}),
        ("/s{?q,n}", "/s", {}),
        ("/s{?q,n}", "/s?q=", {"q": ""}),
        ("/s{?q,n}", "/s?q", {"q": ""}),
        ("/s{?q,n}", "/s?", None),
        ("/s{?q,n}", "/s?q=1&q=2", None),
        ("/s{?q,n}", "/s?q=1&other=2", None),
        ("/s{?q}", "/s?q=/a?b", {"q": "/a?b"}),
        ("/s{?q}{&n}", "/s?q=1&n=2", {"q": "1", "n": "2"}),
        ("/s{?q}{&n}", "/s&n=2", {"n": "2"}),
        ("/s?fixed=yes{&x}", "/s?fixed=yes&x=1024", {"x": "1024"}),
        ("/s{?list*}", "/s?list=1&list=2", {"list": ["1", "2"]}),
        ("/s{?q,rest*}", "/s?a=1&q=2&b%20c=3", {"q": "2", "rest": {"a": "1", "b c": "3"}}),
        ("/s{?list*,rest*}", "/s?list=1&a=2", {"list": ["1"], "rest": {"a": "2"}}),
        ("/s{?rest*}", "/s?a=1&a=2", None),
        ("/s{?rest*}", "/s?rest=1&a=2", None),
        ("/m{;x,y}", "/m;y=2;x", {"y": "2", "x": ""}),
        ("/m{;x}{;y}/n", "/m;y=2/n", {"y": "2"}),
        # The same variable twice.
        ("{a}/{a}", "x/x", {"a": "x"}),
        ("{a}/{a}", "x/y", None),
        ("{a:1}/{a}", "v/value", {"a": "value"}),
        ("{a:1}/{a}", "x/value", None),
        ("{a:3}", "val", {"a": "val"}),
        ("{a:3}", "value", None),
        ("{a:3}/{a:5}", "val/value", {"a": "value"}),
        # Encoding.
        ("{a}", "caf%C3%A9", {"a": "café"}),
        ("{a}", "café", {"a": "café"}),
        ("é/{a}", "é/x", {"a": "x"}),
        ("é/{a}", "%C3%A9/x", {"a": "x"}),
        ("{a}", "%ff", None),
        ("{a}", "50%", None),
        ("{a}", "a b", None),
        ("{+a}", "a\nb", None),
        ("{a}", "\ud800", None),
    ],
)
def test_match_gives_the_values_or_nothing(template: str, uri: str, values: dict[str, Any] | None) -> None:
    assert UriTemplate(template).match(uri) == values


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
WORDS = TEXTS.filter(lambda text: "." not in text)  # which {.list*} cannot tell from its separators
OPERATORS = st.sampled_from(["", ".", "/", ";", "?", "&"])
LITERALS = st.text("xy-._~/", max_size=4)


@st.composite
def templates(draw: st.DrawFn) -> str:
    """Templates in which each variable is there once, and segments are kept apart."""
    names = iter("abcdefgh")
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        variables = [next(names) for _ in range(draw(st.integers(1, 2)))]
        variables[-1] += draw(st.sampled_from(["", "*"]))
        parts.append(f"{draw(LITERALS)}/{{{draw(OPERATORS)}{','.join(variables)}}}")
    return "".join(parts) + draw(LITERALS)


@given(templates(), st.data())
def test_match_of_an_expansion_expands_to_it_again(text: str, data: st.DataObject) -> None:
    template = UriTemplate(text)
    values = {
        name: data.draw(
            st.lists(WORDS, min_size=1, max_size=3) | st.dictionaries(WORDS, WORDS, min_size=1, max_size=3)
            if f"{name}*" in text
            else TEXTS
        )
        for name in template.variables
    }
    # Beside a variable of the same name, the name of a member looks like that variable.
    assume(not any(isinstance(value, dict) and value.keys() & values.keys() for value in values.values()))
    # A dot needs no escape: inside of a value it looks like what {.a,b} puts between two.
    assume("{." not in text or "." not in str(values))
    uri = template.expand(values)
    found = template.match(uri)
    assert found is not None
    assert template.expand(found) == uri


@given(st.sampled_from(["{a}/{b}", "/{a}{?b}", "{a}{/b}", "{?a,b}", "{;a,b}", "{+a}{#b}"]), TEXTS, TEXTS)
def test_values_come_back_where_it_is_clear_where_they_end(template: str, a: str, b: str) -> None:
    if "+" in template:
        a, b = (text.replace("%", "").replace("#", "") or "x" for text in (a, b))
    values = {"a": a, "b": b}
    assert UriTemplate(template).match(UriTemplate(template).expand(values)) == values


@given(st.sampled_from(["{/a*}", "{.a*}x", "{?a*}", "{;a*}", "{a*}", "{&a*}"]), st.lists(WORDS, min_size=1))
def test_lists_and_objects_come_back_where_they_are_exploded(template: str, items: list[str]) -> None:
    assert UriTemplate(template).match(UriTemplate(template).expand({"a": items})) == {"a": items}
    members = {item: item[::-1] for item in items if item != "a"} or {"b": "c"}
    assert UriTemplate(template).match(UriTemplate(template).expand({"a": members})) == {"a": members}


@given(templates(), st.text(max_size=30) | st.text("ab/?#&;,=.%2f", max_size=30))
def test_any_text_is_matched_or_not(template: str, uri: str) -> None:
    found = UriTemplate(template).match(uri)
    assert found is None or set(found) <= set(UriTemplate(template).variables)


@pytest.mark.parametrize("unit", ["a", "-", "/", "%41", "&a=1", ";a", "a=1,", ".", "?&", "é", "{"])
def test_no_uri_takes_long_to_match(unit: str) -> None:
    # Trying one way after the other would take a quarter of a million years.
    for template in (
        "{a}{b}{c}{d}{e}!",
        "{a}-{b}-{c}-{d}-{e}",
        "{+a}{/b*}{;c*}{?d*}{&e*}{#f*}!",
        "{.a*}{.b*}x",
    ):
        for start in ("", "?", ";"):
            UriTemplate(template).match((start + unit * 100_000)[:100_000])
