#!/usr/bin/env bash
# Unpacks the photos of Debian's opencv-doc package under var/demo-photos. The package is not
# installed: slim images drop documentation, and only its pictures are wanted.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

photos=var/demo-photos
[[ -f $photos/leuvenA.jpg && -f $photos/squirrel_cls.jpg ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt-get fetches as a user of its own, who has to be able to write here.
chmod 777 "$work"
(cd "$work" && apt-get download -qq opencv-doc >&2) || {
    as_root apt-get update -qq
    (cd "$work" && apt-get download -qq opencv-doc >&2)
}
dpkg -x "$work"/opencv-doc_*.deb "$work"
mkdir -p "$photos"
find "$work" -type f -path '*/examples/data/*' \
    \( -name '*.jpg' -o -name '*.png' -o -name '*.jpg.gz' -o -name '*.png.gz' \) \
    -exec cp {} "$photos/" \;
find "$photos" -name '*.gz' -exec gunzip -f {} +
echo "demo: $(find "$photos" -type f | wc -l) photos are in $photos" >&2
