# The recipes of `./dev`, which puts the project's tools on the PATH first.

set positional-arguments

[private]
default:
    @just --justfile '{{ justfile() }}' --list --unsorted

# Regenerate without drift, start a real server, judge it, print the report
demo:
    @sh tests/demo.sh

# Lint, then every test; arguments go to pytest. In CI a test that failed is run once more, and named (ADR 31)
test *arguments: lint
    pytest -n auto ${CI:+--reruns 1 -rR} "$@"

# Formatting, style, types, import directions
lint:
    ruff format --check
    ruff check
    mypy --num-workers 2
    lint-imports --no-logo

# Write what mcpgen.toml names; arguments go to `mcpgen regen`
regen *arguments:
    mcpgen regen "$@"

# Wire codecs, pydantic models and mcp-types against the schemas, on a large corpus with a new seed
exactness *arguments:
    python -m tests.exactness "$@"

# Servers that break one rule each: how many the validator catches, and whom it accuses falsely
deviants *arguments:
    python -m tests.deviants "$@"

# Speed of types and servers beside their peers, and what judging takes; `--only hostile` for floods and stalls
bench *arguments:
    python -m tests.bench "$@"

# Servers under load and faults for ten minutes, or so many: no reply lost or doubled, no growth, clean exits
soak *arguments:
    python -m tests.soak "$@"

# The calculator as a component: size, time to build, to start and to call, beside what was to be reached
bench-wasm *arguments:
    python -m tests.bench.wasm "$@"

# Public servers of npm and PyPI, judged: writes the table of docs/field-report.md; ten minutes, and the network
field *arguments:
    python -m tests.field "$@"
