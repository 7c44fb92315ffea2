#!/usr/bin/env bash
# Measures the verdicts on the optional photo set, and puts the tables into docs/accuracy.md.
#
#   PHOTOS=DIR       the scenes, ../shared/photos unless given
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

photos=${PHOTOS:-../shared/photos}
[[ -d $photos ]] || {
    echo "eval: there are no photos at $photos" >&2
    exit 1
}
cargo build --release --quiet --package injeung
mkdir -p var/eval
{
    echo "Measured on $(date +%F) on $(machine)."
    for neural in true false; do
        echo
        [[ $neural == true ]] && echo "### All tiers" || echo "### Without the neural tier"
        echo
        INJEUNG__VISION__NEURAL__ENABLED=$neural "$injeung" eval "$photos" --turned 36 \
            --json "var/eval/neural-$neural.json"
    done
} | tee var/eval/tables.md
put_between eval var/eval/tables.md docs/accuracy.md
