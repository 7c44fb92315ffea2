#!/usr/bin/env bash
# Takes the pictures in docs/pictures, by the browser tests. They show sample photos of Debian's package opencv-doc only.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PICTURES=$work scripts/browser.sh "$@"
mkdir -p docs/pictures
cp "$work/try-1440-light.jpg" docs/pictures/try.jpg
cp "$work/console-pair-1440-light.jpg" docs/pictures/console.jpg
