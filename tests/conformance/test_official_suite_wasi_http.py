"""The official conformance suite against examples/everything as a component, under two hosts of wasi:http.

Nothing is remembered from one request to the next. What needs a memory fails, and is named here with its
reason: another failure fails the test, and so does one of these that does not fail any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.components import Components
from tests.conformance.test_official_suite import Require, checks_in, suite, told
from tests.wasm.serving import jco_serve, wasmtime_serve

pytestmark = pytest.mark.slow

_ASKS = "up to 2025-11-25 the answer to a question comes in another POST, which another instance gets"
_SUBSCRIBES = "nobody would remember who subscribed: it is refused, and not announced"
_ENDS = "a session is in its id and cannot be ended: DELETE is 405, as the specification allows"
_ELSEWHERE = "a call changes the lists of its own instance, which ends with it; a SHOULD"

#: By revision: the checks that succeed at least, and those that do not, by scenario and id.
EXPECTED: dict[str, tuple[int, dict[tuple[str, str], str]]] = {
    "2025-11-25": (
        64,
        {
            ("elicitation-sep1034-defaults", "elicitation-sep1034-general"): _ASKS,
            ("elicitation-sep1330-enums", "elicitation-sep1330-general"): _ASKS,
            ("tools-call-elicitation", "tools-call-elicitation"): _ASKS,
            ("tools-call-sampling", "tools-call-sampling"): _ASKS,
            ("resources-subscribe", "resources-subscribe"): _SUBSCRIBES,
            ("resources-unsubscribe", "resources-unsubscribe"): _SUBSCRIBES,
            ("server-session-lifecycle", "server-session-delete-accepted"): _ENDS,
            ("server-session-lifecycle", "server-session-terminated-returns-404"): _ENDS,
        },
    ),
    "2026-07-28": (
        150,
        {
            (
                "server-stateless",
                f"sep-2575-server-sends-{kind}-list-changed-on-subscription",
            ): _ELSEWHERE
            for kind in ("tools", "prompts")
        },
    ),
}


@pytest.fixture(scope="module", params=["wasmtime", "jco"])
def url(
    request: pytest.FixtureRequest,
    components: Components,
    wasmtime: Path,
    peers: Path,
    require_tool: Require,
    everything_directory: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    component = components.built(everything_directory, "server:server", "wasi-http")
    log = tmp_path_factory.mktemp("log") / "log"
    if request.param == "jco":
        require_tool(peers / "node_modules/.bin/jco")
        host = jco_serve(peers, component, log)
    else:
        host = wasmtime_serve(wasmtime, components.compiled(component, wasmtime), log)
    with host as served:
        yield f"http://localhost:{served.port}/mcp"


@pytest.mark.parametrize("revision", EXPECTED)
def test_suite_finds_only_what_needs_a_memory(
    request: pytest.FixtureRequest,
    revision: str,
    url: str,
    peers: Path,
    require_tool: Require,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chosen = ["--suite", "all", "--spec-version", revision]
    run = suite(peers, require_tool, "server", "--url", url, *chosen, "-o", str(tmp_path))
    checks = checks_in(tmp_path)
    least, named = EXPECTED[revision]
    others = {
        (scenario, check["id"]): told(scenario, check)
        for scenario, each in checks.items()
        for check in each
        if check["status"] not in ("SUCCESS", "INFO")
    }
    assert others.keys() - named.keys() == set(), [others[key] for key in others.keys() - named.keys()]
    assert named.keys() - others.keys() == set(), "these succeed now: name them no more"
    count = Counter(check["status"] for each in checks.values() for check in each)
    assert count["SUCCESS"] >= least, run.stdout[-2000:] + run.stderr[-2000:]
    with capsys.disabled():
        print(
            f"\nofficial suite, {request.node.callspec.id}: {count['SUCCESS']} checks in"
            f" {len(checks)} scenarios succeed, {len(named)} are named as what needs a memory"
        )
