"""What a server asks of users and models: elicitation and sampling, by request or in a demand for input.

What was not declared is said by other rules, and what the client did not declare is not judged here as well.
Pages: client/elicitation, client/sampling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mcpgen.validate.client import declares
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.naming import names_a_secret
from mcpgen_runtime.schemas import SchemaError, compile_schema

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f]+")
_LINK = re.compile(r"\bhttps?://\S", re.IGNORECASE)
#: Hosts that are nobody's but the developer's.
_OWN_HOST = re.compile(
    r"localhost|127\.[0-9.]+|::1|10\.[0-9.]+|192\.168\.[0-9.]+|[^.]+|.*\.(local|test|localhost|internal)"
)
_ELICITATION_REQUIRED = -32042
_SHOWN = 120


class AskingRules:
    """Judges what is asked, and remembers which elicitations there were."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._elicitations: set[str] = set()

    def asked(self, method: Any, params: Any, at: str, told: About, declared: dict[str, Any]) -> None:
        """Judge one request, whose params stand at the pointer `at`, of a client that `declared` so much."""
        if not isinstance(params, dict):
            return
        if method == "elicitation/create" and params.get("mode") == "url":
            if isinstance(params.get("elicitationId"), str):
                self._elicitations.add(params["elicitationId"])
            if declares(declared, "elicitation.url"):
                self._url(params.get("url"), f"{at}/url", told)
        elif method == "elicitation/create" and declares(declared, "elicitation"):
            self._form(params, at, told)
        elif method == "sampling/createMessage" and declares(declared, "sampling"):
            self._sampling(params, at, told, context=declares(declared, "sampling.context"))

    def refused(self, error: dict[str, Any], told: About) -> None:
        """Judge an error that says what has to be elicited first: 2025-11-25 has one."""
        if error.get("code") != _ELICITATION_REQUIRED:
            return
        data = error.get("data")
        wanted = data.get("elicitations") if isinstance(data, dict) else None
        ok = isinstance(wanted, list) and bool(wanted)
        self._ledger.holds(
            "elicitation-required-error-form",
            ok,
            "the error does not list what is to be elicited",
            told,
            pointer="/error/data" if "data" in error else "/error",
        )
        for position, each in enumerate(wanted if isinstance(wanted, list) else []):
            said = each if isinstance(each, dict) else {}
            if isinstance(said.get("elicitationId"), str):
                self._elicitations.add(said["elicitationId"])
            self._ledger.holds(
                "elicitation-required-error-form",
                said.get("mode") == "url"
                and isinstance(said.get("url"), str)
                and isinstance(said.get("elicitationId"), str),
                "what is to be elicited has not the mode url, a URL and an id",
                told,
                pointer=f"/error/data/elicitations/{position}",
            )

    def notified(self, message: dict[str, Any], told: About) -> None:
        """Judge the notification that an elicitation is complete."""
        params = message.get("params")
        known = params.get("elicitationId") if isinstance(params, dict) else None
        if message["method"] == "notifications/elicitation/complete" and isinstance(known, str):
            self._ledger.holds(
                "elicitation-complete-known",
                known in self._elicitations,
                f"there was no elicitation with the id {known[:_SHOWN]!r}",
                told,
                pointer="/params/elicitationId",
            )

    def _url(self, url: Any, pointer: str, told: About) -> None:
        if not isinstance(url, str):
            return
        try:
            parts = urlsplit(url)
            scheme, host = parts.scheme.lower(), parts.hostname
        except ValueError:
            scheme, host = "", None
        whole = _URI.fullmatch(url) is not None and (scheme not in ("http", "https") or bool(host))
        if self._ledger.holds(
            "elicitation-url-valid", whole, f"{url[:_SHOWN]!r} is no URL", told, pointer=pointer
        ):
            self._ledger.holds(
                "elicitation-url-https",
                scheme != "http" or _OWN_HOST.fullmatch(host or "") is not None,
                f"{url[:_SHOWN]!r} is not https",
                told,
                pointer=pointer,
            )

    def _form(self, params: dict[str, Any], at: str, told: About) -> None:
        schema = params.get("requestedSchema")
        properties = schema.get("properties") if isinstance(schema, dict) else None
        fields = properties.items() if isinstance(properties, dict) else ()
        texts: list[tuple[str, Any]] = [(f"{at}/message", params.get("message"))]
        for name, field in fields:
            place = f"{at}/requestedSchema/properties/{_step(name)}"
            title = field.get("title") if isinstance(field, dict) else None
            self._ledger.holds(
                "elicitation-form-no-secrets",
                not names_a_secret(name) and not (isinstance(title, str) and names_a_secret(title)),
                f"a form asks for {name[:_SHOWN]!r}" + (f", titled {title[:_SHOWN]!r}" if title else ""),
                told,
                pointer=place,
            )
            texts += _texts(field, place)
        for pointer, text in texts:
            if isinstance(text, str):
                self._ledger.holds(
                    "elicitation-form-no-urls",
                    _LINK.search(text) is None,
                    f"a form shows a URL: {text[:_SHOWN]!r}",
                    told,
                    pointer=pointer,
                )

    def _sampling(self, params: dict[str, Any], at: str, told: About, *, context: bool) -> None:
        if not context:
            wanted = params.get("includeContext")
            self._ledger.holds(
                "sampling-context-declared",
                wanted not in ("thisServer", "allServers"),
                f"includeContext is {wanted!r}, and the client declared no sampling.context",
                told,
                pointer=f"{at}/includeContext",
            )
        messages = params.get("messages")
        if isinstance(messages, list):
            self._tool_results(messages, f"{at}/messages", told)
            self._structured(messages, params.get("tools"), f"{at}/messages", told)

    def _structured(self, messages: list[Any], tools: Any, at: str, told: About) -> None:
        """Judge the structured results of tools whose schemas the same request has."""
        schemas = {
            str(tool.get("name")): tool["outputSchema"]
            for tool in (tools if isinstance(tools, list) else ())
            if isinstance(tool, dict) and isinstance(tool.get("outputSchema"), dict)
        }
        names: dict[str, str] = {}
        for position, message in enumerate(messages):
            for block in _blocks(message):
                if block.get("type") == "tool_use":
                    names[str(block.get("id"))] = str(block.get("name"))
                schema = schemas.get(names.get(str(block.get("toolUseId")), ""))
                if schema is None or "structuredContent" not in block or block.get("isError") is True:
                    continue
                try:
                    fits = compile_schema(schema).accepts(block["structuredContent"])
                except SchemaError:
                    self._ledger.undecided("sampling-tool-results-schema", "a schema cannot be judged by")
                    continue
                self._ledger.holds(
                    "sampling-tool-results-schema",
                    fits,
                    "a structured result does not fit the outputSchema of its tool",
                    told,
                    pointer=f"{at}/{position}/content",
                )

    def _tool_results(self, messages: list[Any], at: str, told: About) -> None:
        """Judge who uses tools and what comes of it: every use is answered, with nothing beside."""
        for position, message in enumerate(messages):
            blocks = _blocks(message)
            kinds = {str(block.get("type")) for block in blocks}
            if "tool_result" in kinds:
                self._ledger.holds(
                    "sampling-tool-results-alone",
                    kinds == {"tool_result"},
                    "a message has tool results, and something else",
                    told,
                    pointer=f"{at}/{position}/content",
                )
            used = {str(block.get("id")) for block in blocks if block.get("type") == "tool_use"}
            after = _blocks(messages[position + 1]) if position + 1 < len(messages) else []
            given = {str(block.get("toolUseId")) for block in after if block.get("type") == "tool_result"}
            if used:
                self._ledger.holds(
                    "sampling-tool-results-balanced",
                    used <= given,
                    "a tool is used, and the next message has no result of it",
                    told,
                    pointer=f"{at}/{position}/content",
                )
            if given - used:
                self._ledger.holds(
                    "sampling-tool-results-balanced",
                    False,
                    "there is a tool's result, and the message before uses no such tool",
                    told,
                    pointer=f"{at}/{position + 1}/content",
                )


def _texts(field: Any, at: str) -> Iterator[tuple[str, Any]]:
    """The texts of a form's field that a user is shown."""
    if not isinstance(field, dict):
        return
    for key in ("title", "description"):
        yield f"{at}/{key}", field.get(key)
    names = field.get("enumNames")
    for position, name in enumerate(names if isinstance(names, list) else []):
        yield f"{at}/enumNames/{position}", name


def _blocks(message: Any) -> list[dict[str, Any]]:
    content = message.get("content") if isinstance(message, dict) else None
    return [
        block for block in (content if isinstance(content, list) else [content]) if isinstance(block, dict)
    ]


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
