#!/usr/bin/env bash
# Kills the service at random points under load, ROUNDS times over all modes (15 where nothing is
# said), and looks each time whether anything was lost or doubled; SEED repeats a run. The last line
# has the sums, and only zeros are a success.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh >&2
scripts/postgres.sh scripts/moto.sh cargo test --quiet --package injeung --test crash
