"""The steps that a server invites: its own tools, prompts and resources, and the methods of its revision.

Everything comes in three kinds: as it should be, a step beside that, and made up from the schema alone. What
the schema says of arguments decides what is claimed of them, not how they were made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mcpgen.fuzz.script import Claim
from mcpgen.fuzz.steps import Step
from mcpgen.fuzz.surface import Surface
from mcpgen.fuzz.values import LASTING, Values, beside, carried_alike
from mcpgen.fuzz.words import TEXTS, heard
from mcpgen.paths import schema_directory
from mcpgen.samples import CannotGenerate, invalid_cases, valid_cases
from mcpgen.schema.methods import MethodRow
from mcpgen.schema.room import SchemaRoom
from mcpgen.validate.exercise import arguments_of, mirrored_headers, variables_of
from mcpgen_runtime.schemas import SchemaError, Validator, compile_schema

_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
#: Methods that are steps of their own, or that end what the other steps need.
_OWN = frozenset(
    {"initialize", "notifications/initialized", "notifications/cancelled", "subscriptions/listen"}
)
_LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resources",
}
_NOT_MESSAGES: tuple[dict[str, Any], ...] = (
    {},
    {"jsonrpc": "2.0"},
    {"jsonrpc": "2.0", "id": None},
    {"jsonrpc": "2.0", "method": None},
    {"jsonrpc": "2.0", "method": 7},
    {"jsonrpc": "2.0", "method": ["tools/list"]},
    {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": 7},
    {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": []},
    {"jsonrpc": "2.0", "method": "notifications/progress", "params": "none"},
    {"jsonrpc": "2.0", "result": {}},
    {"jsonrpc": "2.0", "id": "surely unknown", "result": {}},
    {"jsonrpc": "2.0", "id": "surely unknown", "error": {"code": -1, "message": "no"}},
    {"jsonrpc": "2.0", "id": "surely unknown", "error": None},
    {"jsonrpc": "2.0", "id": "surely unknown", "result": {}, "error": {}},
)
_NOT_OBJECTS = (
    *(
        "",
        " ",
        "{",
        "}",
        "[]",
        "[[]]",
        "null",
        "true",
        "7",
        '"ping"',
        "ping",
        "{'jsonrpc': '2.0'}",
        "\ufeff{}",
    ),
    *(
        "GET / HTTP/1.1",
        "Content-Length: 2",
        '{"jsonrpc":"2.0","id":1,"method":"ping"',
        "[" * 500,
        "x" * 70_000,
    ),
    *('{"jsonrpc":"2.0","id":NaN,"method":"ping"}', '[{"jsonrpc":"2.0","method":"notifications/cancelled"}]'),
)


class Asking:
    """Makes the strategy for the steps of sessions with one server."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        told = (surface.items("tools/list"), surface.items("prompts/list"), surface.items("resources/list"))
        self.words, self.numbers = heard(*told)

    def steps(self) -> SearchStrategy[Step]:
        """Any step. Calls are most of them, where there are tools that may be called."""
        calls = [self._call(tool) for tool in self.surface.tools]
        features = [*self._lists(), *self._prompts(), *self._resources(), *self._completions()]
        protocol = [*self._protocol(), *self._methods()]
        kinds: list[SearchStrategy[Step]] = []
        for share, of in ((6, calls), (3, features), (2, protocol)):
            kinds += [st.one_of(of)] * share if of else []
        return st.sampled_from(range(len(kinds))).flatmap(lambda position: kinds[position])

    # Tools.

    def _call(self, tool: Mapping[str, Any]) -> SearchStrategy[Step]:
        name, schema = tool["name"], tool.get("inputSchema", {})
        validator = _compiled(schema)
        slow = _may_last(schema)
        values = Values(schema, self.words, self.numbers)
        good = values.of(schema)
        cases = [case.value for case in (*_cases(valid_cases, schema), *_cases(invalid_cases, schema))]
        choices = [good, good, beside(good)]
        if cases:
            choices.append(st.sampled_from(cases))

        def step(arguments: Any, waits: bool, reports: bool) -> Step:
            params = {"name": name, "arguments": arguments}
            claim = claim_of(arguments, validator)
            headers = mirrored_headers(schema, arguments) if self.surface.modern else {}
            return Step("tools/call", params, claim, waits, headers=headers, slow=slow, reports=reports)

        made = st.builds(step, st.one_of(choices), _seldom_not(), st.booleans())
        if not self.surface.modern:
            return made
        return st.one_of(made, made, made, st.just(Step("tools/call", {}, refers="resume")))

    # Prompts, resources, completions.

    def _lists(self) -> Iterator[SearchStrategy[Step]]:
        for method, capability in _LISTS.items():
            if not self.surface.declares(capability):
                continue
            yield _waiting(Step(method))
            # The page after the last is the first again; where there is none, the step is left out.
            yield st.just(Step(method, {}, refers="page"))
            cursors: SearchStrategy[Any] = st.sampled_from((*TEXTS, "bm8=", 7, None, {}))
            yield st.builds(lambda cursor, method=method: Step(method, {"cursor": cursor}, "odd"), cursors)

    def _prompts(self) -> Iterator[SearchStrategy[Step]]:
        texts = Values({}, self.words).string({})
        for prompt in self.surface.items("prompts/list"):
            name = prompt.get("name")
            if not isinstance(name, str):
                continue
            known = arguments_of(prompt)
            always = {argument: texts for argument, needed in known if needed}
            maybe = {argument: texts for argument, needed in known if not needed}
            arguments = st.fixed_dictionaries(always, optional=maybe)

            def step(arguments: dict[str, Any], waits: bool, name: str = name) -> Step:
                # Made-up words are hardly those that a prompt knows: it may refuse them as it likes.
                params = {"name": name, "arguments": arguments} if arguments else {"name": name}
                return Step("prompts/get", params, "valid" if not arguments else "odd", waits=waits)

            yield st.builds(step, arguments, _seldom_not())
            yield st.builds(
                lambda step: replace(step, claim="odd"), st.builds(step, beside(arguments), st.just(True))
            )

    def _resources(self) -> Iterator[SearchStrategy[Step]]:
        uris = [
            item["uri"] for item in self.surface.items("resources/list") if isinstance(item.get("uri"), str)
        ]
        read = "resources/read"
        if not self.surface.declares("resources"):
            return
        if uris:
            known = st.sampled_from(uris)
            yield st.builds(lambda uri, waits: Step(read, {"uri": uri}, waits=waits), known, _seldom_not())
            if self.surface.declares("resources.subscribe") and not self.surface.modern:
                yield st.builds(
                    lambda uri: Step("resources/subscribe", {"uri": uri}, does="subscribe"), known
                )
                yield st.builds(
                    lambda uri: Step("resources/unsubscribe", {"uri": uri}, does="unsubscribe"), known
                )
        texts = Values({}, self.words).string({})
        for template in self.surface.items("resources/templates/list"):
            if isinstance(form := template.get("uriTemplate"), str):
                yield st.builds(
                    lambda text, form=form: Step(read, {"uri": _expanded(form, text)}, "odd"), texts
                )
        yield st.builds(
            lambda uri: Step(read, {"uri": uri}, "odd"), st.one_of(texts, st.integers(), st.none())
        )

    def _completions(self) -> Iterator[SearchStrategy[Step]]:
        if not self.surface.declares("completions"):
            return
        texts = Values({}, self.words).string({})
        for prompt in self.surface.items("prompts/list"):
            for argument, _ in arguments_of(prompt):
                yield _completion({"type": "ref/prompt", "name": prompt.get("name")}, argument, texts)
        for template in self.surface.items("resources/templates/list"):
            if isinstance(form := template.get("uriTemplate"), str):
                for variable in variables_of(form):
                    yield _completion({"type": "ref/resource", "uri": form}, variable, texts)

    # The protocol.

    def _protocol(self) -> Iterator[SearchStrategy[Step]]:
        yield st.just(Step("notifications/cancelled", {}, notifies=True, does="cancel"))
        yield st.just(Step("notifications/cancelled", {"reason": "no more"}, notifies=True, does="cancel"))
        yield st.sampled_from(_NOT_MESSAGES).map(lambda raw: Step(raw=raw))
        yield st.sampled_from(_NOT_OBJECTS).map(lambda raw: Step(raw=raw))
        yield st.sampled_from(("surely/unknown", "", "tools", "rpc.discover", "TOOLS/LIST")).map(
            lambda method: Step(method, claim="odd")
        )
        yield st.just(Step("notifications/surely_unknown", {}, claim="odd", notifies=True))
        if self.surface.modern:
            yield _waiting(Step("server/discover"))
            yield st.builds(self._listen, st.booleans(), st.booleans())
            yield st.just(Step("tools/list", {}, "odd", naked=True))
            return
        yield _waiting(Step("ping"))
        yield st.just(Step("notifications/roots/list_changed", notifies=True))
        if self.surface.declares("logging"):
            yield st.sampled_from(_LEVELS).map(lambda level: Step("logging/setLevel", {"level": level}))

    def _listen(self, lists: bool, resources: bool) -> Step:
        """Open a subscription, which only its cancellation ends."""
        uris = [item.get("uri") for item in self.surface.items("resources/list")]
        wanted: dict[str, Any] = {"toolsListChanged": True, "resourcesListChanged": True} if lists else {}
        if resources and uris:
            wanted["resourceSubscriptions"] = uris[:3]
        return Step("subscriptions/listen", {"notifications": wanted}, "odd", waits=False)

    def _methods(self) -> Iterator[SearchStrategy[Step]]:
        """Every method that clients send, its params made up from the revision's schema."""
        room = _room()
        schema = room.schema(self.surface.revision)
        values = Values(schema, self.words, self.numbers)
        for row in room.methods(self.surface.revision):
            if row.direction == "server-to-client" or row.name in _OWN or row.kind == "input-request":
                continue
            if row.name == "tools/call" and not self.surface.tools:
                # A made-up name is nobody's tool, but in doubt nothing is called.
                continue
            params = values.of({"$ref": f"#/$defs/{row.params}"}) if row.params else st.none()
            choices = st.one_of(params, beside(params)) if row.params else st.none()
            yield st.builds(_made_up, st.just(row), choices)


