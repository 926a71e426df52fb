"""From a decorated function to a feature of its server."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.code_first import frozen
from mcpgen_runtime.code_first.binding import bound
from mcpgen_runtime.code_first.codecs import Codec
from mcpgen_runtime.code_first.faults import wrong
from mcpgen_runtime.code_first.outcomes import (
    data_of,
    data_outcome,
    is_json_resource,
    is_text,
    prompt_outcome,
    resource_outcome,
    tool_outcome,
)
from mcpgen_runtime.code_first.refusals import Refused, of_prompt, of_tool
from mcpgen_runtime.code_first.signatures import EMPTY, Parameter, Signature, read_signature
from mcpgen_runtime.code_first.texts import Reader, choices_of, reader_of
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import DefinitionError, ResourceNotFound
from mcpgen_runtime.schemas.uris import begins_with_scheme
from mcpgen_runtime.uri_templates import UriTemplate, UriTemplateError
from mcpgen_types.codec import escape
from mcpgen_types.v2026_07_28 import Annotations, Icon, ToolAnnotations, encode_Annotations, encode_Icon
from mcpgen_types.v2026_07_28 import encode_ToolAnnotations as encode_tool_annotations

if TYPE_CHECKING:
    from mcpgen_runtime.server import Server

Json = dict[str, Any]
Scope = Mapping[str, Any] | None


def add_tool(
    server: Server, function: Callable[..., Any], scope: Scope, options: Json, **passed_on: Any
) -> None:
    """Offer `function` as a tool. `options` are the fields of its definition that the author wrote."""
    signature = _read(server, function, scope)
    definition = _definition(signature, options)
    codec = frozen.codec_of(signature, definition, data_of(signature.returns), scope) or _derived(signature)
    definition["inputSchema"] = codec.input_schema
    if codec.output_schema is not None:
        definition["outputSchema"] = codec.output_schema
    if codec.result is not None:
        finish: Callable[[Any], Any] | None = data_outcome(codec.result)
    else:
        finish = None if is_text(signature.returns) else tool_outcome
    handler = bound(signature, _arguments_of_tool(definition["name"], codec), finish)
    _add(signature, server.add_tool, definition, handler, **passed_on)


def add_resource(
    server: Server, function: Callable[..., Any], scope: Scope, uri: str, options: Json, **passed_on: Any
) -> None:
    """Offer `function` as the resource at `uri`, or as those of a URI template."""
    signature = _read(server, function, scope)
    try:
        template = UriTemplate(uri)
    except UriTemplateError as error:
        raise wrong(function, f"{uri!r} is no URI template: {error}") from None
    # A scheme may go on in a variable.
    if template.variables and not begins_with_scheme(uri.partition("{")[0] + "x:"):
        raise wrong(function, f"{uri!r} leads to no URI: that begins with a scheme, as in notes://{{id}}")
    takes_uri = "uri" not in template.variables and any(each.name == "uri" for each in signature.parameters)
    parameters = [each for each in signature.parameters if not (takes_uri and each.name == "uri")]
    _check_variables(signature, parameters, template)
    definition = _definition(signature, options)
    if "mimeType" not in definition and is_json_resource(signature.returns):
        definition["mimeType"] = "application/json"
    readers = _readers(signature, parameters, scope)

    def convert(variables: Json, ctx: RequestContext) -> Json:
        uri = variables.pop("")
        given = {"uri": uri} if takes_uri else {}
        try:
            for name, value in variables.items():
                given[name] = readers[name](value)
        except Refused:
            raise ResourceNotFound(uri) from None
        if any(each.required and each.name not in given for each in parameters):
            raise ResourceNotFound(uri)
        return given

    handler = bound(signature, convert, resource_outcome)
    if template.variables:
        _add(
            signature,
            server.add_resource_template,
            {"uriTemplate": uri, **definition},
            lambda uri, variables, ctx: handler({**variables, "": uri}, ctx),
            **passed_on,
        )
        completers = server.templates[uri].completers
        completers.update(_choosing(parameters, scope))
    else:
        _add(
            signature,
            server.add_resource,
            {"uri": uri, **definition},
            lambda uri, ctx: handler({"": uri}, ctx),
            **passed_on,
        )


def add_prompt(
    server: Server, function: Callable[..., Any], scope: Scope, options: Json, **passed_on: Any
) -> None:
    """Offer `function` as a prompt."""
    signature = _read(server, function, scope)
    definition = _definition(signature, options)
    readers = _readers(signature, signature.parameters, scope)
    if signature.parameters:
        definition["arguments"] = [_prompt_argument(each) for each in signature.parameters]

    def convert(arguments: Json, ctx: RequestContext) -> Json:
        given = {}
        for name, read in readers.items():
            if name in arguments:
                try:
                    given[name] = read(arguments[name])
                except Refused as refused:
                    raise of_prompt(definition["name"], refused.under(f"/{escape(name)}")) from None
        return given

    _add(signature, server.add_prompt, definition, bound(signature, convert, prompt_outcome), **passed_on)
    server.prompts[definition["name"]].completers.update(_choosing(signature.parameters, scope))


def add_completion(
    server: Server, function: Callable[..., Any], scope: Scope, of: str, argument: str
) -> None:
    """Have `function` complete an argument of the prompt `of`, or a variable of the URI template `of`."""
    signature = _read(server, function, scope)
    entry = server.prompts.get(of) or server.templates.get(of)
    if entry is None:
        named = [repr(uri) for uri, each in server.templates.items() if each.definition.name == of]
        hint = f"a template goes by its URI: {' or '.join(named)}" if named else "it must stand above"
        raise wrong(function, f"there is no prompt or resource template {of!r}; {hint}")
    known = entry.known if of in server.prompts else entry.template.variables  # type: ignore[union-attr]
    if argument not in known:
        raise wrong(function, f"{of!r} has no argument {argument!r} to complete; it has {', '.join(known)}")
    names = [each.name for each in signature.parameters]
    if not 1 <= len(names) <= 2:
        raise wrong(function, "a completer takes what was typed, and where it asks what is settled already")
    handler = bound(signature, None, None)
    if len(names) == 1:
        entry.completers[argument] = lambda typed, settled, ctx: handler({names[0]: typed}, ctx)
    else:
        entry.completers[argument] = lambda typed, settled, ctx: handler(
            {names[0]: typed, names[1]: settled}, ctx
        )


def _read(server: Server, function: Callable[..., Any], scope: Scope) -> Signature:
    signature = read_signature(function, scope=scope)
    server.providers.update(each.provider for each in signature.dependencies.values())
    return signature


def _derived(signature: Signature) -> Codec:
    try:
        from mcpgen_runtime.code_first.derive import derive
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pydantic", "pydantic_core"):
            raise
        anew = "what is frozen of it is stale, and to derive its schema anew"
        why = anew if frozen.is_frozen(signature) else "to derive its schema"
        raise wrong(
            signature.function,
            f"{why} takes pydantic: pip install 'mcpgen[pydantic]', or freeze it where pydantic is: "
            "mcpgen export module:server",
        ) from None
    return derive(signature, data_of(signature.returns))


def _definition(signature: Signature, options: Json) -> Json:
    """The fields of a definition that are no schemas; what the author wrote goes before the docstring."""
    definition: Json = {"name": signature.name}
    if signature.doc.description:
        definition["description"] = signature.doc.description
    definition.update({name: _json(value) for name, value in options.items() if value is not None})
    return definition


def _json(value: Any) -> Any:
    if isinstance(value, ToolAnnotations):
        return encode_tool_annotations(value)
    if isinstance(value, Annotations):
        return encode_Annotations(value)
    if isinstance(value, list | tuple):
        return [encode_Icon(each) if isinstance(each, Icon) else each for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def _add(signature: Signature, add: Callable[..., None], *arguments: Any, **passed_on: Any) -> None:
    options = inspect.getfullargspec(add).kwonlyargs if passed_on else []
    for name in passed_on:
        if name not in options:
            raise wrong(signature.function, f"its decorator has no option {name!r}")
    try:
        add(*arguments, **passed_on)
    except DefinitionError as error:
        raise wrong(signature.function, str(error)) from None


def _arguments_of_tool(name: str, codec: Codec) -> Any:
    convert = codec.arguments
    if convert is None:
        return None

    def converted(arguments: Json, ctx: RequestContext) -> Json:
        try:
            return convert(arguments)
        except Refused as refused:
            raise of_tool(name, refused, ctx.revision) from None

    return converted


def _check_variables(signature: Signature, parameters: list[Parameter], template: UriTemplate) -> None:
    names = [each.name for each in parameters]
    for variable in template.variables:
        if variable not in names:
            raise wrong(
                signature.function,
                f"{template.text!r} has the variable {variable!r}, and no parameter takes it",
            )
    for each in parameters:
        if each.name not in template.variables:
            known = f"; its variables: {', '.join(template.variables)}" if template.variables else ""
            raise wrong(
                signature.function,
                f"{template.text!r} has no variable of this name{known}",
                parameter=each.name,
            )


def _readers(signature: Signature, parameters: Any, scope: Scope) -> dict[str, Reader]:
    readers: dict[str, Reader] = {}
    for each in parameters:
        reader = reader_of(each.hint, scope)
        if reader is None:
            raise wrong(
                signature.function,
                "arrives as a text, which cannot become this type: take str, int, a Literal or an Enum",
                parameter=each.name,
            )
        readers[each.name] = reader
    return readers


def _choosing(parameters: Any, scope: Scope) -> dict[str, Any]:
    """Completers of the parameters that have a handful of values."""
    return {each.name: _starting(choices) for each in parameters if (choices := choices_of(each.hint, scope))}


def _starting(choices: list[str]) -> Any:
    return lambda typed, settled, ctx: [each for each in choices if each.startswith(typed)]


def _prompt_argument(parameter: Parameter) -> Json:
    argument: Json = {"name": parameter.name}
    if parameter.description:
        argument["description"] = parameter.description
    argument["required"] = parameter.default is EMPTY
    return argument
