#!/bin/sh
# The main job on real input: the generated code is what the schemas say, and a server by others is judged.
# `./dev demo` calls it. Exit 0 where both jobs were done, whatever the verdict on the server is.
set -eu
cd "$(dirname -- "$0")/.."

title() { printf '\n== %s\n\n' "$*"; }

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
trap 'exit 130' INT TERM

title "1. Compare generated/ with the schemas, then with a generation from nothing"
mcpgen regen --check
cp -R mcpgen.toml schema "$fresh"
mcpgen regen --config "$fresh/mcpgen.toml"
diff -rq -x __pycache__ "$fresh/generated" generated
echo "no drift: generated/ is, byte for byte, what mcpgen writes from schema/"

server=$PWD/tests/peers/node_modules/.bin/mcp-server-everything
if [ -x "$server" ] && command -v node >/dev/null; then
    set -- "$server" stdio
else
    set -- "$PWD/tests/peers/.venv/bin/mcp-server-time"
fi

title "2. Start a server that others wrote, and judge it: mcpgen validate -- $(basename "$1")"
status=0
mcpgen validate -- "$@" || status=$?
echo
case $status in
    0) echo "exit code 0: every rule that could be tested holds" ;;
    1) echo "exit code 1: the server breaks rules, as listed above. A CI job that judges it would fail here." \
        "This demo has done its work and ends with 0. docs/field-report.md has the findings, checked by hand." ;;
    *) echo "error: mcpgen validate ended with $status instead of a verdict (0 or 1)" >&2; exit "$status" ;;
esac