def _made_up(row: MethodRow, params: Any) -> Step:
    # What is made up names nothing that there is: the server may say of it what it likes.
    notifies = row.kind == "notification"
    if not isinstance(params, dict | None):
        return Step(raw={"jsonrpc": "2.0", "method": row.name, "params": params})
    if row.name == "tools/call" and params is not None:
        params = {**params, "name": "surely unknown"} if "name" in params else params
    if params is not None:
        params = {key: value for key, value in params.items() if key != "_meta"}
    return Step(row.name, params, "odd", notifies=notifies)


def _completion(reference: dict[str, Any], argument: str, texts: SearchStrategy[str]) -> SearchStrategy[Step]:
    def step(text: str) -> Step:
        params = {"ref": reference, "argument": {"name": argument, "value": text}}
        return Step("completion/complete", params)

    return texts.map(step)


def claim_of(arguments: Any, validator: Validator | None) -> Claim:
    """What is known of a call with `arguments`, where `validator` judges by the tool's schema."""
    if validator is None or not isinstance(arguments, dict):
        return "odd"
    if not validator.accepts(arguments):
        return "refused"
    return "valid" if carried_alike(arguments) else "odd"


def _waiting(step: Step) -> SearchStrategy[Step]:
    return _seldom_not().map(lambda waits: replace(step, waits=waits))


def _seldom_not() -> SearchStrategy[bool]:
    """Mostly true: one request of five is left in flight."""
    return st.sampled_from((True, True, True, True, False))


def _cases(make: Any, schema: Any) -> list[Any]:
    try:
        return list(make(schema))
    except (SchemaError, CannotGenerate):
        return []


def _compiled(schema: Any) -> Validator | None:
    try:
        return compile_schema(schema)
    except SchemaError:
        return None


def _may_last(schema: Any) -> bool:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and any(LASTING.search(name) for name in properties)


def _expanded(form: str, text: str) -> str:
    for variable in variables_of(form):
        form = form.replace("{" + variable + "}", text)
    return form


@cache
def _room() -> SchemaRoom:
    return SchemaRoom(schema_directory())
