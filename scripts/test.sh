#!/usr/bin/env bash
# Installs and runs every check and test.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/demo-photos.sh

# Most tests wait for services that they started, so three groups run at once, and more tests than there are cores. The tests
# of Cargo have timeouts of milliseconds, so they have priority. What another group writes is shown at its end.
mkdir -p var
# Each group is a process group, so that it ends as a whole.
set -m
groups=()
group() {
    local name=$1
    shift
    "$@" >"var/$name.log" 2>&1 &
    groups+=("$name:$!")
}
# Ends the groups that still run, after a failure, and shows what they wrote.
finish() {
    local group
    for group in "${groups[@]}"; do
        kill -TERM -- "-${group#*:}" 2>/dev/null || true
        cat "var/${group%:*}.log"
    done
}
trap finish EXIT

cargo test --workspace --all-features --no-run
injeung=${CARGO_TARGET_DIR:-target}/debug/injeung
group program nice scripts/test-program.sh "$injeung"
# Later than the tests, because Cargo locks the target folder until it has checked that they are built.
group lint bash -c 'sleep 30; exec nice scripts/lint.sh'

# Tests that do not find the models fail instead of being skipped.
INJEUNG_REQUIRE_MODEL=1 scripts/postgres.sh scripts/moto.sh \
    cargo test --workspace --all-features -- --test-threads="$(($(nproc) * 2))"

failed=()
for group in "${groups[@]}"; do
    wait "${group#*:}" || failed+=("${group%:*}")
done
if ((${#failed[@]})); then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
