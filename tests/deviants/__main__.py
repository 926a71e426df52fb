"""The figure that counts, or one deviant to look at.

python -m tests.deviants             judge them all: how many are caught, and who is accused falsely
python -m tests.deviants NAME        be that deviant over stdio, for `mcpgen validate -- …`
python -m tests.deviants RULE        judge those of a rule, and print what is found
"""

from __future__ import annotations

import asyncio
import sys
from itertools import product

from mcpgen.validate.run import OLDER
from mcpgen_types import REVISIONS

from . import stdio
from .deviating import MUTATIONS, VARIANTS, Mutation
from .judging import judged, outcome
from .serving import CONFORMING, Served, deviant, serving
from .unusual import UNUSUAL


def main(words: list[str]) -> int:
    """Do what the command line says; the exit code."""
    if words and words[0] in (CONFORMING, *MUTATIONS, *VARIANTS, *UNUSUAL):
        asyncio.run(_be(words[0]))
        return 0
    chosen = [each for each in MUTATIONS.values() if not words or each.rule in words]
    if not chosen:
        print(f"there is no rule {words[0]}, and no deviant of that name", file=sys.stderr)
        return 2
    with serving() as served:
        return _judge_all(served, chosen, aloud=bool(words))


def _judge_all(served: Served, chosen: list[Mutation], *, aloud: bool) -> int:
    cases = caught = accused = 0
    for mutation in chosen:
        for transport in mutation.transports:
            seen = outcome(mutation, served.target(transport, mutation.name))
            cases += 1
            caught += seen.caught
            accused += len(seen.accused_falsely)
            if aloud or not seen.caught or seen.accused_falsely:
                print(f"{transport:5}  {mutation.name}: {', '.join(seen.named) or 'nothing found'}")
            if aloud:
                for finding in seen.report.findings:
                    print(f"       {finding.rule} at {finding.pointer or 'the message'}: {finding.message}")
    servers = 0
    for transport, revision in (*product(("stdio", "http"), REVISIONS), (OLDER, REVISIONS[0])):
        report = judged(served.target(transport), revision, sampling_tools=True, elicit_url=True)
        servers += 1
        accused += len(report.findings)
        for finding in report.findings:
            print(f"{transport:5}  conforming, {revision}: {finding.rule}: {finding.message}")
    for variant in VARIANTS.values():
        for transport in variant.transports:
            seen = outcome(variant, served.target(transport, variant.name))
            servers += 1
            accused += len(seen.report.findings)
            if seen.named:
                print(f"{transport:5}  {variant.name}: {', '.join(seen.named)}")
    for unusual in UNUSUAL.values():
        for transport in unusual.transports:
            findings = judged(served.target(transport, unusual.name), unusual.revision).findings
            servers += 1
            accused += len(findings)
            for finding in findings:
                print(f"{transport:5}  {unusual.name}: {finding.rule}: {finding.message}")
    rules = len({mutation.rule for mutation in chosen})
    print(f"{rules} rules, {len(chosen)} deviants, {cases} runs over stdio and HTTP")
    print(f"caught, with the right rule first: {caught} of {cases}")
    print(f"false accusations, on those and in {servers} runs of servers that conform: {accused}")
    return 0 if caught == cases and not accused else 1


async def _be(name: str) -> None:
    """Serve the deviant `name` on the standard streams of this process."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    await stdio.live(reader, asyncio.StreamWriter(transport, protocol, None, loop), deviant(name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
