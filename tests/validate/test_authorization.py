"""Protected servers: what is asked of them without a token, what refusals and metadata are held to."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from mcpgen.cli.ways import Ways
from mcpgen.errors import UsageError
from mcpgen.validate.challenges import Challenge, challenges_in, of_tokens
from mcpgen.validate.journal import Fetched, Finished, HttpReply, Received, Sent
from mcpgen.validate.probes.authorization import damaged, refusals
from mcpgen.validate.probes.exchanges import exchanges
from mcpgen.validate.report import Report
from mcpgen.validate.resource_urls import absolute, holds_path, is_public, same_origin, well_known
from mcpgen.validate.run import Options, validate
from mcpgen.validate.secrets import masked
from mcpgen.validate.target import Target

from .recording import Recording
from .test_hints import serving

POINTS = 'Bearer resource_metadata="https://mcp.example.com/meta", scope="read"'
ENDPOINT = "https://mcp.example.com/team/mcp"
METADATA: dict[str, Any] = {"resource": ENDPOINT, "authorization_servers": ["https://auth.example.com"]}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["Bearer"], [("bearer", {})]),
        (["bearer  SCOPE = read"], [("bearer", {"scope": "read"})]),
        (['Bearer realm="a, \\"b\\"" , scope="r w"'], [("bearer", {"realm": 'a, "b"', "scope": "r w"})]),
        (
            ["Bearer resource_metadata=https://h/x?y=1"],
            [("bearer", {"resource_metadata": "https://h/x?y=1"})],
        ),
        (
            ["Negotiate abc==, Basic realm=a, DPoP"],
            [("negotiate", {}), ("basic", {"realm": "a"}), ("dpop", {})],
        ),
        (['Basic realm="a"', "Bearer"], [("basic", {"realm": "a"}), ("bearer", {})]),
        ([", ,"], []),
        ([], []),
    ],
)
def test_challenges_are_read_as_clients_read_them(values: list[str], found: list[tuple[str, Any]]) -> None:
    assert [(one.scheme, one.parameters) for one in challenges_in(values)] == found


def test_a_challenge_for_tokens_is_told_from_others() -> None:
    assert of_tokens(["Basic realm=a, Bearer scope=read"]) == Challenge("bearer", {"scope": "read"})
    assert of_tokens(["ApiKey"]) is None


def test_metadata_is_looked_for_behind_the_path_and_at_the_root() -> None:
    root = "https://h.example/.well-known/oauth-protected-resource"
    assert well_known("https://h.example/team/mcp") == [root + "/team/mcp", root]
    assert well_known("https://me:secret@h.example/team/mcp/") == [
        root + "/team/mcp/",
        root + "/team/mcp",
        root,
    ]
    assert well_known("https://h.example/") == well_known("https://h.example") == [root]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://H.example:443/", "https://h.example/x", True),
        ("http://localhost:3001", "http://127.0.0.1:3001", True),
        ("http://localhost:3001", "http://[::1]:3001", True),
        ("http://localhost:3001", "http://localhost:3002", False),
        ("http://h.example", "https://h.example", False),
    ],
)
def test_origins_are_compared_as_what_they_mean(one: str, other: str, same: bool) -> None:
    assert same_origin(urlsplit(one), urlsplit(other)) is same


def test_paths_hold_what_is_below_them() -> None:
    outer = [urlsplit(f"https://h{path}") for path in ("", "/", "/a", "/a/", "/%61/b")]
    assert [holds_path(one, urlsplit("https://h/a/b")) for one in outer] == [True] * 5
    assert not holds_path(urlsplit("https://h/a"), urlsplit("https://h/ab"))


@pytest.mark.parametrize(
    "text", [None, 1, "", "h.example", "//h/x", "urn:a:b", "http://", "http://h:x/", "http://h/ x"]
)
def test_what_is_no_absolute_url(text: object) -> None:
    assert absolute(text) is None


def test_private_networks_are_no_public_hosts() -> None:
    private = (
        "localhost",
        "mcp",
        "10.0.0.7",
        "[fd00::1]",
        "mcp.local",
        "mcp.team.svc",
        "mcp.svc.cluster.local",
    )
    assert [host for host in private if is_public(urlsplit(f"http://{host}/"))] == []
    assert is_public(urlsplit("http://mcp.example.com")) and is_public(urlsplit("http://8.8.8.8"))


@pytest.mark.parametrize("signature", ["c2lnbmVk", "x" * 86, "x" * 342])
def test_a_damaged_token_has_nothing_of_the_signature(signature: str) -> None:
    said = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9."
    other = damaged(said + signature).removeprefix(said)
    assert len(other) == len(signature) and "x" not in other
    # Of the same length, and still to be decoded, it tells no more than that.
    assert other == damaged(said + "y" * len(signature)).removeprefix(said)
    assert len(b64decode(other + "=" * (-len(other) % 4), altchars="-_", validate=True)) > 5
    assert damaged("opaque-0123456789") == damaged("") == "mcpgen-invalid-token"


class Talk(Recording):
    """A recorded conversation with a server that was opened with a token, in its newest revision."""

    def __init__(self, revision: str = "2026-07-28") -> None:
        super().__init__(revision, "http")
        self.opened()
        self.exchange("tools/list", self.result(tools=[]))

    def without(self, method: str, status: int, *challenges: str, probe: str = "token-missing") -> int:
        """The same request without a token, refused."""
        place = self.ask(method)
        sent = self.entries[place]
        assert isinstance(sent, Sent)
        self.entries[place] = Sent(sent.at, sent.message, f"{probe}:{method}")
        headers = {"www-authenticate": ", ".join(challenges)} if challenges else {}
        self.add(HttpReply(self.now, place, status, "text/plain", True, None, headers))
        self.add(Finished(self.now, place, f"HTTP status {status}"))
        return place

    def served(self, method: str, **answer: Any) -> Talk:
        """The same request without a token, answered over HTTP with status 200."""
        place = self.without(method, 200)
        self.entries[place + 1 :] = []
        self.answer(place, **answer)
        return self

    def got(
        self, value: Any, *, endpoint: str = ENDPOINT, status: int | None = 200, withheld: bool = False
    ) -> Talk:
        """A document of metadata, asked for with all that the user gave or without some of it."""
        url = f"{endpoint}/meta"
        self.add(
            Fetched(
                self.now,
                "resource-metadata",
                endpoint,
                url,
                status,
                value,
                "" if status else "broken",
                withheld,
            )
        )
        return self

    @property
    def found(self) -> list[tuple[str, str]]:
        return [(one.rule, one.verdict) for one in self.judged().findings]


def protected(*challenges: str, revision: str = "2026-07-28") -> Talk:
    talk = Talk(revision)
    talk.without("tools/list", 401, *challenges)
    talk.without("initialize" if revision < "2026" else "server/discover", 401, *challenges)
    return talk


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, []),
        ({"resource": "https://MCP.example.com:443/team"}, []),
        ({"resource": "https://mcp.example.com"}, []),
        ({"resource": "https://mcp.example.com/"}, [("auth-resource-without-slash", "warning")]),
        ({"resource": "https://mcp.example.com/team/"}, []),
        ({"resource": "https://other.example.com"}, [("auth-metadata-resource", "violation")]),
        ({"resource": "https://mcp.example.com/team/mc"}, [("auth-metadata-resource", "violation")]),
        ({"resource": "https://mcp.example.com#team"}, [("auth-metadata-resource", "violation")]),
        ({"resource": None}, [("auth-metadata-resource", "violation")]),
        ({"authorization_servers": "https://auth.example.com"}, [("auth-metadata-servers", "violation")]),
        ({"authorization_servers": ["auth.example.com"]}, [("auth-metadata-servers", "violation")]),
        ({"authorization_servers": ["https://a.example.com", "https://b.example.com/x"]}, []),
        ({"authorization_servers": ["http://auth:8080"]}, []),
        ({"authorization_servers": ["http://auth.example.com"]}, [("auth-urls-secure", "violation")]),
        ({"scopes_supported": ["read", "offline_access"]}, [("auth-no-offline-scope", "warning")]),
    ],
)
def test_metadata_is_held_to_the_server_that_it_is_about(changes: Any, broken: list[Any]) -> None:
    assert protected(POINTS).got(METADATA | changes).found == broken


def test_another_name_for_a_server_in_a_private_network_may_be_its_public_one() -> None:
    talk = protected(POINTS).got(METADATA, endpoint="http://127.0.0.1:3001/mcp")
    assert talk.found == []
    assert talk.verdicts()["auth-metadata-resource"] == "skipped"


def test_metadata_that_is_missing_leaves_its_rules_open() -> None:
    talk = protected('Bearer scope="read"').got(None, status=404).got({"detail": "no"}, status=200)
    assert talk.found == [("auth-metadata-discoverable", "violation")]
    assert talk.verdicts()["auth-metadata-servers"] == "skipped"


@pytest.mark.parametrize("revision", ["2025-06-18", "2026-07-28"])
@pytest.mark.parametrize("challenge", ["Bearer", 'Bearer realm="api"', None])
def test_a_key_of_the_servers_own_that_is_sent_as_bearer_breaks_nothing(
    challenge: str | None, revision: str
) -> None:
    talk = protected(*filter(None, [challenge]), revision=revision).got(None, status=404)
    assert talk.found and {verdict for _, verdict in talk.found} == {"warning"}
    assert all("key of its own kind" in one.message for one in talk.judged().findings)


@pytest.mark.parametrize("shows", ['Bearer error="invalid_token"', "DPoP"])
def test_who_speaks_of_tokens_as_oauth_does_is_held_to_it(shows: str) -> None:
    talk = protected("Bearer")
    talk.without("tools/list", 401, shows, probe="token-damaged")
    assert talk.got(None, status=404).found == [("auth-metadata-discoverable", "violation")]


@pytest.mark.parametrize("status", [401, 403])
def test_metadata_that_is_refused_may_want_what_the_user_gave_for_the_endpoint_alone(status: int) -> None:
    talk = protected(POINTS).got(None, status=status, withheld=True)
    assert talk.found == []
    assert talk.verdicts()["auth-metadata-discoverable"] == "skipped"
    assert protected(POINTS).got(None, status=status).found == [("auth-metadata-discoverable", "violation")]


@pytest.mark.parametrize("status", [302, 407, 421, 429, 503, None])
def test_metadata_that_could_not_be_had_is_held_against_nobody(status: int | None) -> None:
    talk = protected("Bearer").got(None, status=status)
    assert talk.found == []
    assert talk.verdicts()["auth-metadata-discoverable"] == "skipped"


def test_a_scope_is_missed_only_where_there_are_scopes() -> None:
    assert protected("Bearer").got(METADATA).found == []
    talk = protected("Bearer").got(METADATA | {"scopes_supported": ["read"]})
    assert talk.found == [("auth-challenge-scope", "warning")]


@pytest.mark.parametrize(
    ("challenge", "broken"),
    [
        (POINTS, []),
        ("bearer Resource_Metadata=https://mcp.example.com/meta", []),
        ("Bearer scope=read", [("auth-challenge-metadata", "violation")]),
        ('Bearer resource_metadata="/meta"', [("auth-challenge-metadata", "violation")]),
    ],
)
def test_only_2025_06_18_has_the_metadata_in_every_challenge(challenge: str, broken: list[Any]) -> None:
    assert protected(challenge, revision="2025-06-18").found == broken
    assert protected(challenge, revision="2025-11-25").found == []


def test_metadata_that_is_found_shows_that_a_bare_challenge_is_one_for_tokens() -> None:
    talk = protected("Bearer", revision="2025-06-18").got(METADATA)
    assert talk.found == [("auth-challenge-metadata", "violation")]


@pytest.mark.parametrize("status", [400, 404])
def test_a_session_that_is_not_found_is_no_refusal_of_a_token(status: int) -> None:
    talk = Talk("2025-11-25")
    talk.without("tools/list", status)
    talk.without("initialize", 401, POINTS)
    assert talk.found == []
    assert talk.verdicts()["auth-missing-token-refused"] == "pass"


def test_an_error_that_came_with_status_200_is_no_401() -> None:
    talk = protected(POINTS)
    talk.served("tools/list", error={"code": -32001, "message": "Unauthorized"})
    assert talk.found == [("auth-missing-token-refused", "violation")]


def test_a_server_that_takes_a_token_and_needs_none_is_judged_by_none_of_this() -> None:
    talk = Talk()
    discovered = next(one.value["result"] for one in talk.entries if isinstance(one, Received))
    talk.served("tools/list", result=talk.result(tools=[])).served("server/discover", result=discovered)
    assert talk.found == []
    assert {verdict for rule, verdict in talk.verdicts().items() if rule.startswith("auth-")} == {"skipped"}


def test_a_401_from_outside_any_session_is_no_want_of_a_token() -> None:
    talk = Recording("2025-11-25", "http")
    place = talk.ask("server/discover", probe=True)
    talk.add(HttpReply(talk.now, place, 401, "", False, None, {}))
    talk.add(Finished(talk.now, place, "HTTP status 401"))
    talk.opened()
    assert refusals(exchanges(talk.entries)) == []
    place = talk.ask("tools/list")
    talk.add(HttpReply(talk.now, place, 401, "", False, None, {"www-authenticate": "Bearer"}))
    assert [one.method for one in refusals(exchanges(talk.entries))] == ["tools/list"]


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_second_opening_that_is_refused_says_nothing_of_tokens(status: int) -> None:
    talk = Talk("2025-11-25").served("tools/list", result={"tools": []})
    talk.without("initialize", status)
    assert talk.found == []
    assert {verdict for rule, verdict in talk.verdicts().items() if rule.startswith("auth-")} == {"skipped"}


@pytest.mark.parametrize(("challenge", "verdict"), [("Bearer", "warning"), (POINTS, "violation")])
def test_who_forbids_may_want_a_key_of_its_own(challenge: str, verdict: str) -> None:
    talk = Talk()
    talk.without("tools/list", 403, challenge)
    assert talk.found == [("auth-missing-token-refused", verdict)]


class Closed(BaseHTTPRequestHandler):
    """A protected server that lets nobody in; `challenge` is what it asks for, `body` what it says."""

    protocol_version = "HTTP/1.1"
    challenge = "Bearer"
    body: ClassVar[dict[str, Any]] = {"error": "invalid_token"}
    metadata: ClassVar[dict[str, Any] | None] = None
    missing = 404
    asked: ClassVar[list[str]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.headers.get("Authorization", ""))
        self.say(401, self.body, self.challenge)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = self.metadata is not None and self.path.endswith("/mcp")
        self.say(200 if found else self.missing, self.metadata if found else {})

    def say(self, status: int, value: Any, challenge: str = "") -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def judged(
    members: dict[str, Any], *, headers: Any = None, query: str = "?key=abcdef", **options: Any
) -> tuple[Report, list[str]]:
    asked: list[str] = []
    handler = type("Protected", (Closed,), {**members, "asked": asked})
    with serving(handler) as port:
        chosen = Options(**{"timeout": 30, "deadline": 120, "probes": True, **options})
        target = Target(url=f"http://127.0.0.1:{port}/mcp{query}", headers=headers or {})
        return asyncio.run(validate(target, chosen, announce=lambda _: None)), asked


JSON_RPC = {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "Unauthorized"}}


@pytest.mark.parametrize("body", [Closed.body, JSON_RPC])
@pytest.mark.parametrize("revision", [None, "2025-06-18", "2026-07-28"])
def test_a_server_that_cannot_be_opened_without_a_token_is_judged_by_how_it_refuses(
    body: Any, revision: str | None
) -> None:
    report, asked = judged({"body": body}, revision=revision)
    assert report.failure is not None and report.exit_code == 3
    assert "HTTP status 401" in report.failure.message
    assert "--bearer-env NAME" in report.failure.hint
    first = ["auth-challenge-metadata"] if revision == "2025-06-18" else []
    assert [one.rule for one in report.findings] == [*first, "auth-metadata-discoverable"]
    root = "/.well-known/oauth-protected-resource"
    assert [one for one in asked if one.startswith("/")] == [root + "/mcp", root]
    assert asked[-1] == "Bearer mcpgen-invalid-token"
    checks = {one.rule: one.verdict for one in report.checks}
    assert checks["auth-missing-token-refused"] == checks["auth-invalid-token-refused"] == "pass"
    assert checks["auth-every-request-checked"] == "skipped"


def test_a_token_that_is_refused_is_told_as_that() -> None:
    report, _ = judged({"metadata": METADATA}, headers={"authorization": "Bearer expired-long-ago"})
    assert report.failure is not None and report.exit_code == 3
    assert "refuses the token that was given" in report.failure.hint
    assert report.findings == []


@pytest.mark.parametrize(
    ("challenge", "rules"),
    [
        ("Basic realm=a", []),
        ('Bearer resource_metadata="https://elsewhere.example/meta"', []),
        ("", [("auth-metadata-discoverable", "warning")]),
    ],
)
def test_what_may_be_no_access_token_that_is_wanted_is_no_violation(challenge: str, rules: list[Any]) -> None:
    report, asked = judged({"challenge": challenge})
    assert [(one.rule, one.verdict) for one in report.findings] == rules
    assert report.exit_code == 3
    assert bool(rules) is any(one.startswith("/") for one in asked)


@pytest.mark.parametrize(
    ("query", "headers", "rules"),
    [
        ("?key=abcdef", {}, []),
        ("", {"X-Tenant": "acme"}, []),
        ("", {"Authorization": "Bearer expired"}, ["auth-metadata-discoverable"]),
    ],
)
def test_only_a_token_is_left_out_by_every_client(query: str, headers: Any, rules: list[str]) -> None:
    members = {"challenge": "Bearer scope=read", "missing": 403}
    report, _ = judged(members, headers=headers, query=query)
    assert [one.rule for one in report.findings] == rules


@pytest.mark.parametrize("option", ["bearer", "foreign_bearer_env", "other_bearer_env"])
def test_a_server_that_repeats_a_damaged_token_tells_nobody_whose_it_is(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, said, signature = (
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJzdWIiOiJtZUBleGFtcGxlLmNvbSJ9",
        "c2lnbmVkLWJ5LW1jcGdlbg",
    )
    token = f"{head}.{said}.{signature}"
    monkeypatch.setenv("TOKEN", token)
    given: dict[str, str] = {option: token if option == "bearer" else "TOKEN"}
    secrets = Ways(url="http://h.example/mcp", **given).secrets()  # type: ignore[arg-type]
    told = f"bad token {damaged(token)}: {said} is not signed with {signature}"
    assert masked(told, secrets).startswith("bad token ***.mcpgen-invalid-")
    assert said not in masked(told, secrets) and signature not in masked(told, secrets)


def test_a_token_of_another_server_is_a_secret_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREIGN", "issued-for-another")
    ways = Ways(url="http://h.example/mcp", foreign_bearer_env="FOREIGN")
    assert ways.target().foreign_token == "issued-for-another"
    assert "issued-for-another" in ways.secrets()
    with pytest.raises(UsageError, match="--foreign-bearer-env is for Streamable HTTP"):
        Ways(ws="ws://h.example/mcp", foreign_bearer_env="FOREIGN").check()
    with pytest.raises(UsageError, match="--foreign-bearer-env: there is no variable NOT_THERE"):
        Ways(url="http://h.example/mcp", foreign_bearer_env="NOT_THERE").target()


def test_without_probes_nothing_more_is_asked_of_a_server_that_wants_a_token() -> None:
    report, asked = judged({}, probes=False)
    assert report.exit_code == 3 and report.findings == []
    assert asked == ["", ""]
