#!/usr/bin/env bash
# Tests PROGRAM from outside: its description of itself, its metrics, its pages in a browser, and its
# Debian package.
#
#     scripts/test-program.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/api.sh "$1"
scripts/monitoring.sh "$1"
scripts/browser.sh "$1"
scripts/debian/check.sh "$1"
