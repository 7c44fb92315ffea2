#!/usr/bin/env bash
# Installs the packages of Debian that building and running need, and builds the models. Does nothing if all exist.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

# OpenCV and clang for the bindings; a C compiler for SQLite and TLS; CMake and NASM for libjpeg-turbo; Python and
# WordNet for the models; Git for the advisories; curl, jq and sqlite3 for the demo; Postgres and OpenSSL (feature
# `rusoto`) for tests.
packages=(build-essential ca-certificates clang cmake curl git jq libclang-dev libopencv-dev libssl-dev
    nasm openssl pkg-config postgresql python3 python3-venv sqlite3 wordnet-base)

# For the classifier's object detector. Another source of npm may conflict with Debian's package.
command -v npm >/dev/null || packages+=(npm)
install_packages "${packages[@]}"

command -v cargo >/dev/null || {
    echo "setup: failed to find cargo: install the toolchain of rust-toolchain.toml" >&2
    exit 1
}

scripts/model/build.sh
