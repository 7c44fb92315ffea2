#!/usr/bin/env bash
# Measures which copies of photos are recognised, what a look-up costs, and which photos get flags. Writes the tables of
# docs/replay.md.
#
#   PHOTOS=DIR   photos, one or more folders deep, default ../shared/photos
#   EVERY=N      only each N-th photo, default 1
#   LOOKUP=no    without the look-up, which takes 2.2 GB of disk for some minutes
#   COPIES=no    the flags alone
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

photos=${PHOTOS:-../shared/photos}
folder=var/replay
[[ -d $photos ]] || {
    echo "replay: failed to find photos in $photos" >&2
    exit 1
}
mkdir -p "$folder"

# table NAME FIGURES: writes the lines between NAME and the next blank line of FIGURES to docs/replay.md.
table() {
    {
        echo "Measured on $(date +%F) on $(machine)."
        echo
        sed -n "/^$1$/,/^$/{/^$1$/d;/^$/d;p}" "$2"
    } >"$folder/$1.md"
    put_between "$1" "$folder/$1.md" docs/replay.md
}

source scripts/eval/venv.sh
if ! [[ $folder/screens.drawn -nt scripts/eval/screens.py ]]; then
    "$python" scripts/eval/screens.py "$photos" "$folder/screens"
    touch "$folder/screens.drawn"
fi
cargo run --release --quiet --package injeung-vision --example flags -- \
    "$photos" "$folder/screens" "$folder/prominence.csv" | tee "$folder/flags"
for name in flags pixels; do table "$name" "$folder/flags"; done
[[ ${COPIES:-yes} == no ]] && exit 0

cargo run --release --quiet --package injeung-vision --example replay -- \
    "$photos" "$folder/pairs.csv" "${EVERY:-1}" | tee "$folder/figures"
for name in honest copies cost; do table "$name" "$folder/figures"; done
[[ ${LOOKUP:-yes} == no ]] && exit 0
scripts/postgres.sh bash -c \
    'psql --quiet "$INJEUNG_TEST_POSTGRES_URL" --file scripts/bench/replay_lookup.sql' | tee "$folder/lookup"
{
    echo "Measured on $(date +%F) on $(machine)."
    echo
    echo '```text'
    sed -n '/^ variants/,/^$/{/^$/d;p}' "$folder/lookup"
    echo '```'
} >"$folder/lookup.md"
put_between lookup "$folder/lookup.md" docs/replay.md
