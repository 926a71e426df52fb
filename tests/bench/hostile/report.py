"""A table of what hostile servers cost, each over every way that it has."""

from __future__ import annotations

from tests.bench.hostile.measuring import WAYS, measure
from tests.bench.serving.paper import Paper

#: The kinds of the server, and over which ways there are such.
FLOODS = {
    "one-line": ("200 MB in one line", WAYS),
    "long-logs": ("200 log messages of 1 MB", ("stdio", "stream", "sse", "websocket")),
    "short-logs": ("200 MB of short messages", ("stdio", "stream", "sse", "websocket")),
    "pages": ("page after page of 10,000 tools", WAYS),
    "wide": ("3 MB that become 80 in memory", WAYS),
    "blank": ("200 MB of nothing before each answer", ("stdio", "stream", "sse")),
    "bomb": ("200 MB packed into 200 kB", ("http", "stream", "websocket")),
    "stderr": ("200 MB on standard error", ("stdio",)),
    "nobodys": ("9,000 answers to nobody", ("stdio", "stream", "sse", "websocket")),
    "greeting": ("40 MB of memory in each conversation", ("stdio",)),
    "10000-tools": ("10,000 tools in a list", WAYS),
    "100-pages": ("10,000 tools in 100 pages", WAYS),
    "nested": ("schemas and values 100 deep", WAYS),
}
STALLS = {
    "slow": ("a reply every 29 s", WAYS),
    "endless": ("an answer that never ends", WAYS),
    "chatter": ("messages for ever, no answer", ("stdio", "stream", "sse", "websocket")),
}


def report_hostile(paper: Paper, *, stalls: bool = True) -> None:
    """Measure them all: a minute of floods, and with the default limits half an hour of stalls."""
    table = paper.table(
        "mcpgen validate, default limits", "way", "s", "s of CPU", "MiB", "exit code", "what ended it"
    )
    for kind, (told, ways) in (FLOODS | (STALLS if stalls else {})).items():
        for way in ways:
            cost = measure(kind, way)
            figures = (f"{cost.seconds:.1f}", f"{cost.processor:.1f}", f"{cost.megabytes:.0f}")
            table.add_row(told, way, *figures, str(cost.exit_code), cost.said)
    paper.print(table)
