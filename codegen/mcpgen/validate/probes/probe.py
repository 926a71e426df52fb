"""What a probe is: one question that an ordinary client would not ask, and what the answer says.

A probe asks through an `Asker` and is judged from the journal alone, by `Evidence`: so a run that is judged
again comes to the same verdicts. What it sends is marked with its name, and with a step where it takes
several: "arguments:missing". It belongs to a run where one of the rules that it decides does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcpgen.validate.report import Outcome

if TYPE_CHECKING:
    from mcpgen.validate.probes.asker import Asker
    from mcpgen.validate.probes.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe.

    `name` is stable, `asks` says in words what is asked, `rules` are those that it decides. `ask` sends it,
    and raises `NotAsked` where there is nothing to ask. `judge` looks at what came; where the server fell
    silent or over, that was said already, of `crash` where it fell over.

    What a `negative` probe provokes is held against the server only by the probe's own rules, and by those
    of the form of messages; the answers to others are judged like any. One that stands `apart` is asked in a
    conversation of its own, after the others: what it does may end the conversation, or needs a new one. One
    that asks `first` opens that conversation itself. Where no answer is `owed`, silence is its own to judge;
    where it `drops`, a server that closes the connection over it has refused it. What is asked `by_status` is
    answered by the status of the HTTP reply, whichever that is; where it `authorizes`, by 401 too, from which
    others learn nothing.
    """

    name: str
    asks: str
    rules: tuple[str, ...]
    ask: Callable[[Asker], Awaitable[None]]
    judge: Callable[[Evidence], None]
    negative: bool = True
    apart: bool = False
    first: bool = False
    owed: bool = True
    drops: bool = False
    by_status: bool = False
    authorizes: bool = False
    crash: str = "jsonrpc-request-answered"


class NotAsked(Exception):
    """A probe has nothing to ask of this server, for the reason given."""


#: Where a step stands in what marks an entry of the journal.
STEP = ":"
#: The step that asks, after silence or a malformed frame, whether the server still answers.
ALIVE = "alive"

#: From the worst to the best: a probe of several steps is told by its worst.
WORST: tuple[Outcome, ...] = (
    "crashed",
    "accepted wrongly",
    "answered wrongly",
    "unanswered",
    "rejected otherwise",
    "rejected rightly",
    "answered rightly",
    "skipped",
)
