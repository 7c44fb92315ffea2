#!/usr/bin/env bash
# Measures which copies of photos are recognised and what a look-up costs. Writes the tables of docs/replay.md.
#
#   PHOTOS=DIR   photos, one or more folders deep, default ../shared/photos
#   EVERY=N      only each N-th photo, default 1
#   LOOKUP=no    without the look-up, which takes 2.2 GB of disk for some minutes
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
cargo run --release --quiet --package injeung-vision --example replay -- \
    "$photos" "$folder/pairs.csv" "${EVERY:-1}" | tee "$folder/figures"
for table in honest copies cost; do
    {
        echo "Measured on $(date +%F) on $(machine)."
        echo
        sed -n "/^$table$/,/^$/{/^$table$/d;/^$/d;p}" "$folder/figures"
    } >"$folder/$table.md"
    put_between "$table" "$folder/$table.md" docs/replay.md
done
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
