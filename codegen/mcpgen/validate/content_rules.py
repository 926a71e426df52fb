"""What the features of a server bring: tools and their schemas, what calls give back, resources, prompts.

Each is looked at where its form is right already: what the schema says is not said again here. Pages:
server/tools, server/resources, server/prompts, server/utilities/completion, basic (`_meta`).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcpgen.definition.shape import schema_faults
from mcpgen.validate.client import declares
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.naming import names_a_secret
from mcpgen.validate.numbers import is_integer, is_number
from mcpgen.validate.trace_context import TRACE_KEYS, is_trace
from mcpgen_runtime.mirrored_headers import MARK, TOKEN, marks
from mcpgen_runtime.schemas import SchemaError, Validator, compile_schema

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f]*")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.*)?", re.ASCII)
_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
#: The form of keys of `_meta`, and of the names of extensions.
META_KEY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*/)?(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?")
_2020_12 = frozenset(
    {"https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft/2020-12/schema"}
)
#: The types that may not be mirrored into a header; null beside one that may is none of them.
_UNMIRRORED = frozenset({"number", "object", "array", "null"})
#: The greatest integer below which a float has every other; tools, x-mcp-header.
_SAFE = 2**53 - 1
#: How many values a completion may have.
_MOST_VALUES = 100
_SHOWN = 120
#: The lists, and which of their members are items that may have `_meta` and a `uri`.
_ITEMS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}


class ContentRules:
    """Judges the results of features, in the order in which they came."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._capabilities: dict[str, Any] | None = None
        #: The `outputSchema` of each tool that was listed with one, ready to be asked, or None.
        self._outputs: dict[str, Validator | None] = {}

    def declared(self, capabilities: dict[str, Any]) -> None:
        """Take note of what the server declared."""
        self._capabilities = capabilities

    def notification(self, message: dict[str, Any], told: About) -> None:
        """Judge the `_meta` of a notification."""
        params = message.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        if isinstance(meta, dict):
            self._meta("/params/_meta", meta, told)

    def answer(self, method: str, request: dict[str, Any], result: dict[str, Any], told: About) -> None:
        """Judge a result."""
        for pointer, meta in _metas(method, result):
            self._meta(pointer, meta, told)
        match method:
            case "tools/list":
                for pointer, tool in _objects(result.get("tools"), "/result/tools"):
                    self._tool(pointer, tool, told)
            case "tools/call":
                self.called(request, result, told)
            case "resources/list":
                for pointer, resource in _objects(result.get("resources"), "/result/resources"):
                    self._uri(f"{pointer}/uri", resource.get("uri"), told)
            case "resources/read":
                for pointer, contents in _objects(result.get("contents"), "/result/contents"):
                    self._uri(f"{pointer}/uri", contents.get("uri"), told)
                    self._blob(f"{pointer}/blob", contents.get("blob"), told)
            case "prompts/get":
                for pointer, message in _objects(result.get("messages"), "/result/messages"):
                    content = message.get("content")
                    if isinstance(content, dict):
                        self._of_prompt(f"{pointer}/content", content, told)
            case "completion/complete":
                self._completed(result, told)

    # Tools.

    def _tool(self, pointer: str, tool: dict[str, Any], told: About) -> None:
        name, schema = tool.get("name"), tool.get("inputSchema")
        if isinstance(schema, dict):
            self._schema("tools-input-schema-valid", f"{pointer}/inputSchema", schema, told)
            self._mirrored(f"{pointer}/inputSchema", schema, told)
        output = tool.get("outputSchema")
        if isinstance(output, dict):
            self._schema("tools-output-schema-valid", f"{pointer}/outputSchema", output, told)
        if isinstance(name, str) and isinstance(output, dict):
            try:
                self._outputs[name] = compile_schema(output)
            except SchemaError:
                # Malformed, or of a dialect or with a pattern that we cannot judge by.
                self._outputs[name] = None

    def _schema(self, rule: str, pointer: str, schema: dict[str, Any], told: About) -> None:
        dialect = schema.get("$schema")
        if dialect is not None and (not isinstance(dialect, str) or dialect.rstrip("#") not in _2020_12):
            self._ledger.undecided(rule, "a schema names a dialect other than 2020-12")
            return
        # Of marks the rules below have more to say.
        faults = [fault for fault in schema_faults(schema) if not fault.pointer.endswith(f"/{MARK}")]
        if not faults:
            self._ledger.holds(rule, True, "")
        for fault in faults[:1]:
            what = f"this is no schema of 2020-12: expected {fault.expected}, found {fault.found}"
            self._ledger.holds(rule, False, what, told, pointer=pointer + fault.pointer)

    def _mirrored(self, pointer: str, schema: dict[str, Any], told: About) -> None:
        seen: set[str] = set()
        for mark in marks(schema):
            name, place = mark.schema[MARK], f"{pointer}{mark.pointer}/{MARK}"
            self._ledger.holds(
                "tools-header-reachable",
                mark.reachable,
                "only a chain of properties from the root may lead to a mirrored parameter",
                told,
                pointer=place,
            )
            formed = isinstance(name, str) and TOKEN.match(name) is not None
            self._ledger.holds(
                "tools-header-name-form",
                formed,
                f"{_quoted(name)} is no name of a header",
                told,
                pointer=place,
            )
            kinds = set(_texts(mark.schema.get("type")))
            mirrored = kinds - {"null"} if len(kinds) > 1 else kinds
            self._ledger.holds(
                "tools-header-primitive",
                not mirrored & _UNMIRRORED,
                f"a parameter of the type {', '.join(sorted(kinds))} is mirrored",
                told,
                pointer=f"{pointer}{mark.pointer}/type",
            )
            if "integer" in kinds:
                self._ledger.holds(
                    "tools-header-integer-safe",
                    not _is_unsafe(mark.schema),
                    "a mirrored integer is laid down to be one that a float cannot hold exactly",
                    told,
                    pointer=f"{pointer}{mark.pointer}",
                )
            parameter = mark.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            self._ledger.holds(
                "tools-header-not-sensitive",
                mark.schema.get("writeOnly") is not True
                and mark.schema.get("format") != "password"
                and not names_a_secret(parameter),
                f"the parameter {_quoted(parameter)} is mirrored, and by its name or format it is a secret",
                told,
                pointer=place,
            )
            if formed:
                self._ledger.holds(
                    "tools-header-name-unique",
                    name.lower() not in seen,
                    f"two parameters are mirrored into {_quoted(name)}",
                    told,
                    pointer=place,
                )
                seen.add(name.lower())

    def called(self, request: dict[str, Any], result: dict[str, Any], told: About) -> None:
        """Judge what a call gave, at once or in the end."""
        blocks = list(_objects(result.get("content"), "/result/content"))
        for pointer, block in blocks:
            self._block(pointer, block, told)
            if block.get("type") == "resource" and self._capabilities is not None:
                self._ledger.holds(
                    "tools-embedded-declared",
                    declares(self._capabilities, "resources"),
                    "a tool embeds a resource, and the server did not declare resources",
                    told,
                    pointer=pointer,
                )
        # A call that failed has nothing to structure, and one that is not over nothing yet.
        if result.get("isError") is True or result.get("resultType") == "input_required" or "task" in result:
            return
        self._structured(request, result, told)
        if "structuredContent" in result:
            structured = result["structuredContent"]
            self._ledger.holds(
                "tools-structured-text",
                any(_says(block, structured) for _, block in blocks),
                "no text block has the structured content as JSON",
                told,
                pointer="/result/content",
            )

    def _structured(self, request: dict[str, Any], result: dict[str, Any], told: About) -> None:
        params = request.get("params")
        name = params.get("name") if isinstance(params, dict) else None
        if not isinstance(name, str) or name not in self._outputs:
            return
        validator = self._outputs[name]
        if validator is None:
            reason = f"the outputSchema of {_quoted(name)} cannot be judged by"
            self._ledger.undecided("tools-output-schema-kept", reason)
            return
        if "structuredContent" not in result:
            what = "the tool has an outputSchema, and its result no structuredContent"
            self._ledger.holds("tools-output-schema-kept", False, what, told, pointer="/result")
            return
        value = result["structuredContent"]
        if validator.accepts(value):
            self._ledger.holds("tools-output-schema-kept", True, "")
            return
        for fault in validator.faults(value)[:1]:
            self._ledger.holds(
                "tools-output-schema-kept",
                False,
                f"expected {fault.expected}, found {fault.found}",
                told,
                pointer=f"/result/structuredContent{fault.pointer}",
            )

    # Contents.

    def _block(self, pointer: str, block: dict[str, Any], told: About) -> None:
        match block.get("type"):
            case "resource_link":
                self._uri(f"{pointer}/uri", block.get("uri"), told)
            case "resource" if isinstance(block.get("resource"), dict):
                self._uri(f"{pointer}/resource/uri", block["resource"].get("uri"), told)
                self._blob(f"{pointer}/resource/blob", block["resource"].get("blob"), told)

    def _uri(self, pointer: str, uri: Any, told: About) -> None:
        # What we made up for an argument is ours, and a server may give it back as it came.
        if isinstance(uri, str) and uri not in _given(told.request):
            ok = _URI.fullmatch(uri) is not None
            self._ledger.holds("resources-uri-form", ok, f"{_quoted(uri)} is no URI", told, pointer=pointer)

    def _blob(self, pointer: str, blob: Any, told: About) -> None:
        if isinstance(blob, str):
            what = f"this is no base64: {_quoted(blob)}"
            self._ledger.holds("resources-blob-encoded", _is_base64(blob), what, told, pointer=pointer)

    def _of_prompt(self, pointer: str, content: dict[str, Any], told: About) -> None:
        self._block(pointer, content, told)
        kind = content.get("type")
        if kind in ("image", "audio"):
            data, media = content.get("data"), content.get("mimeType")
            if isinstance(data, str):
                what = f"this is no base64: {_quoted(data)}"
                self._ledger.holds(
                    "prompts-media-encoded", _is_base64(data), what, told, pointer=f"{pointer}/data"
                )
            if isinstance(media, str):
                ok = _MEDIA_TYPE.fullmatch(media) is not None
                what = f"{_quoted(media)} is no media type"
                self._ledger.holds("prompts-media-encoded", ok, what, told, pointer=f"{pointer}/mimeType")
        elif kind == "resource" and isinstance(content.get("resource"), dict):
            self._ledger.holds(
                "prompts-embedded-complete",
                isinstance(content["resource"].get("mimeType"), str),
                "a resource embedded in a prompt has no mimeType",
                told,
                pointer=f"{pointer}/resource",
            )

    def _completed(self, result: dict[str, Any], told: About) -> None:
        completion = result.get("completion")
        values = completion.get("values") if isinstance(completion, dict) else None
        if isinstance(values, list):
            self._ledger.holds(
                "completion-values-bounded",
                len(values) <= _MOST_VALUES,
                f"{len(values)} values, where there are {_MOST_VALUES} at most",
                told,
                pointer="/result/completion/values",
            )

    def _meta(self, pointer: str, meta: dict[str, Any], told: About) -> None:
        for key in meta:
            self._ledger.holds(
                "meta-key-names",
                META_KEY.fullmatch(key) is not None,
                f"the key {_quoted(key)} has not the form of keys of _meta",
                told,
                pointer=f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}",
            )
            prefix, slash, _ = key.partition("/")
            if slash and META_KEY.fullmatch(key) is not None:
                # Domains end with letters alone, or with what begins as here: so does a reversed one begin.
                first = prefix.partition(".")[0]
                self._ledger.holds(
                    "meta-prefix-reversed",
                    (first.isalpha() and len(first) > 1) or first.lower().startswith("xn--"),
                    f"{_quoted(key)} begins with no domain read backwards: no domain ends with {first!r}",
                    told,
                    pointer=f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}",
                )
            if key in TRACE_KEYS:
                self._ledger.holds(
                    "meta-trace-context",
                    is_trace(key, meta[key]),
                    f"{key} is not as W3C defines it: {_quoted(meta[key])}",
                    told,
                    pointer=f"{pointer}/{key}",
                )


