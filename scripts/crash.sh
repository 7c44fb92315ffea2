#!/usr/bin/env bash
# Kills the service at random points under load and counts lost and doubled photos. The last line has the sums; any
# number but 0 is a failure (docs/durability.md).
#
#   ROUNDS=N     rounds over all modes, default 15
#   SEED=N       repeats a run
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh >&2
scripts/postgres.sh scripts/moto.sh cargo test --quiet --package injeung --test crash
