#!/usr/bin/env bash
# Installs what building and running Injeung needs on Debian, and builds the models.
# Does nothing where everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

# OpenCV and clang for the bindings, a C compiler for SQLite and TLS, CMake and NASM for
# libjpeg-turbo, Python and WordNet for the model; curl, jq and sqlite3 for the demo; a Postgres
# server, and OpenSSL for the feature `rusoto`, for the tests.
packages=(build-essential ca-certificates clang cmake curl jq libclang-dev libopencv-dev libssl-dev
    nasm openssl pkg-config postgresql python3 python3-venv sqlite3 wordnet-base)

install_packages "${packages[@]}"

command -v cargo >/dev/null || {
    echo "setup: Rust is missing; install the toolchain named in rust-toolchain.toml" >&2
    exit 1
}

scripts/model/build.sh
