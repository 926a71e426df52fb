"""The methods of the typed client, as the template wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcpgen.emit.requests import method_of, newest_homes, python_name, spoken
from mcpgen.emit.source import package_name
from mcpgen.emit.wire.encoders import encoded
from mcpgen.emit.wire.scope import Scope
from mcpgen.ir.model import Field, Method, ObjectType, ReferenceShape, Revision, UnionType
from mcpgen.ir.references import references

# The schema's keys have no order of their own; alphabetical is not always the natural one.
_FIRST = ("name", "ref", "uri")
# Opening a connection is the client's own affair.
_OPENING = frozenset({"initialize"})
# What the client adds by itself.
_ENVELOPE = frozenset({"_meta", "inputResponses", "requestState"})
# How many arguments may be given without their names.
_POSITIONAL = 2


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its key on the wire, its annotation and the expression that encodes it.

    What has an encoder may be given as JSON as well.
    """

    name: str
    key: str
    annotation: str
    required: bool
    encoded: str

    @property
    def encoder(self) -> str | None:
        """The function that encodes it; None for what is JSON already."""
        return self.encoded.partition("(")[0] if "(" in self.encoded else None


@dataclass(frozen=True, slots=True)
class ClientMethod:
    """One method of the client. `result` is None where there is nothing to return.

    `types` are the names of `package` that its annotations need, `encoders` those that its body needs.
    """

    name: str
    method: str
    package: str
    spoken: str
    capability: str | None
    positional: tuple[Argument, ...]
    keywords: tuple[Argument, ...]
    result: str | None
    types: frozenset[str]
    encoders: tuple[str, ...]

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """All of them, in the order of the signature."""
        return self.positional + self.keywords


def client_methods(revisions: Sequence[Revision]) -> tuple[ClientMethod, ...]:
    """Every request from client to server, sorted by the name that it has on the client."""
    homes = newest_homes(revisions, kind="request")
    scopes = {revision.name: Scope(revision.types) for revision in revisions}
    return tuple(
        sorted(
            (
                _client_method(method_of(home, name), home.name, scopes[home.name], spoken(name, revisions))
                for name, home in homes.items()
                if name not in _OPENING
            ),
            key=lambda method: method.name,
        )
    )


def _client_method(method: Method, revision: str, scope: Scope, known: str) -> ClientMethod:
    arguments = _arguments(method, scope)
    result = _result(method, scope)
    fields = _fields(method, scope)
    types = frozenset(references(ObjectType("", "", tuple(fields))))
    positional = tuple(argument for argument in arguments if argument.required)
    positional += tuple(argument for argument in arguments if not argument.required)[
        : max(0, _POSITIONAL - len(positional))
    ]
    return ClientMethod(
        name=python_name(method),
        method=method.name,
        package=package_name(revision),
        spoken=known,
        capability=method.capability,
        positional=positional,
        keywords=tuple(argument for argument in arguments if argument not in positional),
        result=result,
        types=types | ({result} if result else set()),
        encoders=tuple(sorted({argument.encoder for argument in arguments if argument.encoder is not None})),
    )


def _fields(method: Method, scope: Scope) -> list[Field]:
    """The keys of the params that a caller gives, the most telling first."""
    params = None if method.params is None else scope.types[method.params]
    while params is not None and not isinstance(params, ObjectType):
        target = scope.shape_of(params)
        assert isinstance(target, ReferenceShape), f"the params of {method.name} are no object"
        params = scope.types[target.name]
    fields = [] if params is None else [field for field in params.fields if field.name not in _ENVELOPE]
    return sorted(fields, key=lambda field: (not field.required, field.name not in _FIRST))


def _arguments(method: Method, scope: Scope) -> list[Argument]:
    return [
        Argument(
            name=field.attribute,
            key=field.name,
            annotation=scope.annotation(field.shape),
            required=field.required,
            encoded=encoded(
                field.shape, field.attribute, f"_encode_{method.params}_{field.attribute}", scope
            ),
        )
        for field in _fields(method, scope)
    ]


def _result(method: Method, scope: Scope) -> str | None:
    """The type that a caller gets: the usual one of several, for the client deals with the others."""
    assert method.result is not None, f"{method.name} is a request without a result"
    named = scope.types[method.result]
    if isinstance(named, UnionType):
        usual = named.members[0]
        assert isinstance(usual, ReferenceShape), f"the result of {method.name} has no name"
        return usual.name
    return None if method.result == "EmptyResult" else method.result
