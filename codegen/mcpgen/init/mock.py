"""Handlers that answer with made-up values: a server to try a client against, before there is a real one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from mcpgen.emit.skeleton import class_name, imports
from mcpgen.init.files import render
from mcpgen.ir.stubs import HandlerMethod, PromptStub, ResourceStub, ServerStubs, TemplateStub, ToolStub
from mcpgen.samples import valid_cases

_TEXTUAL = re.compile(r"text/|application/(.*\+)?(json|xml|yaml|toml|javascript)\b|image/svg\+xml")


@dataclass(frozen=True, slots=True)
class _Method:
    signature: str
    body: str


def mock_handlers(stubs: ServerStubs, *, name: str, definition_file: str) -> str:
    """The text of a `handlers.py` for the server called `name`, whose methods answer with values that their
    schemas accept. One whose schema yields none raises `NotImplementedError`.
    """
    features: list[ToolStub | ResourceStub | TemplateStub | PromptStub] = []
    for stubs_of_kind in (stubs.tools, stubs.resources, stubs.templates, stubs.prompts):
        features.extend(stubs_of_kind)
    methods = []
    besides = {"Handlers", "create_server"}
    for method, feature in zip(stubs.methods, features, strict=True):
        body, needed = _body(method, json.loads(feature.definition), getattr(feature, "result", None))
        methods.append(_Method(method.signature, body))
        besides.update(needed)
    return render(
        "mock_handlers.py",
        class_name=class_name(name),
        definition_file=definition_file,
        methods=methods,
        imports=imports(stubs.methods, package="generated", besides=besides),
    )


def _body(method: HandlerMethod, feature: dict[str, Any], result: str | None) -> tuple[str, tuple[str, ...]]:
    """What the method does, and what that needs of the generated package."""
    named = feature["name"]
    if result is not None:
        cases = valid_cases(feature["outputSchema"])
        if not cases:
            return f"raise NotImplementedError({f'no result could be made up for {named}'!r})", ()
        return f"return decode_{result}({cases[-1].value!r})", (f"decode_{result}",)
    if method.kind in ("resource", "template"):
        return f"return {_contents(feature)!r}", ()
    return f"return {f'This is a made-up answer of {named}.'!r}", ()


def _contents(resource: dict[str, Any]) -> str | bytes:
    mime_type = resource.get("mimeType", "text/plain")
    if mime_type.endswith("json"):
        return json.dumps({"made up for": resource["name"]}, ensure_ascii=False)
    text = f"This was made up for {resource['name']}."
    return text if _TEXTUAL.match(mime_type) else text.encode()
