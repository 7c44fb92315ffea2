#!/usr/bin/env bash
# Fits the probability that two photos show one scene on the optional photo set, and writes its error rates to
# docs/data/fit.md.
#
#   scripts/fit/fit.sh [OUT.toml]       default: the crate's model
#   PHOTOS=DIR                          scenes, default ../shared/photos
#   PRIOR=P                             share of matching photos, default 0.5
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
as_delivered

photos=${PHOTOS:-../shared/photos}
folder=var/fit
out=${1:-crates/vision/src/cascade/model.toml}
[[ -d $photos ]] || {
    echo "fit: failed to find photos in $photos" >&2
    exit 1
}

python=$folder/venv/bin/python
virtual_environment "$folder/venv" scripts/fit/requirements.txt --no-deps --only-binary :all:

# Threads do not speed up small matrices.
export OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
"$python" scripts/fit/test_fit.py

cargo build --release --quiet --package injeung
scripts/eval/draw.sh "$photos" var/drawn
# score RUN [SETTING=VALUE...]: scores all folders into the folder RUN. Without LighterGlue the aligned tier uses XFeat's
# matches, so sets of tiers without LighterGlue need a run of their own.
score() {
    local run=$folder/$1 drawn
    mkdir -p "$run"
    env "${@:2}" "$injeung" eval "$photos" --timed 0 --scores "$run/photos.csv" >>"$folder/eval.md"
    for drawn in var/drawn/fit-overlay-*/; do
        [[ $drawn == */fit-overlay-plain/ ]] || env "${@:2}" "$injeung" eval "$drawn" --timed 0 --non-matching 3 \
            --least-non-matching 110 --scores "$run/$(basename "$drawn").csv" >>"$folder/eval.md"
    done
}
score all
score without-lighterglue INJEUNG__VISION__NEURAL__MATCHER_ENABLED=false
"$python" scripts/fit/fit.py "$folder/all" "$folder/without-lighterglue" --prior "${PRIOR:-0.5}" --out "$out" |
    tee docs/data/fit.md
