#!/usr/bin/env bash
# Measures verdicts on the optional photo set, on the same photos with drawn graphics, and on drawn text and repetition.
# Writes the tables of docs/accuracy.md and docs/data/.
#
#   PHOTOS=DIR       scenes, default ../shared/photos
#   CASES=DIR        more generators of drawn folders (overlays.py, pages.py), default ../shared/cases
#   KINDS=PATTERN    only drawn folders with matching names, such as 'check-*'; `none`: the photo set alone
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh
as_delivered

photos=${PHOTOS:-../shared/photos}
cases=${CASES:-../shared/cases}
kinds=${KINDS:-*}
folder=var/eval
[[ -d $photos ]] || {
    echo "eval: failed to find photos in $photos" >&2
    exit 1
}
cargo build --release --quiet --package injeung
mkdir -p "$folder" docs/data
scripts/eval/draw.sh "$photos" var/drawn "$cases"

# measure FOLDER NAME [SETTING=VALUE...]: measures FOLDER, writes the figures to var/eval/NAME.json.
measure() {
    env "${@:3}" "$injeung" eval "$1" "${pairs[@]}" --json "$folder/$2.json"
}
{
    echo "# Verdicts on the photo set"
    echo
    echo "Measured on $(date +%F) on $(machine) by \`make eval\`."
    pairs=(--turned 36 --scores "$folder/photos.csv")
    printf '\n## All tiers\n\n' && measure "$photos" photos
    pairs=(--turned 36)
    printf '\n## Without LighterGlue\n\n'
    measure "$photos" without-lighterglue INJEUNG__VISION__NEURAL__MATCHER_ENABLED=false
    printf '\n## Without the neural tiers\n\n'
    measure "$photos" points INJEUNG__VISION__NEURAL__ENABLED=false
} | tee "$folder/photos.md"
cp "$folder/photos.md" docs/data/photos.md
{
    echo "Measured on $(date +%F) on $(machine) with the photo set."
    echo
    python3 scripts/eval/table.py "$folder" --things
} >"$folder/things.md"
put_between things "$folder/things.md" docs/accuracy.md
python3 scripts/eval/unseen.py "$folder/photos.csv" "$folder/photos.json" >"$folder/unseen.md"
put_between unseen "$folder/unseen.md" docs/accuracy.md

# Learned views, on scenes with many photos and on scenes by day and by night.
mkdir -p "$folder/night"
python3 scripts/eval/night.py "$photos" "$folder/night/manifest.csv"
{
    echo "Measured on $(date +%F) on $(machine) by \`injeung chains\`."
    printf '\nScenes with five photos or more:\n\n'
    "$injeung" chains "$photos" --least-photos 5 --references 1
    printf '\nScenes by day and by night:\n\n'
    "$injeung" chains "$folder/night" --references 1
} >"$folder/views.md"
put_between views "$folder/views.md" docs/accuracy.md

pairs=(--timed 0 --least-non-matching 600)
for drawn in var/drawn/*/; do
    name=$(basename "$drawn")
    # shellcheck disable=SC2254  # the pattern is meant to match
    case $name in $kinds) measure "$drawn" "$name" >/dev/null ;; esac
done
python3 scripts/eval/table.py "$folder" >"$folder/kinds.md"
put_between kinds "$folder/kinds.md" docs/accuracy.md
