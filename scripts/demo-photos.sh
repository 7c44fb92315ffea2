#!/usr/bin/env bash
# Unpacks the photos of Debian's package opencv-doc to var/demo-photos. Installing it would not help: slim images drop
# documentation.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

photos=var/demo-photos
[[ -f $photos/leuvenA.jpg && -f $photos/squirrel_cls.jpg ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unpack_package opencv-doc "$work/unpacked"
mkdir -p "$photos"
find "$work" -type f -path '*/examples/data/*' \
    \( -name '*.jpg' -o -name '*.png' -o -name '*.jpg.gz' -o -name '*.png.gz' \) \
    -exec cp {} "$photos/" \;
find "$photos" -name '*.gz' -exec gunzip -f {} +
echo "demo: $(find "$photos" -type f | wc -l) photos in $photos" >&2
