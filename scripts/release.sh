#!/usr/bin/env bash
# Builds the program as it is delivered and prints its SHA-256. No folder of the machine gets into it, except those of
# assembler sources, which `strip` removes; so two builds of a commit with the same toolchain and packages can be compared.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

scripts/setup.sh >&2
cargo_home=${CARGO_HOME:-$HOME/.cargo}
rust_source=$(rustc --print sysroot)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
maps=("$target=/target" "$PWD=/injeung" "$cargo_home=/cargo" "$rust_source=/rust")
rust_flags=() c_flags=()
for map in "${maps[@]}"; do
    rust_flags+=("--remap-path-prefix=$map")
    c_flags+=("-ffile-prefix-map=$map")
done
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export CARGO_ENCODED_RUSTFLAGS
CARGO_ENCODED_RUSTFLAGS=$(
    IFS=$'\x1f'
    echo "${rust_flags[*]}"
)
export CFLAGS="${c_flags[*]}" CXXFLAGS="${c_flags[*]}"
cargo build --release --locked --package injeung --features otlp,rekognition >&2
sha256sum "$injeung"
