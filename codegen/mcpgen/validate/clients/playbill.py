"""A line for whoever watches: which scene a client's command was played, and how it ended."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.play import STRANGE, Scene
from mcpgen.validate.correlate import is_request
from mcpgen.validate.journal import Sent


def scene_told(scene: Scene, conversations: Sequence[Conversation], status: int | None) -> str:
    """What a client met in `scene`, and the exit `status` of its command, None where that was ended."""
    asked = [
        str(entry.message["method"])
        for conversation in conversations
        for entry in conversation.journal.entries
        if isinstance(entry, Sent) and is_request(entry.message)
    ]
    if not asked:
        met = "no client asked for anything"
    elif scene == "strange-version":
        met = f"answered {asked[0]} as a server of {STRANGE} alone, your client should leave"
    else:
        met = f"answered {len(asked)} requests" if len(asked) > 1 else f"answered {asked[0]}"
    return f"scene {scene}: {met}; {_ended(status)}"


def _ended(status: int | None) -> str:
    if status is None:
        return "the command was ended"
    if status >= 0:
        return f"the command ended with {status}"
    try:
        return f"the command was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"the command was ended by signal {-status}"
