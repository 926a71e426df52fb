"""What the validator asks an open server: every list and read that it declares, and tools only when told.

Each step asks and moves on; whether the answers are right is the judge's business. A request that stays
unanswered ends the run only when the server answers nothing else either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcpgen.errors import TargetSilent, UsageError
from mcpgen.samples import CannotGenerate, arguments_for
from mcpgen.validate import client
from mcpgen.validate.opening import Opened
from mcpgen.validate.session import Session, Unanswered
from mcpgen.validate.surface import Demand, Surface, TaskCall, read_only
from mcpgen.validate.task_records import task_support
from mcpgen_runtime.mirrored_headers import marked_parameters, parameter_headers

# How many tools a note names.
_NAMED = 10
# How often a server may ask for input before one call is left as it is.
_ROUNDS = 3
# How many requests may stay unanswered, by a server that answers others, before the run ends.
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """How far to go: pages of a list, and how many resources, prompts, completions and tools to try.

    Where `call_tools`, tools that are annotated read-only are called, and any where `allow_destructive`. The
    tools of `given` are called whatever they say of themselves, with the arguments beside the name.
    """

    call_tools: bool = False
    allow_destructive: bool = False
    given: tuple[tuple[str, dict[str, Any]], ...] = ()
    pages: int = 100
    reads: int = 25
    prompts: int = 25
    completions: int = 10
    tools: int = 100


class Exercise:
    """Goes through what an open server declares. Raises `TargetSilent`, `ConnectionLost`, `LimitReached`.

    `notes` tells what was left out, and why, in words for the report.
    """

    def __init__(
        self, session: Session, opened: Opened, plan: Plan, *, announce: Callable[[str], None]
    ) -> None:
        self.session = session
        self.opened = opened
        self.plan = plan
        self.announce = announce
        self.notes: list[str] = []
        self.surface = Surface(all_harmless=plan.allow_destructive)
        self._modern = client.era_of(opened.revision) == "modern"
        self._unanswered = 0

    async def run(self) -> None:
        """Ask everything, in an order in which later steps use what earlier ones found."""
        if not self._modern:
            await self._ask("ping")
            if self.opened.declares("logging"):
                await self._ask("logging/setLevel", {"level": "debug"})
        tools = await self._list("tools/list", "tools") if self.opened.declares("tools") else []
        templates: list[dict[str, Any]] = []
        if self.opened.declares("resources"):
            resources = await self._list("resources/list", "resources")
            self.surface.resources = resources
            templates = await self._list("resources/templates/list", "resourceTemplates")
            await self._read(resources)
        prompts = await self._list("prompts/list", "prompts") if self.opened.declares("prompts") else []
        await self._get(prompts)
        if self.opened.declares("completions"):
            await self._complete(prompts, templates)
        if self.opened.declares("tasks.list") and self.opened.revision == "2025-11-25":
            await self._list("tasks/list", "tasks")
        self.surface.tools, self.surface.templates, self.surface.prompts = tools, templates, prompts
        await self._call_given(tools)
        if self.plan.call_tools:
            await self._call(tools)
        await self.session.settled()

    async def _ask(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        declared: bool = False,
    ) -> dict[str, Any]:
        """The result of a request, `{}` where there is none that can be used.

        `declared` says that the server promised one, so that its absence is worth a note.
        """
        self.announce(method)
        try:
            answer = await self.session.request(method, params, headers=headers)
        except Unanswered as silence:
            if declared:
                self.notes.append(f"{method}: nothing to judge, {silence.why}")
            await self._still_there(silence)
            return {}
        result = answer.get("result")
        if declared and "result" not in answer:
            self.notes.append(f"{method}: nothing to judge, it was answered with {_refusal(answer)}")
        return result if isinstance(result, dict) else {}

    async def _ask_until_complete(
        self, method: str, params: dict[str, Any], *, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask, and as long as a modern server wants input first, give it and ask again; the last result."""
        asked = params
        for _ in range(_ROUNDS):
            result = await self._ask(method, asked, headers=headers)
            if not self._modern or result.get("resultType") != "input_required":
                return result
            if asked is params:
                self.surface.demands.append(Demand(method, params, dict(headers or {}), result))
            responses = client.input_responses(result.get("inputRequests"), self.session.declared)
            if responses is None:
                return {}
            asked = dict(params)
            if responses:
                asked["inputResponses"] = responses
            if isinstance(result.get("requestState"), str):
                asked["requestState"] = result["requestState"]
        return {}

    async def _still_there(self, silence: Unanswered) -> None:
        self._unanswered += 1
        if self._unanswered >= _PATIENCE:
            raise TargetSilent(
                f"{self._unanswered} requests stayed unanswered, the last of them {silence}",
                hint="a server that is merely slow gets more time with --timeout SECONDS",
            )
        try:
            await self.session.request("server/discover" if self._modern else "ping")
        except Unanswered:
            raise TargetSilent(
                f"the server stopped answering: {silence}",
                hint="a server that is merely slow gets more time with --timeout SECONDS",
            ) from None

    async def _list(self, method: str, key: str) -> list[dict[str, Any]]:
        """Every item of a list, its pages followed to the end or to the plan's bound."""
        items: list[dict[str, Any]] = []
        params: dict[str, Any] | None = None
        for _ in range(self.plan.pages):
            result = await self._ask(method, params, declared=True)
            page = result.get(key)
            items += [item for item in page if isinstance(item, dict)] if isinstance(page, list) else []
            cursor = result.get("nextCursor")
            if not isinstance(cursor, str):
                return items
            self.surface.cursors.setdefault(method, cursor)
            params = {"cursor": cursor}
        self.notes.append(f"{method}: stopped after {self.plan.pages} pages, there were more")
        return items

    async def _read(self, resources: list[dict[str, Any]]) -> None:
        uris = [uri for item in resources if isinstance(uri := item.get("uri"), str)]
        for uri in self._first(uris, self.plan.reads, "resources/read"):
            await self._ask_until_complete("resources/read", {"uri": uri})

    async def _get(self, prompts: list[dict[str, Any]]) -> None:
        named = [item for item in prompts if isinstance(item.get("name"), str)]
        for prompt in self._first(named, self.plan.prompts, "prompts/get"):
            params: dict[str, Any] = {"name": prompt["name"]}
            required = [name for name, needed in arguments_of(prompt) if needed]
            if required:
                params["arguments"] = dict.fromkeys(required, "example")
            await self._ask_until_complete("prompts/get", params)

    async def _complete(self, prompts: list[dict[str, Any]], templates: list[dict[str, Any]]) -> None:
        questions: list[tuple[dict[str, Any], str]] = []
        for prompt in prompts:
            if isinstance(prompt.get("name"), str):
                reference = {"type": "ref/prompt", "name": prompt["name"]}
                questions += [(reference, name) for name, _ in arguments_of(prompt)]
        for template in templates:
            uri = template.get("uriTemplate")
            if isinstance(uri, str):
                reference = {"type": "ref/resource", "uri": uri}
                questions += [(reference, name) for name in variables_of(uri)]
        for reference, name in self._first(questions, self.plan.completions, "completion/complete"):
            await self._ask(
                "completion/complete", {"ref": reference, "argument": {"name": name, "value": ""}}
            )

    async def _call_given(self, tools: list[dict[str, Any]]) -> None:
        """Call the tools that the user named. Raises `UsageError` for one that is not listed."""
        listed = {tool["name"]: tool for tool in tools if isinstance(tool.get("name"), str)}
        for name, arguments in self.plan.given:
            if name not in listed:
                names = ", ".join(sorted(listed)[:_NAMED]) + (", …" if len(listed) > _NAMED else "")
                raise UsageError(
                    f"--tool {name}: the server lists no tool of that name",
                    hint=f"it has {names}" if listed else "it lists no tools",
                )
            repeats = self.surface.all_harmless or read_only(listed[name])
            if not self._as_task(listed[name], arguments, repeats=repeats):
                await self._call_one(listed[name], arguments, again=repeats)

    async def _call(self, tools: list[dict[str, Any]]) -> None:
        named = [item for item in tools if isinstance(item.get("name"), str)]
        allowed = [tool for tool in named if self.plan.allow_destructive or read_only(tool)]
        # What the user named was called before.
        called = {name for name, _ in self.plan.given}
        left_out = [tool["name"] for tool in named if tool not in allowed and tool["name"] not in called]
        if left_out:
            names = ", ".join(left_out[:_NAMED]) + (", …" if len(left_out) > _NAMED else "")
            self.notes.append(
                f"tools/call: {len(left_out)} of {len(named)} not called ({names}), for they are not"
                " annotated readOnlyHint; --allow-destructive calls them too, --tool NAME one of them"
            )
        for tool in self._first(allowed, self.plan.tools, "tools/call"):
            try:
                arguments = arguments_for(tool.get("inputSchema"))
            except CannotGenerate as why:
                self.notes.append(f"tools/call {tool['name']}: no arguments made up, {why}")
                continue
            if not self._as_task(tool, arguments, repeats=True):
                await self._call_one(tool, arguments, again=True)

    def _as_task(self, tool: dict[str, Any], arguments: dict[str, Any], *, repeats: bool) -> bool:
        """Whether a tool only runs as a task: those that can are left to the probe that makes tasks."""
        support = task_support(tool)
        runs = self.opened.revision == "2025-11-25" and self.opened.declares("tasks.requests.tools.call")
        if runs and support != "forbidden" and (repeats or support == "required"):
            self.surface.task_calls.append(TaskCall(tool["name"], arguments, repeats))
        if support == "required":
            self.notes.append(f"tools/call {tool['name']}: only runs as a task, not called without")
        return support == "required"

    async def _call_one(self, tool: dict[str, Any], arguments: dict[str, Any], *, again: bool) -> None:
        """Call a tool, and let probes know of it only where they may call it `again`."""
        params: dict[str, Any] = {"name": tool["name"], "arguments": arguments}
        # A token of its own asks for progress, so that its rules can be judged.
        params["_meta"] = {"progressToken": f"progress-{self.session.asked}"}
        if self._modern and self.opened.declares("logging"):
            params["_meta"][client.META_LOG_LEVEL] = "debug"
        headers = mirrored_headers(tool.get("inputSchema"), arguments) if self._modern else None
        began = time.monotonic()
        demands, heard = len(self.surface.demands), self.session.heard_requests
        result = await self._ask_until_complete("tools/call", params, headers=headers)
        if not again:
            del self.surface.demands[demands:]
        elif result and result.get("isError") is not True:
            self.surface.calls[tool["name"]] = arguments
            self.surface.seconds[tool["name"]] = time.monotonic() - began
            if self.session.heard_requests > heard:
                self.surface.asking[tool["name"]] = self.session.heard_requests - heard

    def _first(self, items: list[Any], bound: int, method: str) -> list[Any]:
        if len(items) > bound:
            self.notes.append(f"{method}: tried {bound} of {len(items)}")
        return items[:bound]


def mirrored_headers(schema: Any, arguments: dict[str, Any]) -> dict[str, str]:
    """The HTTP headers that mirror what a tool's `schema` marks, of these `arguments`."""
    try:
        return parameter_headers(marked_parameters(schema), arguments)
    except ValueError:  # that its marks are wrong is found elsewhere
        return {}


def _refusal(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    return f"error {error.get('code')!r:.60}" if isinstance(error, dict) else "no result"


def arguments_of(prompt: dict[str, Any]) -> list[tuple[str, bool]]:
    """The names of a prompt's arguments, each with whether it must be given."""
    declared = prompt.get("arguments")
    if not isinstance(declared, list):
        return []
    return [
        (item["name"], item.get("required") is True)
        for item in declared
        if isinstance(item, dict) and isinstance(item.get("name"), str)
    ]


def variables_of(template: str) -> list[str]:
    """The variable names of a URI template (RFC 6570), without operators and modifiers."""
    names: list[str] = []
    for part in template.split("{")[1:]:
        expression = part.split("}", 1)[0].lstrip("+#./;?&")
        names += [name.split(":", 1)[0].rstrip("*") for name in expression.split(",") if name]
    return names
