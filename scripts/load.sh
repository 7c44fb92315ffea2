#!/usr/bin/env bash
# Measures the service under open-loop load; writes the table to docs/performance.md and the curves to docs/pictures/load.svg. The
# generator runs on the same machine. It takes a quarter of an hour.
#
#   PHOTOS=DIR     photo set, default ../shared/photos; without it photos of Debian's package opencv-doc
#   SECONDS_STEP=N, SECONDS_LONG=N    durations of the steps, default 60 and 600
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh
as_delivered

scripts/demo-photos.sh
cargo_tool oha 1.16.0
virtual_environment var/load scripts/load/requirements.txt --only-binary :all:
cargo build --release --quiet --package injeung

scene=${PHOTOS:-../shared/photos}/cwz-desk
if [[ -d $scene ]]; then
    photos=("$scene/1.jpg" "$scene/2.jpg")
else
    photos=(var/demo-photos/leuven{A,B}.jpg)
fi
text=$(mktemp)
trap 'rm -f "$text"' EXIT
{
    echo "Measured on $(date +%F) on $(machine), SQLite and disk, two workers, the generator on the same machine."
    echo
    var/load/bin/python scripts/load/load.py "$injeung" docs/pictures/load.svg "${photos[@]}" \
        --seconds "${SECONDS_STEP:-60}" --long "${SECONDS_LONG:-600}"
    echo
    echo '![Accepted and rejected photos a second, and memory, over the whole run](pictures/load.svg)'
} >"$text"
put_between load "$text" docs/performance.md
