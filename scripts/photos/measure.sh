#!/usr/bin/env bash
# Measures the local classifier on the labelled photos, fits its weights to them, and writes the rates on unseen photos to
# docs/data/classification.md.
#
#   scripts/photos/measure.sh [WEIGHTS.toml]    default: the crate's weights
#   PHOTOS=DIR                                  the optional photo set, default ../shared/photos
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

tables=scripts/photos
labelled=var/labelled
scenes=${PHOTOS:-../shared/photos}
weights=${1:-crates/vision/src/local_classifier/weights.toml}
scripts/photos/fetch.sh

python=$labelled/venv/bin/python
virtual_environment "$labelled/venv" scripts/fit/requirements.txt --no-deps --only-binary :all:

# Threads do not speed up small matrices.
export OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
"$python" $tables/test_fit.py
"$python" $tables/fit.py list $tables $labelled "$scenes" >$labelled/photos.tsv
# The profile of the tests optimises this crate too; OpenCV runs the networks.
cargo build --quiet --workspace --all-features --example evidence
"${CARGO_TARGET_DIR:-target}/debug/examples/evidence" \
    $labelled/photos.tsv $tables/keywords.tsv >$labelled/evidence.tsv
"$python" $tables/fit.py fit $tables $labelled "$scenes" $labelled/evidence.tsv "$weights" |
    tee docs/data/classification.md
