#!/usr/bin/env bash
# Times the stages, and whole requests against the least there is to do and against a plain pipeline
# of AKAZE at full size; puts the tables into docs/performance.md.
#
#   PHOTOS=DIR       the photo set, ../shared/photos unless given
#   RUNS=N           requests of each kind, 20 unless given
#   CHECKS=N,M       after how many requests memory is looked at, 1000,10000 unless given
#   STAGES=0         leaves the benchmarks of the stages out
#   AKAZE=0          leaves the plain pipeline out, which takes some three minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
as_delivered

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

# What the photos are, reference, photo; those of $folder are made here. The first ones are those that
# the memory is looked at with.
pairs=(
    "1 MP, right" "$photos/cwz-desk/1.jpg" "$photos/cwz-desk/2.jpg"
    "1 MP, right, other light" "$photos/nle-tower/1.jpg" "$photos/nle-tower/2.jpg"
    "1 MP, right, from aside" "$photos/pt-london-bridge/1.jpg" "$photos/pt-london-bridge/4.jpg"
    "1 MP, wrong" "$photos/cwz-desk/1.jpg" "$photos/nle-tower/1.jpg"
    "12 MP, right" "$folder/easy-1.jpg" "$folder/easy-2.jpg"
    "12 MP, right, other light" "$folder/light-1.jpg" "$folder/light-2.jpg"
    "12 MP, right, from aside" "$folder/aside-1.jpg" "$folder/aside-2.jpg"
    "12 MP of a phone, wrong" "$photos/large/monstree_1027.jpg" "$photos/large/ch_room1.jpg"
)
# The large photos of the set show no scene twice in a way that any tier recognises, so the right ones
# are enlarged, with noise that makes the files as large as a phone's.
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
# The tier that settles a pair: the last of those that were asked.
settled_by() {
    { "$injeung" compare "$1" "$2" || [[ $? == 1 ]]; } | sed -nE '1s/^[^;]*; ([^;]*);.*/\1/p' |
        sed -E 's/(.* )?([a-z]+) [0-9.]+$/\2/'
}
ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'
}
{
    echo "Measured on $(date +%F) on $(machine): milliseconds of processor time, one worker, SQLite and disk."
    echo
    echo "| photos | settled by | answer | request | floor | request / floor | plain pipeline | plain pipeline / request |"
    echo "|---|---|---|---|---|---|---|---|"
    for ((i = 0; i < ${#pairs[@]}; i += 3)); do
        name=${pairs[i]}
        IFS=$'\t' read -r _ status request < <(grep "^$name"$'\t' "$folder/requests.tsv")
        tier=$(settled_by "${pairs[i + 1]}" "${pairs[i + 2]}")
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
    put_between stages "$folder/stages.md" docs/performance.md
fi
