#!/usr/bin/env bash
# Times the stages, and whole requests against the least there is to do and against a plain pipeline
# of AKAZE at full size; puts the tables into docs/performance.md.
#
#   PHOTOS=DIR       the photo set, ../shared/photos unless given
#   RUNS=N           requests of each kind, 20 unless given
#   CHECKS=N,M       after how many requests memory is looked at, 1000,10000 unless given
#   STAGES=0         leaves the benchmarks of the stages out
#   AKAZE=0          leaves the plain pipeline out, which takes a minute on 12 megapixels
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

photos=${PHOTOS:-../shared/photos}
[[ -d $photos/large ]] || {
    echo "bench: there are no photos at $photos/large" >&2
    exit 1
}
folder=var/bench
mkdir -p "$folder"
cargo build --release --quiet --package injeung
cargo build --release --quiet --package injeung-vision --example yardsticks
yardsticks=$(dirname "$injeung")/examples/yardsticks

# name, reference, photo
pairs=(
    "12 MP, right" large/monstree_1027.jpg large/monstree_1046.jpg
    "12 MP, wrong" large/monstree_1027.jpg large/ch_room1.jpg
    "1 MP, right" cwz-desk/1.jpg cwz-desk/2.jpg
    "1 MP, wrong" cwz-desk/1.jpg nle-tower/1.jpg
)
requests=()
for ((i = 0; i < ${#pairs[@]}; i += 3)); do
    requests+=("${pairs[i]}=$photos/${pairs[i + 1]},$photos/${pairs[i + 2]}")
done
# The memory is looked at with small photos.
requests=("${requests[@]:2}" "${requests[@]:0:2}")
python3 scripts/bench/requests.py "$injeung" "${requests[@]}" \
    --runs "${RUNS:-20}" --checks "${CHECKS-1000,10000}" >"$folder/requests.tsv"

milliseconds() {
    "$yardsticks" "$@" | sed 's/ ms.*//'
}
ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'
}
{
    echo "Measured on $(date +%F) on $(machine): milliseconds of processor time, one worker, SQLite and disk."
    echo
    echo "| photos | answer | request | floor | request / floor | plain pipeline | plain pipeline / request |"
    echo "|---|---|---|---|---|---|---|"
    for ((i = 0; i < ${#pairs[@]}; i += 3)); do
        name=${pairs[i]}
        IFS=$'\t' read -r _ status request < <(grep "^$name"$'\t' "$folder/requests.tsv")
        floor=$(milliseconds floor "$photos/${pairs[i + 2]}")
        akaze=- times=-
        # A wrong pair costs the plain pipeline what a right one does.
        if [[ ${AKAZE:-1} != 0 && $name == *right ]]; then
            akaze=$(milliseconds akaze "$photos/${pairs[i + 1]}" "$photos/${pairs[i + 2]}")
            times=$(ratio "$akaze" "$request")
        fi
        echo "| $name | $status | $request | $floor | $(ratio "$request" "$floor") | $akaze | $times |"
    done
    echo
    echo "| requests | resident memory, MiB |"
    echo "|---|---|"
    awk -F '\t' '$1 == "rss" { printf "| %d | %.1f |\n", $2, $3 / 1024 }' "$folder/requests.tsv"
} | tee "$folder/requests.md"
put_between requests "$folder/requests.md" docs/performance.md

if [[ ${STAGES:-1} != 0 ]]; then
    cargo bench --package injeung-vision --bench stages -- --output-format bencher 2>/dev/null |
        tee "$folder/stages.txt"
    {
        echo "Measured on $(date +%F) on $(machine): milliseconds on the clock, one thread."
        echo
        echo "| stage | median |"
        echo "|---|---|"
        sed -nE 's/^test (.*) \.\.\. bench: +([0-9]+) ns\/iter.*/\1\t\2/p' "$folder/stages.txt" |
            awk -F '\t' '{ printf "| %s | %.2f |\n", $1, $2 / 1e6 }'
    } | tee "$folder/stages.md"
    put_between stages "$folder/stages.md" docs/performance.md
fi