def _is_unsafe(schema: Mapping[str, Any]) -> bool:
    """Whether a schema of an integer names one beyond the safe range, or has none within."""
    named = [schema[key] for key in ("const", "default") if key in schema]
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and all(map(_is_beyond, choices)):
        return True
    least: Any = schema.get("minimum", 0)
    most: Any = schema.get("maximum", 0)
    none_within = (is_number(least) and least > _SAFE) or (is_number(most) and most < -_SAFE)
    return none_within or any(map(_is_beyond, named))


def _is_beyond(value: Any) -> bool:
    return is_integer(value) and not -_SAFE <= value <= _SAFE


def _metas(method: str, result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every `_meta` that is the protocol's: of the result, of the items that it lists, of contents."""
    places: list[tuple[str, Any]] = [("/result", result)]
    if method in _ITEMS:
        places += _objects(result.get(_ITEMS[method]), f"/result/{_ITEMS[method]}")
    if method in ("tools/call", "resources/read"):
        member = "content" if method == "tools/call" else "contents"
        places += _objects(result.get(member), f"/result/{member}")
    if method == "prompts/get":
        places += [
            (f"{pointer}/content", message.get("content"))
            for pointer, message in _objects(result.get("messages"), "/result/messages")
        ]
    for pointer, holder in places:
        meta = holder.get("_meta") if isinstance(holder, dict) else None
        if isinstance(meta, dict):
            yield f"{pointer}/_meta", meta


def _given(request: Any) -> list[Any]:
    """The arguments of a request, as far as they are members of an object."""
    params = request.get("params") if isinstance(request, dict) else None
    arguments = params.get("arguments") if isinstance(params, dict) else None
    return list(arguments.values()) if isinstance(arguments, dict) else []


def _objects(items: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those items of a list that are objects, each with its pointer."""
    for position, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield f"{pointer}/{position}", item


def _says(block: dict[str, Any], structured: Any) -> bool:
    """Whether a text block is the structured content as JSON, or, as some SDKs wrap it, its only member."""
    text = block.get("text")
    if block.get("type") != "text" or not isinstance(text, str):
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if isinstance(structured, dict) and len(structured) == 1:
        (only,) = structured.values()
        if value == only or text == only:
            return True
    return bool(value == structured)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _texts(value: Any) -> list[str]:
    """What there is of strings: the value itself, or those in a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
