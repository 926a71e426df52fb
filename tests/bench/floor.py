"""The least that Python must do for a list of tools: build the same objects, checking nothing.

`floor_of` is written for the payload of this bench and knows which keys it has. What a decoder takes
beyond it is the price of checks, of absent keys and of finding unknown ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any


def floor_of(package: ModuleType) -> Callable[[Any], Any]:
    """A function that builds a revision's `ListToolsResult` from the payload, and would from no other."""
    new_list = partial(object.__new__, package.ListToolsResult)
    new_tool = partial(object.__new__, package.Tool)
    new_schema = partial(object.__new__, package.ToolInputSchema)
    new_annotations = partial(object.__new__, package.ToolAnnotations)
    modern = "cache_scope" in package.ListToolsResult.__slots__
    has_execution = "execution" in package.Tool.__slots__

    def schema_of(value: Any) -> Any:
        schema = new_schema()
        schema.schema = None
        schema.type = value["type"]
        if modern:  # the other two are unknown keys there
            schema._extra = {"properties": value["properties"], "required": value["required"]}
        else:
            schema.properties = value["properties"]
            schema.required = value["required"]
            schema._extra = None
        return schema

    def annotations_of(value: Any) -> Any:
        annotations = new_annotations()
        annotations.read_only_hint = value["readOnlyHint"]
        annotations.open_world_hint = value["openWorldHint"]
        annotations.title = annotations.destructive_hint = annotations.idempotent_hint = None
        annotations._extra = None
        return annotations

    def tool_of(value: Any) -> Any:
        tool = new_tool()
        tool.name = value["name"]
        tool.title = value["title"]
        tool.description = value["description"]
        tool.input_schema = schema_of(value["inputSchema"])
        tool.annotations = annotations_of(value["annotations"]) if "annotations" in value else None
        tool.meta = tool.icons = tool.output_schema = tool._extra = None
        if has_execution:
            tool.execution = None
        return tool

    def list_of(value: Any) -> Any:
        result = new_list()
        result.tools = [tool_of(tool) for tool in value["tools"]]
        result.meta = result.next_cursor = result._extra = None
        if modern:
            result.cache_scope = value["cacheScope"]
            result.result_type = value["resultType"]
            result.ttl_ms = value["ttlMs"]
        return result

    return list_of
