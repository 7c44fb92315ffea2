#!/usr/bin/env bash
# Runs fuzz targets one after the other, all of them or the named ones, each for FUZZ_SECONDS (60), and prints a table:
#
#     FUZZ_SECONDS=1200 scripts/fuzz/fuzz.sh [TARGET...]
#
# New inputs are kept in var/fuzz/TARGET and used by the next run. An input that fails is in fuzz/artifacts/TARGET: correct
# the fault, and move the input to fuzz/corpus/TARGET, which the tests replay.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

venv=var/fuzz/venv
virtual_environment "$venv" scripts/fuzz/requirements.txt --no-deps --require-hashes
export PATH=$PWD/$venv/bin:$PATH

# The versions of the service. Cargo adds libFuzzer.
cp Cargo.lock fuzz/Cargo.lock
# The flags that instrument the code are unstable. Without a sanitizer: libFuzzer's feedback and the assertions of the
# targets find faults of safe Rust. Clang instruments libjpeg-turbo, too.
coverage=inline-8bit-counters,pc-table,trace-cmp
export RUSTC_BOOTSTRAP=1 CC=clang CFLAGS=-fsanitize-coverage=$coverage
# CMake links programs to try the compiler, without libFuzzer and Clang's runtime.
export LDFLAGS="-fno-sanitize-coverage=$coverage -Wl,--unresolved-symbols=ignore-all"
options=(--fuzz-dir fuzz --sanitizer none --target-dir "${CARGO_TARGET_DIR:-target}/fuzz")

(($#)) || mapfile -t all < <(cargo fuzz list --fuzz-dir fuzz)
cargo fuzz build "${options[@]}"
failed=0
echo '| target | seconds | executions | edges | inputs |'
echo '|---|---|---|---|---|'
for target in "$@" "${all[@]}"; do
    log=var/fuzz/$target.log
    mkdir -p "var/fuzz/$target"
    cargo fuzz run "${options[@]}" "$target" "var/fuzz/$target" "fuzz/corpus/$target" -- \
        -max_total_time="${FUZZ_SECONDS:-60}" -max_len=65536 -timeout=20 -rss_limit_mb=3000 \
        -print_final_stats=1 >"$log" 2>&1 || {
        failed=1
        grep -E '^(==|SUMMARY|thread|artifact|Test unit|.*panicked)|Test unit written' "$log" >&2 || true
    }
    sed -nE "s/^Done ([0-9]+) runs in ([0-9]+) .*/| $target | \2 | \1 |/p" "$log" | tr -d '\n'
    sed -nE 's/.* cov: ([0-9]+) .* corp: ([0-9]+).*/ \1 | \2 |/p' "$log" | tail -1
done
exit "$failed"
