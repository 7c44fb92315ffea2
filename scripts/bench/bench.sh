#!/usr/bin/env bash
# Measures whole requests, a lower bound (decoding) and a plain pipeline of AKAZE at full size; writes the table to
# docs/performance.md. Measures the stages; writes their table to docs/data/stages.md.
#
#   PHOTOS=DIR       photo set, default ../shared/photos
#   RUNS=N           requests per pair of photos, default 20
#   CHECKS=N,M       request counts at which memory is measured, default 1000,10000
#   STAGES=0         skips the stages
#   AKAZE=0          skips the plain pipeline, which takes about three minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
as_delivered

photos=${PHOTOS:-../shared/photos}
[[ -d $photos/large ]] || {
    echo "bench: failed to find photos in $photos/large" >&2
    exit 1
}
folder=var/bench
mkdir -p "$folder"
cargo build --release --quiet --package injeung
cargo build --release --quiet --package injeung-vision --example yardsticks
yardsticks=$(dirname "$injeung")/examples/yardsticks

# Name, reference, photo. Photos in $folder are made below. Memory is measured with the first pair.
pairs=(
    "1 MP, matching" "$photos/cwz-desk/1.jpg" "$photos/cwz-desk/2.jpg"
    "1 MP, matching, other light" "$photos/nle-tower/1.jpg" "$photos/nle-tower/2.jpg"
    "1 MP, matching, from the side" "$photos/pt-london-bridge/1.jpg" "$photos/pt-london-bridge/4.jpg"
    "1 MP, non-matching" "$photos/cwz-desk/1.jpg" "$photos/nle-tower/1.jpg"
    "12 MP, matching" "$folder/easy-1.jpg" "$folder/easy-2.jpg"
    "12 MP, matching, other light" "$folder/light-1.jpg" "$folder/light-2.jpg"
    "12 MP, matching, from the side" "$folder/aside-1.jpg" "$folder/aside-2.jpg"
    "12 MP of a phone, non-matching" "$photos/large/monstree_1027.jpg" "$photos/large/ch_room1.jpg"
)
# No tier recognises a matching pair among the set's large photos, so matching pairs are enlarged, with noise that makes
# the files as large as a phone's.
for enlarged in easy-1=cwz-desk/1 easy-2=cwz-desk/2 light-1=nle-tower/1 light-2=nle-tower/2 \
    aside-1=pt-london-bridge/1 aside-2=pt-london-bridge/4; do
    "$yardsticks" enlarge "$photos/${enlarged#*=}.jpg" "$folder/${enlarged%=*}.jpg"
done
requests=()
for ((i = 0; i < ${#pairs[@]}; i += 3)); do
    requests+=("${pairs[i]}=${pairs[i + 1]},${pairs[i + 2]}")
done
python3 scripts/bench/requests.py "$injeung" "${requests[@]}" \
    --runs "${RUNS:-20}" --checks "${CHECKS-1000,10000}" >"$folder/requests.tsv"

milliseconds() {
    "$yardsticks" "$@" | sed 's/ ms.*//'
}
# Prints the tier that decides a pair: the last one that ran.
decided_by() {
    { "$injeung" compare "$1" "$2" || [[ $? == 1 ]]; } | sed -nE '1s/^[^;]*; ([^;]*);.*/\1/p' |
        sed -E 's/(.* )?([a-z]+) [0-9.]+$/\2/'
}
ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'
}
{
    echo "Measured on $(date +%F) on $(machine): milliseconds of processor time, one worker, SQLite and disk."
    echo
    echo "| photos | decided by | status | request | floor | request / floor | plain pipeline | plain pipeline / request |"
    echo "|---|---|---|---|---|---|---|---|"
    for ((i = 0; i < ${#pairs[@]}; i += 3)); do
        name=${pairs[i]}
        IFS=$'\t' read -r _ status request < <(grep "^$name"$'\t' "$folder/requests.tsv")
        tier=$(decided_by "${pairs[i + 1]}" "${pairs[i + 2]}")
        floor=$(milliseconds floor "${pairs[i + 2]}")
        akaze=- times=-
        if [[ ${AKAZE:-1} != 0 ]]; then
            akaze=$(milliseconds akaze "${pairs[i + 1]}" "${pairs[i + 2]}")
            times=$(ratio "$akaze" "$request")
        fi
        echo "| $name | $tier | $status | $request | $floor | $(ratio "$request" "$floor") | $akaze | $times |"
    done
    echo
    echo "| requests | resident memory, MiB |"
    echo "|---|---|"
    awk -F '\t' '$1 == "rss" { printf "| %d | %.1f |\n", $2, $3 / 1024 }' "$folder/requests.tsv"
} | tee "$folder/requests.md"
put_between requests "$folder/requests.md" docs/performance.md

if [[ ${STAGES:-1} != 0 ]]; then
    cargo bench --package injeung-neural --package injeung-vision --bench networks --bench stages -- --output-format bencher 2>/dev/null |
        tee "$folder/stages.txt"
    {
        echo "Measured on $(date +%F) on $(machine): milliseconds on the clock, one thread."
        echo
        echo "| stage | median |"
        echo "|---|---|"
        sed -nE 's/^test (.*) \.\.\. bench: +([0-9,]+) ns\/iter.*/\1\t\2/p' "$folder/stages.txt" |
            awk -F '\t' '{ gsub(",", "", $2); printf "| %s | %.2f |\n", $1, $2 / 1e6 }'
    } | tee "$folder/stages.md"
    put_between stages "$folder/stages.md" docs/data/stages.md
fi
