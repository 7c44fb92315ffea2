#!/usr/bin/env bash
# Takes the pictures in docs/pictures with PROGRAM, by default that of `cargo build`. They show sample photos of Debian's package
# opencv-doc only.
#
#     scripts/pictures.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."

program=${1:-${CARGO_TARGET_DIR:-target}/debug/injeung}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PICTURES=$work scripts/browser.sh "$program"
mkdir -p docs/pictures
take() { cp "$work/$1-1440-light.jpg" "docs/pictures/$2.jpg"; }
take try try
take console-pair console
take console-statistics statistics
take report report
"$program" compare var/demo-photos/leuven{A,B}.jpg --out docs/pictures/matches.jpg >/dev/null
