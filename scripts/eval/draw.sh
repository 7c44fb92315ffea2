#!/usr/bin/env bash
# Draws the folders for fitting and measuring verdicts.
#
#   scripts/eval/draw.sh PHOTOS OUT_DIR [CASES]
#
# OUT_DIR/fit-* are for fitting, OUT_DIR/check-* for measuring only, OUT_DIR/case-* from the generators in CASES if that
# folder exists. Keeps folders newer than their generator. Installs the fonts it needs.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
photos=$1 out=$2 cases=${3:-}

fonts=/usr/share/fonts
install_packages fonts-lato fonts-nanum fonts-nanum-extra fonts-noto-cjk fonts-woowa-bm

source scripts/eval/venv.sh

# draw PREFIX SCRIPT ARGUMENTS...: runs SCRIPT with OUT replaced by a folder, and moves each kind to OUT_DIR/PREFIX-<kind>.
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
