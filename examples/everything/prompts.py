"""Prompts: plain, with arguments that can be completed, with a picture or a resource, and with a question."""

from __future__ import annotations

from content import RED_PIXEL
from rounds import answered, form

from mcpgen_runtime import RequestContext, Server
from mcpgen_types.v2026_07_28 import (
    EmbeddedResource,
    ImageContent,
    PromptMessage,
    TextContent,
    TextResourceContents,
)

CITIES = ("London", "Lima", "Lisbon", "Paris", "Prague")
SIGHTS = {"Paris": ("Eiffel Tower", "Louvre"), "Lima": ("Plaza Mayor",)}


def simple(arguments: dict[str, str], ctx: RequestContext) -> str:
    # One text is one message of the user.
    return "This is a simple prompt for testing."


def with_arguments(arguments: dict[str, str], ctx: RequestContext) -> str:
    return f"Prompt with arguments: arg1='{arguments['arg1']}', arg2='{arguments['arg2']}'"


def complete_city(typed: str, settled: dict[str, str], ctx: RequestContext) -> list[str]:
    return [city for city in CITIES if city.lower().startswith(typed.lower())]


def complete_sight(typed: str, settled: dict[str, str], ctx: RequestContext) -> list[str]:
    # What the user has chosen already narrows what there is to choose.
    sights = SIGHTS.get(settled.get("arg1", ""), ())
    return [sight for sight in sights if sight.lower().startswith(typed.lower())]


def with_resource(arguments: dict[str, str], ctx: RequestContext) -> list[PromptMessage]:
    resource = TextResourceContents(
        uri=arguments["resourceUri"], mime_type="text/plain", text="Embedded resource content for testing."
    )
    return [
        PromptMessage(role="user", content=EmbeddedResource(resource=resource)),
        PromptMessage(role="user", content=TextContent(text="Please process the embedded resource above.")),
    ]


def with_image(arguments: dict[str, str], ctx: RequestContext) -> list[PromptMessage]:
    return [
        PromptMessage(role="user", content=ImageContent(data=RED_PIXEL, mime_type="image/png")),
        PromptMessage(role="user", content=TextContent(text="Please analyze the image above.")),
    ]


async def with_question(arguments: dict[str, str], ctx: RequestContext) -> str:
    # Prompts and resources may ask too, not only tools.
    answer = await ctx.elicit("What context should the prompt use?", form("context"), key="user_context")
    return f"Use the following context: {answered(answer, 'context')}"


def register(server: Server) -> None:
    """Offer the prompts."""
    server.add_prompt({"name": "test_simple_prompt", "description": "One message"}, simple)
    server.add_prompt(
        {
            "name": "test_prompt_with_arguments",
            "description": "A message made of two arguments, a city and a sight in it",
            "arguments": [
                {"name": "arg1", "description": "A city", "required": True},
                {"name": "arg2", "description": "A sight", "required": True},
            ],
        },
        with_arguments,
        complete={"arg1": complete_city, "arg2": complete_sight},
    )
    server.add_prompt(
        {
            "name": "test_prompt_with_embedded_resource",
            "description": "A resource, and what to do with it",
            "arguments": [{"name": "resourceUri", "description": "The URI to give it", "required": True}],
        },
        with_resource,
    )
    server.add_prompt(
        {"name": "test_prompt_with_image", "description": "A picture, and what to do with it"}, with_image
    )
    server.add_prompt(
        {"name": "test_input_required_result_prompt", "description": "Asks what it should be about"},
        with_question,
    )
