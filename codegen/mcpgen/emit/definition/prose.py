"""What an editor shows of the types and keys of a definition, in our own words."""

from __future__ import annotations

TYPES = {
    "Definition": "What an MCP server is called and what it offers. See docs/definition.md of mcpgen.",
    "Annotations": "For whom something is, and how much it matters.",
    "Icon": "A picture that a client may show.",
    "MetaObject": "Whatever else is to be said, by keys with a prefix of your own: com.example/owner.",
    "Prompt": "A conversation's beginning that a person chooses, filled in with arguments.",
    "PromptArgument": "Something that a person fills in. Its value is a string.",
    "Resource": "Something to read, at one URI.",
    "ResourceTemplate": "Things to read, at all URIs of one shape.",
    "Role": "Who speaks or listens.",
    "Tool": "Something that a model may do.",
    "ToolAnnotations": "What a client may expect of a tool. Hints: nobody checks them.",
}

_NAME = "Its name for programs."
_TITLE = "Its name for people."
_ICONS = "Pictures that a client may show beside it."
_META = "Whatever else is to be said of it, by keys with a prefix of your own: com.example/owner."
_ANNOTATIONS = "For whom it is, and how much it matters."
_MIME_TYPE = "The media type of what is read, as text/markdown."

KEYS = {
    ("Definition", "$schema"): "Where the JSON Schema of this file is: what your editor completes it by.",
    ("Definition", "instructions"): "What a model should know before it uses the server.",
    ("Definition", "tools"): "What a model may do here.",
    ("Definition", "resources"): "What can be read here, each at a URI.",
    ("Definition", "resourceTemplates"): "What can be read here, at URIs of one shape (RFC 6570).",
    ("Definition", "prompts"): "Conversations that a person can begin.",
    ("Implementation", "name"): "The server's name for programs.",
    ("Implementation", "title"): "The server's name for people.",
    ("Implementation", "version"): 'The server\'s own version, a string: "1.0.0".',
    ("Implementation", "description"): "What the server is for.",
    ("Implementation", "websiteUrl"): "Where people read about the server.",
    ("Implementation", "icons"): "Pictures that a client may show beside the server.",
    ("Tool", "name"): "1 to 128 of A-Z, a-z, 0-9, underscore, hyphen and dot; no other tool's.",
    ("Tool", "title"): _TITLE,
    ("Tool", "description"): "What it does, and when to use it: by this a model chooses.",
    (
        "Tool",
        "inputSchema",
    ): "The JSON Schema of its arguments, an object. Arguments that do not fit are refused.",
    ("Tool", "outputSchema"): "The JSON Schema of its structured result, which is held to it.",
    ("Tool", "annotations"): "What a client may expect of it.",
    ("Tool", "icons"): _ICONS,
    ("Tool", "_meta"): _META,
    ("ToolAnnotations", "title"): _TITLE,
    ("ToolAnnotations", "readOnlyHint"): "It changes nothing.",
    ("ToolAnnotations", "destructiveHint"): "What it changes may be lost.",
    ("ToolAnnotations", "idempotentHint"): "Done twice, it does no more than once.",
    ("ToolAnnotations", "openWorldHint"): "It meets the world outside: the web, and not just your data.",
    ("Resource", "name"): _NAME,
    ("Resource", "title"): _TITLE,
    ("Resource", "description"): "What can be read there.",
    ("Resource", "uri"): "Where it is: absolute, of any scheme, and no other resource's.",
    ("Resource", "mimeType"): _MIME_TYPE,
    ("Resource", "size"): "How large it is, in bytes.",
    ("Resource", "annotations"): _ANNOTATIONS,
    ("Resource", "icons"): _ICONS,
    ("Resource", "_meta"): _META,
    ("ResourceTemplate", "name"): _NAME,
    ("ResourceTemplate", "title"): _TITLE,
    ("ResourceTemplate", "description"): "What can be read there.",
    ("ResourceTemplate", "uriTemplate"): "The shape of the URIs, by RFC 6570: notes:///{id}.",
    ("ResourceTemplate", "mimeType"): "The media type, where it is the same for all of them.",
    ("ResourceTemplate", "annotations"): _ANNOTATIONS,
    ("ResourceTemplate", "icons"): _ICONS,
    ("ResourceTemplate", "_meta"): _META,
    ("Prompt", "name"): "Its name for programs; no other prompt's.",
    ("Prompt", "title"): _TITLE,
    ("Prompt", "description"): "What conversation it begins.",
    ("Prompt", "arguments"): "What a person fills in.",
    ("Prompt", "icons"): _ICONS,
    ("Prompt", "_meta"): _META,
    ("PromptArgument", "name"): "Its name for programs; no other argument's of the prompt.",
    ("PromptArgument", "title"): _TITLE,
    ("PromptArgument", "description"): "What to fill in.",
    ("PromptArgument", "required"): "Whether the prompt is refused without it.",
    ("Icon", "src"): "Where the picture is: an https or a data URI.",
    ("Icon", "mimeType"): "Its media type, where the server of the picture does not tell.",
    ("Icon", "sizes"): 'Its sizes, as "48x48", or "any" where it scales.',
    ("Icon", "theme"): "The background that it is made for.",
    ("Annotations", "audience"): "Who it is for.",
    ("Annotations", "priority"): "How much it matters, from 0 to 1.",
    ("Annotations", "lastModified"): "When it last changed, by ISO 8601: 2026-01-31T12:00:00Z.",
}
