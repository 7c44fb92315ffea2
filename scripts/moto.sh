#!/usr/bin/env bash
# Runs a command with a temporary S3 server (moto, in memory):
#
#     scripts/moto.sh cargo test -p injeung-storage
#
# INJEUNG_TEST_S3_ENDPOINT has the server's URL.
set -euo pipefail

(($#)) || {
    echo "usage: $0 COMMAND..." >&2
    exit 2
}

project=$(cd "$(dirname "$0")/.." && pwd)
source "$project/scripts/lib.sh"
venv=$project/var/moto
virtual_environment "$venv" "$project/scripts/moto/requirements.txt" --no-deps

output=$(mktemp)
"$venv/bin/moto_server" --host 127.0.0.1 --port 0 >"$output" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; rm -f "$output"' EXIT

for _ in {1..600}; do
    endpoint=$(sed -n 's|.*Running on \(http://[0-9.:]*\).*|\1|p;T;q' "$output")
    if [[ -n $endpoint ]]; then
        INJEUNG_TEST_S3_ENDPOINT=$endpoint "$@"
        exit
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
cat "$output" >&2
exit 1
