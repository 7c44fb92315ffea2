#!/usr/bin/env bash
# Installs and runs every check and test.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/demo-photos.sh

# Most tests wait for services that they started, so more of them run than there are cores, and the checks of the code run
# beside them. Those that compile wait until the tests are built.
mkdir -p var
nice scripts/lint.sh >var/lint.log 2>&1 &
lint=$!
trap 'kill "$lint" 2>/dev/null || true' EXIT
# Tests that do not find the models fail instead of being skipped.
export INJEUNG_REQUIRE_MODEL=1
scripts/postgres.sh scripts/moto.sh \
    cargo test --workspace --all-features -- --test-threads="$(($(nproc) * 2))"
injeung=${CARGO_TARGET_DIR:-target}/debug/injeung
scripts/api.sh "$injeung"
scripts/browser.sh "$injeung"
scripts/debian/check.sh "$injeung"
checked=0
wait "$lint" || checked=$?
trap - EXIT
cat var/lint.log
exit "$checked"
