#!/usr/bin/env bash
# Draws the folders that verdicts are fitted to and measured on, each once.
#
#   scripts/eval/draw.sh PHOTOS OUT_DIR [CASES]
#
# OUT_DIR/fit-* are for fitting, OUT_DIR/check-* only for measuring; OUT_DIR/case-* come from the generators in CASES,
# where that folder exists. Does nothing for what is drawn already. Needs fonts of Debian, which it installs.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
photos=$1 out=$2 cases=${3:-}

fonts=/usr/share/fonts
install_packages fonts-lato fonts-nanum fonts-nanum-extra fonts-noto-cjk fonts-woowa-bm

venv=var/eval/venv
python=$venv/bin/python
if ! [[ $venv/complete -nt scripts/eval/requirements.txt ]]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --requirement scripts/eval/requirements.txt
    touch "$venv/complete"
fi
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1

# Runs a drawing program, whose output folder is given as OUT, and puts the kinds it drew under OUT_DIR/$1-<kind>.
draw() {
    local prefix=$1 script=$2 made
    shift
    [[ $out/.$prefix -nt $script ]] && return
    made=$(mktemp -d -p "$out")
    "$python" "${@/#OUT/$made}" >/dev/null
    for kind in "$made"/*/; do
        rm -rf "${out:?}/$prefix-$(basename "$kind")"
        mv "$kind" "$out/$prefix-$(basename "$kind")"
    done
    rm -rf "$made"
    touch "$out/.$prefix"
}

mkdir -p "$out"
nanum=$fonts/truetype/nanum
for group in fit check; do
    draw "$group-overlay" scripts/eval/overlays.py "$photos" OUT "$fonts" --group "$group"
    draw "$group-text" scripts/eval/repetition.py OUT "$fonts" --group "$group"
done
if [[ -n $cases && -d $cases ]]; then
    draw case-overlay "$cases/overlays.py" "$photos" OUT "$nanum"
    draw case-page "$cases/pages.py" OUT "$nanum"
fi
