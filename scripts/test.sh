#!/usr/bin/env bash
# Installs and runs every check and test.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/demo-photos.sh
scripts/lint.sh

# Tests that do not find the models fail instead of being skipped.
export INJEUNG_REQUIRE_MODEL=1
scripts/postgres.sh scripts/moto.sh cargo test --workspace --all-features
scripts/api.sh "${CARGO_TARGET_DIR:-target}/debug/injeung"
scripts/browser.sh "${CARGO_TARGET_DIR:-target}/debug/injeung"
scripts/debian/check.sh "${CARGO_TARGET_DIR:-target}/debug/injeung"
