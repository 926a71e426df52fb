"""Every probe, in the order in which they are asked."""

from __future__ import annotations

from mcpgen.schema.rules import RuleBook
from mcpgen.validate.probes import (
    arguments,
    authorization,
    cancelling,
    changes,
    earlier_http,
    envelopes,
    features,
    input_demands,
    lists,
    malformed,
    mirrored,
    mirrored_parameters,
    notifications,
    options,
    origins,
    resource_metadata,
    resumption,
    session_headers,
    sessions,
    subscriptions,
    tasks,
    tasks_elsewhere,
    undeclared,
    unknown_names,
    versions,
)
from mcpgen.validate.probes.probe import Probe

#: Those of a protected server, which need not be open for them. Last: what they ask may get a client banned.
AUTHORIZATION: tuple[Probe, ...] = (
    authorization.WITHOUT,
    *resource_metadata.PROBES,
    authorization.BROKEN,
    authorization.FOREIGN,
)
PROBES: tuple[Probe, ...] = (
    *unknown_names.PROBES,
    *arguments.PROBES,
    *envelopes.PROBES,
    *origins.PROBES,
    *session_headers.PROBES,
    *mirrored.PROBES,
    *mirrored_parameters.PROBES,
    *earlier_http.PROBES,
    *undeclared.PROBES,
    *options.PROBES,
    *notifications.PROBES,
    *tasks.PROBES,
    *features.PROBES,
    *lists.AGAIN,
    *malformed.BATCHES,
    *versions.PROBES,
    *cancelling.PROBES,
    *changes.PROBES,
    *lists.ELSEWHERE,
    *sessions.PROBES,
    *resumption.PROBES,
    *tasks_elsewhere.PROBES,
    *input_demands.PROBES,
    *subscriptions.PROBES,
    *malformed.PROBES,
    *versions.OLD_HANDSHAKE,
    *earlier_http.VERBS,
    *AUTHORIZATION,
)
_NAMED = {probe.name: probe for probe in PROBES}


def probes_of(book: RuleBook, revision: str, transport: str) -> list[Probe]:
    """The probes that decide a rule of this revision over this transport."""
    rules = {rule.id for rule in book.of(revision, transport)}
    return [probe for probe in PROBES if rules.intersection(probe.rules)]


def is_negative(name: str) -> bool:
    """Whether what the probe `name` provokes is held against the server by its own rules alone."""
    probe = _NAMED.get(name)
    return probe is None or probe.negative
