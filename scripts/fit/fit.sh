#!/usr/bin/env bash
# Fits the probability that two photos show one scene, on the optional photo set, and prints how it does.
#
#   scripts/fit/fit.sh [OUT.toml]       OUT.toml is the crate's own model unless given
#   PHOTOS=DIR                          the scenes, ../shared/photos unless given
#   PRIOR=P                             the share of honest photos, 0.5 unless given
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
as_delivered

photos=${PHOTOS:-../shared/photos}
folder=var/fit
out=${1:-crates/vision/src/cascade/model.toml}
[[ -d $photos ]] || {
    echo "fit: there are no photos at $photos" >&2
    exit 1
}

python=$folder/venv/bin/python
mkdir -p "$folder"
if ! [[ $folder/venv/complete -nt scripts/fit/requirements.txt ]]; then
    rm -rf "$folder/venv"
    python3 -m venv "$folder/venv"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --requirement scripts/fit/requirements.txt
    touch "$folder/venv/complete"
fi

# Small matrices gain nothing from many threads.
export OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
"$python" scripts/fit/test_fit.py

cargo build --release --quiet --package injeung
scripts/eval/draw.sh "$photos" var/drawn
# Scores all folders into the folder of a run, by what else is set. Without LighterGlue the aligned tier uses what XFeat
# found, so sets of tiers that lack LighterGlue have a run of their own.
score() {
    local run=$folder/$1 drawn
    mkdir -p "$run"
    env "${@:2}" "$injeung" eval "$photos" --timed 0 --scores "$run/photos.csv" >>"$folder/eval.md"
    for drawn in var/drawn/fit-overlay-*/; do
        [[ $drawn == */fit-overlay-plain/ ]] || env "${@:2}" "$injeung" eval "$drawn" --timed 0 --wrong 3 \
            --least-wrong 110 --scores "$run/$(basename "$drawn").csv" >>"$folder/eval.md"
    done
}
score all
score without-lighterglue INJEUNG__VISION__NEURAL__MATCHER_ENABLED=false
"$python" scripts/fit/fit.py "$folder/all" "$folder/without-lighterglue" --prior "${PRIOR:-0.5}" --out "$out" |
    tee docs/data/fit.md
