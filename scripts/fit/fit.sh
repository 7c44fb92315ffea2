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
"$injeung" eval "$photos" --scores "$folder/all.csv" >"$folder/eval.md"
# Without LighterGlue the second look goes by what XFeat found, and is XFeat's.
INJEUNG__VISION__NEURAL__MATCHER_ENABLED=false \
    "$injeung" eval "$photos" --scores "$folder/xfeat.csv" >>"$folder/eval.md"
"$python" scripts/fit/fit.py "$folder/all.csv" "$folder/xfeat.csv" --prior "${PRIOR:-0.5}" --out "$out" | tee "$folder/report.md"
put_between fit "$folder/report.md" docs/accuracy.md
