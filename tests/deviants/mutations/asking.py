"""Broken questions to the user and the model: elicitation and sampling, in both eras."""

from __future__ import annotations

from typing import Any

from ..deviating import Frames, Incoming, Outgoing, asking, gives, notification, refusal, takes

_DONE = notification("notifications/elicitation/complete", elicitationId="1")
_URL = {"elicit_url": True}
_TOOLS = {"sampling_tools": True}


def _demand(out: Outgoing, method: str, **params: Any) -> None:
    """Let a demand for input ask this in place of all else."""
    if out.result.get("resultType") == "input_required":
        out.result["inputRequests"] = {"one": {"method": method, "params": params}}


def _form(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@gives("elicitation-url-valid", answering="tools/call", options=_URL)
def words_for_a_url(out: Outgoing) -> Frames:
    _demand(out, "elicitation/create", mode="url", message="Log in", url="the login page")
    return None


@gives("elicitation-url-https", answering="tools/call", options=_URL)
def a_login_in_the_open(out: Outgoing) -> Frames:
    _demand(out, "elicitation/create", mode="url", message="Log in", url="http://example.com/login")
    return None


@gives("elicitation-form-no-urls", answering="tools/call")
def a_form_with_a_link(out: Outgoing) -> Frames:
    _demand(
        out,
        "elicitation/create",
        message="See https://example.com",
        requestedSchema=_form(name={"type": "string"}),
    )
    return None


@gives("elicitation-form-no-secrets", answering="tools/call")
def a_form_for_a_password(out: Outgoing) -> Frames:
    _demand(out, "elicitation/create", message="Log in", requestedSchema=_form(dbPassword={"type": "string"}))
    return None


@gives("elicitation-form-no-secrets", answering="resources/list", revision="2025-11-25")
def a_request_for_a_key(out: Outgoing) -> Frames:
    form = _form(key={"type": "string", "title": "API key"})
    return [asking("elicitation/create", message="Log in", requestedSchema=form), out.message]


@gives("elicitation-required-error-form", answering="completion/complete")
def nothing_to_elicit(out: Outgoing) -> Frames:
    return [refusal(out.request, -32042, "Log in first")]


@gives("elicitation-complete-known", answering="prompts/list", options=_URL)
def the_end_of_what_never_was(out: Outgoing) -> Frames:
    return [notification("notifications/elicitation/complete", elicitationId="never"), out.message]


@gives("elicitation-required-error-form", answering="completion/complete", options=_URL, keeps=True)
def a_visit_to_elicit(out: Outgoing) -> Frames:
    visit = {"mode": "url", "message": "Log in", "url": "https://example.com/", "elicitationId": "1"}
    return [refusal(out.request, -32042, "Log in first", elicitations=[visit])]


@gives("elicitation-complete-known", answering="completion/complete", options=_URL, keeps=True)
def the_end_of_what_was(out: Outgoing) -> Frames:
    (refused,) = a_visit_to_elicit(out) or ()
    return [refused] if out.memory.setdefault("asked", out.request) is out.request else [_DONE, out.message]


@takes("elicitation-decline-handled", asking="tools/call", timeout=8.0)
def silence_when_declined(come: Incoming) -> Frames:
    params = come.message["params"]
    return [] if "inputResponses" in params and params["name"] == "ask" else None


_TEXT = {"type": "text", "text": "Hello"}
_USE = {"type": "tool_use", "id": "1", "name": "add", "input": {}}
_RESULT = {"type": "tool_result", "toolUseId": "1", "content": []}


def _sample(out: Outgoing, *contents: Any, **more: Any) -> None:
    roles = ("user", "assistant") * len(contents)
    messages = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]
    _demand(out, "sampling/createMessage", messages=messages, maxTokens=9, **more)


@gives("sampling-context-declared", answering="tools/call")
def the_context_of_all(out: Outgoing) -> Frames:
    _sample(out, _TEXT, includeContext="allServers")
    return None


@gives("sampling-tool-results-alone", answering="tools/call", options=_TOOLS)
def a_text_beside_the_result(out: Outgoing) -> Frames:
    _sample(out, _TEXT, _USE, [_RESULT, _TEXT])
    return None


@gives("sampling-tool-results-balanced", answering="tools/call", options=_TOOLS)
def a_use_without_a_result(out: Outgoing) -> Frames:
    _sample(out, _TEXT, _USE, _TEXT)
    return None


@gives("input-required-declared", answering="tools/call")
def tools_for_a_model_without(out: Outgoing) -> Frames:
    _sample(out, _TEXT, tools=[{"name": "clock", "inputSchema": {"type": "object"}}])
    return None


@gives("capability-of-client", answering="resources/list")
def tools_in_a_request_for_a_model_without(out: Outgoing) -> Frames:
    messages = [{"role": "user", "content": _TEXT}]
    tools = [{"name": "clock", "inputSchema": {"type": "object"}}]
    return [asking("sampling/createMessage", messages=messages, maxTokens=9, tools=tools), out.message]


@gives("sampling-tool-results-schema", answering="tools/call", options=_TOOLS)
def a_time_that_is_a_number(out: Outgoing) -> Frames:
    schema = {"type": "object", "properties": {"time": {"type": "string"}}}
    told = {**_RESULT, "structuredContent": {"time": 12}}
    clock = {"name": "add", "inputSchema": {"type": "object"}, "outputSchema": schema}
    _sample(out, _TEXT, _USE, [told], tools=[clock])
    return None
