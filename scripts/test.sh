#!/usr/bin/env bash
# Sets up and passes every check and test.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/demo-photos.sh
scripts/lint.sh

# What was set up has to be used: a test that finds it missing fails instead of stepping aside.
export INJEUNG_REQUIRE_MODEL=1
scripts/postgres.sh scripts/moto.sh cargo test --workspace --all-features
