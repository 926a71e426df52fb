"""The text of a WIT package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mcpgen.emit.wit.forms import (
    Alias,
    Boolean,
    Declaration,
    Enumeration,
    Form,
    Function,
    Integer,
    Json,
    Many,
    Maybe,
    Named,
    Number,
    Package,
    Record,
    RecordField,
    Table,
    Text,
    Variant,
)
from mcpgen.emit.wit.lowering import OTHER_NUMBER
from mcpgen.emit.wit.names import written
from mcpgen.ir.naming import words

#: What `mcpgen diff` goes by. It grows where the same schema gives other WIT than before.
VERSION = "0.1.0"


def types_text(package: Package) -> str:
    """The file with the package's name and the interface `types`."""
    lines = [
        f"/// MCP {package.revision}: its types, and its methods as functions.",
        f"package {package.name}@{VERSION};",
        "",
        "/// Every type of the protocol. Where a key can only have one value, its type has no field for it.",
        "/// A number that 64 bits do not hold is exact in `extra`; its field has the nearest, or none.",
        "interface types {",
        "    /// A JSON value, as text.",
        "    type json-text = string;",
        "    /// A JSON object, as text.",
        "    type object-text = string;",
    ]
    names = {each.identifier: each.name for each in package.declarations}
    said = {name: f"`{name}`" for name in package.own} | _inline(package)
    for each in package.declarations:
        lines += ["", *(f"    {line}" for line in _declaration(each, names, said[each.identifier]))]
    return "\n".join([*lines, "}", ""])


def methods_text(package: Package) -> str:
    """The file with the methods, by who answers them, and the worlds."""
    names = {each.identifier: each.name for each in package.declarations}
    lines: list[str] = []
    for side, functions in (("server", package.server), ("client", package.client)):
        if functions:
            lines += [f"/// What a {side} hears: answered are the functions that have a result."]
            lines += [f"interface {side} {{", *_functions(functions, names), "}", ""]
    if package.server:
        lines += ["/// A server.", "world mcp-server {", "    export server;", "}", ""]
        lines += ["/// What calls a server.", "world mcp-client {", "    import server;", "}", ""]
    return "\n".join(lines)


def outline(package: Package) -> dict[str, str]:
    """What the text says, for who reads it back: interface and name, and in one line what stands there."""
    names = {each.identifier: each.name for each in package.declarations}
    lines = {"types.json-text": "type string", "types.object-text": "type string"}
    for each in package.declarations:
        lines[f"types.{each.name}"] = _outlined(each, names)
    for side, functions in (("server", package.server), ("client", package.client)):
        for function in functions:
            lines[f"{side}.{function.name}"] = _signature(function, names).replace("%", "")
    return lines


def _outlined(declaration: Declaration, names: dict[str, str]) -> str:
    match declaration:
        case Alias(_, _, form):
            line = f"type {_spelt(form, names)}"
        case Enumeration(_, _, values):
            line = "enum " + ", ".join(name for _, name in values)
        case Variant(_, _, cases):
            line = "variant " + ", ".join(f"{each.name}({_spelt(each.form, names)})" for each in cases)
        case Record():
            fields = [f"{each.name}: {_field_type(each, names)}" for each in declaration.written]
            line = "record " + ", ".join([*fields, "extra: option<object-text>"])
    return line.replace("%", "")


def _functions(functions: Sequence[Function], names: dict[str, str]) -> Iterator[str]:
    used = {part for each in functions for part in (each.params, each.result, each.error) if part}
    listed = sorted(names[each] for each in used)
    text = ["json-text"] if any(each.result and each.error is None for each in functions) else []
    if listed or text:
        yield "    use types.{"
        yield from (f"        {written(name)}," for name in [*text, *listed])
        yield "    };"
    for each in functions:
        yield ""
        yield f"    /// `{each.method.name}`"
        yield f"    {written(each.name)}: {_signature(each, names)};"


def _signature(function: Function, names: dict[str, str]) -> str:
    params = ""
    if function.params is not None:
        type_ = written(names[function.params])
        params = f"params: {type_ if function.method.params_required else f'option<{type_}>'}"
    if function.result is None:
        return f"func({params})"
    error = "json-text" if function.error is None else written(names[function.error])
    return f"func({params}) -> result<{written(names[function.result])}, {error}>"


def _inline(package: Package) -> dict[str, str]:
    """What is said of the types that the protocol has no name for, by their identifiers: where they stand."""
    said: dict[str, str] = {}
    for each in package.declarations:
        match each:
            case Record(identifier, _, fields):
                places = [(f"`{field.key}` of `{identifier}`", field.form) for field in fields]
            case Variant(identifier, _, cases):
                places = [(f"`{identifier}`", case.form) for case in cases]
            case Alias(identifier, _, form):
                places = [(f"`{identifier}`", form)]
            case _:
                continue
        for place, form in places:
            inner = _innermost(form)
            if isinstance(inner, Named) and inner.identifier not in package.own:
                said.setdefault(inner.identifier, f"Inside of {place}" if inner != form else place)
    return said


def _declaration(declaration: Declaration, names: dict[str, str], said: str) -> Iterator[str]:
    name = written(declaration.name)
    yield f"/// {said}"
    match declaration:
        case Alias(_, _, form):
            yield f"type {name} = {_spelt(form, names)};"
        case Enumeration(_, _, values):
            yield f"enum {name} {{"
            for value, case in values:
                if value != case:
                    yield f"    /// `{value}`"
                yield f"    {written(case)},"
            yield "}"
        case Variant(_, _, cases):
            yield f"variant {name} {{"
            for each in cases:
                if each.name == OTHER_NUMBER:
                    yield "    /// A number that 64 bits do not hold."
                yield f"    {written(each.name)}({_spelt(each.form, names)}),"
            yield "}"
        case Record():
            fixed = [field for field in declaration.fields if field.fixed]
            if fixed:
                says = ", ".join(f"`{field.key}` is {field.constant!r}" for field in fixed)
                yield f"/// Its {says}.".replace("'", '"')
            yield f"record {name} {{"
            for field in declaration.written:
                yield from _field(field, names)
            yield "    /// All other keys."
            yield "    extra: option<object-text>,"
            yield "}"


def _field(field: RecordField, names: dict[str, str]) -> Iterator[str]:
    if _camel(field.name) != field.key:
        yield f"    /// `{field.key}`"
    yield f"    {written(field.name)}: {_field_type(field, names)},"


def _field_type(field: RecordField, names: dict[str, str]) -> str:
    spelt = _spelt(field.form, names)
    return spelt if field.required else f"option<{spelt}>"


def _camel(name: str) -> str:
    first, *others = words(name)
    return first + "".join(word.capitalize() for word in others)


def _innermost(form: Form) -> Form:
    """What lists, tables and options are of."""
    match form:
        case Many(inner) | Table(inner) | Maybe(inner):
            return _innermost(inner)
    return form


def _spelt(form: Form, names: dict[str, str]) -> str:
    match form:
        case Json(object):
            return "object-text" if object else "json-text"
        case Text():
            return "string"
        case Boolean():
            return "bool"
        case Integer(signed):
            return "s64" if signed else "u64"
        case Number():
            return "f64"
        case Many(item):
            return f"list<{_spelt(item, names)}>"
        case Table(value):
            return f"list<tuple<string, {_spelt(value, names)}>>"
        case Maybe(inner):
            return f"option<{_spelt(inner, names)}>"
        case Named(identifier):
            return written(names[identifier])
