"""Servers of two users, who take for one what they gave to the other, and one that does not."""

from __future__ import annotations

from ..deviating import Frames, Incoming, Outgoing, add, refusal
from ..guarding import OTHER_TOKEN, Caller, Guard, knows


def _either(caller: Caller) -> bool:
    return knows(caller) or caller.token == OTHER_TOKEN


def _is_of_another(come: Incoming) -> bool:
    """Whether a state is given back by somebody else than who was given it, by their tokens."""
    token = (come.headers or {}).get("authorization")
    asked = come.message.get("params")
    state = asked.get("requestState") if isinstance(asked, dict) else None
    come.memory["token"] = token
    return bool(come.memory.get("owners", {}).get(state, token) != token)


def _refuses_it(come: Incoming) -> Frames:
    return [refusal(come.message, -32602)] if _is_of_another(come) else None


def _takes_it(come: Incoming) -> Frames:
    if not _is_of_another(come):
        return None
    done = {"resultType": "complete", "content": [{"type": "text", "text": "declined"}]}
    return [{"jsonrpc": "2.0", "id": come.message["id"], "result": done}]


def _remembers_whose(out: Outgoing) -> Frames:
    state = out.message.get("result", {}).get("requestState")
    if state is not None:
        out.memory.setdefault("owners", {})[state] = out.memory["token"]
    return None


for name, takes, keeps in (("knows_nobody", _takes_it, False), ("knows_its_users", _refuses_it, True)):
    add(
        "mrtr-state-bound-to-user",
        name,
        guard=Guard(lets_in=_either),
        takes=takes,
        gives=_remembers_whose,
        keeps=keeps,
    )
