"""The texts of a worker's folder that depend on its component."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

#: Decides what the runtime does; workerd refuses a date after its own.
COMPATIBILITY_DATE = "2026-01-01"
#: So many instances serve at once, and half as many more may be about to end: `docs/worker.md` has the sum.
_MOST = 2
_MAIN = "worker.js"
_KEY = "MCPGEN_KEY"
#: What `workerd serve` hands on of its environment; those that are not set are null.
VARIABLES = (
    *(_KEY, "MCPGEN_ALLOWED_HOSTS", "MCPGEN_ALLOWED_ORIGINS", "MCPGEN_STREAM_SECONDS"),
    "MCPGEN_INSTANCES",
)


def modules_text(core: Iterable[str]) -> str:
    """The script that imports the core modules, whose paths are given."""
    names = list(core)
    lines = [
        "// The core modules of the component, by name, and how many instances of it live at most.",
        "",
    ]
    lines += [f'import module{number} from "./{name}";' for number, name in enumerate(names)]
    lines += ["", f"export const MOST = {_MOST};", "", "export const modules = {"]
    lines += [f'  "{name.rpartition("/")[2]}": module{number},' for number, name in enumerate(names)]
    return "\n".join((*lines, "};", ""))


def workerd_text(scripts: Iterable[str], core: Iterable[str]) -> str:
    """The configuration for `workerd serve`, of the modules at these paths."""
    ordered = [_MAIN, *(script for script in scripts if script != _MAIN)]  # the first is where it begins
    modules = [f'(name = "{path}", esModule = embed "{path}")' for path in ordered]
    modules += [f'(name = "{path}", wasm = embed "{path}")' for path in core]
    listed = ",\n    ".join(modules)
    bindings = ",\n    ".join(f'(name = "{name}", fromEnvironment = "{name}")' for name in VARIABLES)
    return f"""\
# {_KEY}=… workerd serve config.capnp
# Elsewhere than on localhost: --socket-addr http=*:8080

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .server)],
  sockets = [(name = "http", address = "localhost:8080", http = (), service = "main")],
);

const server :Workerd.Worker = (
  compatibilityDate = "{COMPATIBILITY_DATE}",
  bindings = [
    {bindings},
  ],
  modules = [
    {listed},
  ],
);
"""


def wrangler_text(name: str, *, first_line: str) -> str:
    """The configuration for `wrangler deploy`, of a server called `name`; its first line is given."""
    return f"""\
{first_line}
#
# First the key that seals what clients carry about for the server, the same for all instances:
#   openssl rand -hex 32 | wrangler secret put {_KEY}
# then:
#   wrangler deploy

name = {json.dumps(worker_name(name))}
main = "{_MAIN}"
compatibility_date = "{COMPATIBILITY_DATE}"
no_bundle = true
find_additional_modules = true

[[rules]]
type = "ESModule"
globs = ["**/*.js"]

[[rules]]
type = "CompiledWasm"
globs = ["**/*.wasm"]
"""


def worker_name(name: str) -> str:
    """What Cloudflare takes for a name: lower-case letters, digits and hyphens, 63 at most."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].rstrip("-") or "mcp-server"
