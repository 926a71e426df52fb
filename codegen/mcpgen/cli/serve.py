"""`mcpgen serve`: serve a server, on one transport or on several at once."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

# A line that is plain and right never comes here; see `mcpgen.cli`.


def serve(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET…",
            help="module:attribute, path/to/file.py:attribute, a project; or .wasm files.",
        ),
    ],
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Standard input and output: what happens without any of these.")
    ] = False,
    http: Annotated[
        Optional[str],  # noqa: UP045 (typer reads it at run time)
        typer.Option(metavar="HOST:PORT", help="Streamable HTTP, WebSocket on the same path; and HTTP+SSE."),
    ] = None,
    ws: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="HOST:PORT", help="WebSocket alone."),
    ] = None,
    tcp: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="HOST:PORT", help="TCP, a message a line."),
    ] = None,
    unix: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="PATH", help="A Unix socket, a message a line."),
    ] = None,
    path: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="PATH", help="The path of --http and --ws, /mcp unless told otherwise."),
    ] = None,
    allow_origin: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="ORIGIN", help="Let in pages of this origin, such as https://app.example; or *."
        ),
    ] = None,
    public_host: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME", help="A name that this server is reached by, such as mcp.example; or *."
        ),
    ] = None,
    allow_host: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME[:PORT]",
            help="Let a component make HTTP requests to this host. Without a component: as --public-host.",
        ),
    ] = None,
    directories: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--dir",
            metavar="HOST[::GUEST][::rw]",
            help="Let a component read this directory, called GUEST inside; with ::rw also write.",
        ),
    ] = None,
    environment: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--env", metavar="NAME[=VALUE]", help="Let a component see this variable."),
    ] = None,
    isolation: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="pool|request",
            help="Warm instances of a component, used again; or a fresh one for every request.",
        ),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help="A limit or another setting, as named below."),
    ] = None,
    uvloop: Annotated[
        str,
        typer.Option(metavar="auto|on|off", help="Whether to use uvloop; auto: for sockets, if installed."),
    ] = "auto",
    log_level: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="debug|info|warning|error",
            help="What of the log is shown; else what the server sets, or warning.",
        ),
    ] = None,
) -> None:
    """Serve a server: a Server, a ServerHandler, a ProtocolHandler, or a function that makes one.

    A project is a directory, its mcpgen.toml or its definition; that file's `target` says what is served.

    Several transports at once serve one server. It ends with standard input (--stdio), or by SIGTERM or
    SIGINT, and answers first what it has begun.

    --set takes handler_seconds, session_idle_seconds, message_seconds,
    write_seconds, drain_seconds, keep_alive_seconds, ping_seconds,
    replay_seconds; max_message_bytes, max_string_bytes, max_unsent_bytes,
    max_header_bytes, max_headers_bytes, max_replay_bytes; max_depth, max_items,
    max_array_items, max_object_members, max_tool_name_length, max_uri_length;
    max_connections, max_sessions, max_concurrent_requests, max_subscriptions,
    max_replay_events; sse_path, sse_retry_ms, backlog, socket_mode; and for a
    component, each instance and each call of it: max_memory_bytes (256 MiB),
    max_instances (as many as processors, 8 at most), cpu_seconds (30),
    call_seconds (60), cancel_seconds (1).

    A component has no file, no network and no variable but what --dir,
    --allow-host and --env grant.

    Exit codes: 0 it was ended, 2 wrong usage, 3 it cannot listen there or its own code failed.
    """
    from mcpgen.serving.options import ServeOptions
    from mcpgen.serving.run import serve as run

    run(
        ServeOptions(
            target=targets[0],
            behind=tuple(targets[1:]),
            stdio=stdio,
            http=http,
            ws=ws,
            tcp=tcp,
            unix=unix,
            path=path,
            allow_origin=tuple(allow_origin or ()),
            public_host=tuple(public_host or ()),
            allow_host=tuple(allow_host or ()),
            directories=tuple(directories or ()),
            environment=tuple(environment or ()),
            isolation=isolation,
            settings=tuple(settings or ()),
            uvloop=uvloop,
            log_level=log_level,
        )
    )
