#!/usr/bin/env bash
# Runs the three calls over HTTP on real photos, against a separate service with empty storage in var/demo, and prints
# the responses. Fails if one differs from the expected status and errcode.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

scripts/setup.sh
scripts/demo-photos.sh
cargo build --profile demo --quiet --package injeung

photos=var/demo-photos
demo=var/demo
rm -rf "$demo"
mkdir -p "$demo/overlays"
export INJEUNG__SERVER__BIND=127.0.0.1:0
export INJEUNG__DATABASE__URL=sqlite://$demo/injeung.db
export INJEUNG__OBJECTS__DIR=$demo/objects

day() { date -d "$(date +%F) $1 days" +%F; }
put() { # id of participation and group, first day, last day
    "$demo_injeung" group put "$1" --start-date "$2" --end-date "$3" \
        --start-time 00:00 --end-time 23:59:59 >/dev/null
    "$demo_injeung" participation put "$1" --group "$1" >/dev/null
}
put 1 "$(day -2)" "$(day +30)" # open now
put 2 "$(day +7)" "$(day +30)" # not yet
put 3 "$(day -30)" "$(day -7)" # over

"$demo_injeung" serve >"$demo/output" 2>"$demo/log" &
service=$!
trap 'kill -TERM "$service" 2>/dev/null; wait "$service"' EXIT
address=$(address_of "$service" "$demo/output")

# A grey picture without feature points.
python3 - "$demo/blank.png" <<'PYTHON'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
rows = (b'\0' + b'\x80' * 640) * 480
header = struct.pack('>IIBBBBB', 640, 480, 8, 0, 0, 0, 0)
picture = chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
open(sys.argv[1], 'wb').write(b'\x89PNG\r\n\x1a\n' + picture)
PYTHON

failures=0
row() { printf '%-38s %-15s %-26s %6s %8s  %s\n' "$@"; }
# call DESCRIPTION STATUS/ERRCODE ROUTE PARTICIPATION PHOTO [CURL OPTIONS...]
call() {
    local shows=$1 expected=$2 route=$3 participation=$4 photo=$5 field=feed_img response took
    shift 5
    [[ $route == std_img ]] && field=std_img
    response=$(curl --silent --show-error --max-time 60 --write-out '\n%{time_total}' \
        -F "participation_id=$participation" -F "$field=@$photo" "$@" "$address/$route")
    took=$(tail -n 1 <<<"$response")
    response=$(head -n 1 <<<"$response")
    local received
    received=$(jq -r '"\(.status)/\(.data.errcode // "-")"' <<<"$response")
    row "$shows" "$route" "$(basename "$photo")" "$received" "$(awk "BEGIN{printf \"%.0f\", $took*1000}")" \
        "$(jq -r .data.message <<<"$response")"
    if [[ $received != "$expected" ]]; then
        echo "  expected $expected" >&2
        failures=$((failures + 1))
    fi
}

text=(-F feed_content=hello)
row case call photo response ms message
call 'a reference is accepted' 200/- std_img 1 $photos/leuvenA.jpg
call 'the same scene, darker, is accepted' 200/- img_feature 1 $photos/leuvenB.jpg "${text[@]}"
call 'another scene is rejected' 400/4 img_feature 1 $photos/graf1.png "${text[@]}"
call 'a new reference replaces the old one' 200/- std_img 1 $photos/box.png
call 'the box is found among other things' 200/- img_feature 1 $photos/box_in_scene.png "${text[@]}"
call 'the old scene is rejected now' 400/4 img_feature 1 $photos/leuvenB.jpg "${text[@]}"
call 'a blank photo is rejected as reference' 400/3 std_img 1 $demo/blank.png
call 'a matching keyword is accepted' 200/- classification 1 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=squirrel
call 'a Korean keyword is accepted' 200/- classification 1 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=다람쥐
call 'a wider keyword is accepted' 200/- classification 1 $photos/fruits.jpg "${text[@]}" \
    -F classification_keyword=과일
call 'another keyword is rejected' 400/3 classification 1 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=자전거
call 'a reference before the dates' 200/- std_img 2 $photos/leuvenA.jpg
call 'a photo before the dates is rejected' 400/3 img_feature 2 $photos/leuvenB.jpg "${text[@]}"
call 'a keyword before the dates is rejected' 400/4 classification 2 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=squirrel
call 'a reference after the dates' 200/- std_img 3 $photos/leuvenA.jpg
call 'a photo after the dates is rejected' 400/3 img_feature 3 $photos/leuvenB.jpg "${text[@]}"
call 'an unknown participation' 400/1 std_img 99 $photos/leuvenA.jpg

echo
echo "rows in $demo/injeung.db:"
for table in auth_standard_img feed; do
    sqlite3 -header -column "$demo/injeung.db" "SELECT * FROM $table"
    echo
done
echo "photos in $demo/objects: $(find "$demo/objects" -type f | wc -l)"
fetched=$(sqlite3 "$demo/injeung.db" 'SELECT feed_img FROM feed LIMIT 1')
curl --silent --fail --output /dev/null --write-out "$fetched: %{http_code} %{content_type} %{size_download} bytes\n" "$fetched"

for pair in 'leuvenA.jpg leuvenB.jpg' 'box.png box_in_scene.png' 'leuvenA.jpg graf1.png'; do
    read -r reference photo <<<"$pair"
    overlay=$demo/overlays/${reference%.*}-${photo%.*}.jpg
    # Exit code 1 is the verdict "another scene".
    "$demo_injeung" compare "$photos/$reference" "$photos/$photo" --out "$overlay" >/dev/null || (($? == 1))
    echo "matches of $reference and $photo: $overlay"
done

if ((failures)); then
    echo "demo: $failures responses differ from the expected ones" >&2
    exit 1
fi
