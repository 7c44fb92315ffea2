#!/usr/bin/env bash
# Measures the verdicts on the optional photo set, and puts the tables into docs/accuracy.md.
#
#   PHOTOS=DIR       the scenes, ../shared/photos unless given
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh
as_delivered

photos=${PHOTOS:-../shared/photos}
[[ -d $photos ]] || {
    echo "eval: there are no photos at $photos" >&2
    exit 1
}
cargo build --release --quiet --package injeung
mkdir -p var/eval
# Measures once more under the heading $1, with the figures in var/eval/$2.json and by what else is set.
measure() {
    printf '\n### %s\n\n' "$1"
    env "${@:3}" "$injeung" eval "$photos" --turned 36 --json "var/eval/$2.json"
}
{
    echo "Measured on $(date +%F) on $(machine)."
    measure "All tiers" all
    measure "Without LighterGlue" xfeat INJEUNG__VISION__NEURAL__MATCHER_ENABLED=false
    measure "Without the neural tier" points INJEUNG__VISION__NEURAL__ENABLED=false
} | tee var/eval/tables.md
put_between eval var/eval/tables.md docs/accuracy.md
