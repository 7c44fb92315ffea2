#!/usr/bin/env bash
# Drives the three calls over HTTP on real photos, against a service of its own whose rows and
# photos begin empty under var/demo, and prints what it answered.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

scripts/setup.sh
scripts/demo-photos.sh
cargo build --release --quiet --package injeung

photos=var/demo-photos
demo=var/demo
rm -rf "$demo"
mkdir -p "$demo/overlays"
export INJEUNG__SERVER__BIND=127.0.0.1:0
export INJEUNG__DATABASE__URL=sqlite://$demo/injeung.db
export INJEUNG__OBJECTS__DIR=$demo/objects

day() { date -d "$(date +%F) $1 days" +%F; }
put() { # participation and group, first day, last day
    "$injeung" group put "$1" --start-date "$2" --end-date "$3" \
        --start-time 00:00 --end-time 23:59:59 >/dev/null
    "$injeung" participation put "$1" --group "$1" >/dev/null
}
put 1 "$(day -2)" "$(day +30)" # open now
put 2 "$(day +7)" "$(day +30)" # not yet
put 3 "$(day -30)" "$(day -7)" # not any more

"$injeung" serve >"$demo/said" 2>"$demo/log" &
service=$!
trap 'kill -TERM "$service" 2>/dev/null; wait "$service"' EXIT
address=$(address_of "$service" "$demo/said")

# A grey picture without a single feature point.
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
# what it shows, expected status and errcode, call, participation, photo, further fields
call() {
    local shows=$1 expected=$2 route=$3 participation=$4 photo=$5 field=feed_img answer took
    shift 5
    [[ $route == std_img ]] && field=std_img
    answer=$(curl --silent --show-error --max-time 60 --write-out '\n%{time_total}' \
        -F "participation_id=$participation" -F "$field=@$photo" "$@" "$address/$route")
    took=$(tail -n 1 <<<"$answer")
    answer=$(head -n 1 <<<"$answer")
    local told
    told=$(jq -r '"\(.status)/\(.data.errcode // "-")"' <<<"$answer")
    row "$shows" "$route" "$(basename "$photo")" "$told" "$(awk "BEGIN{printf \"%.0f\", $took*1000}")" \
        "$(jq -r .data.message <<<"$answer")"
    if [[ $told != "$expected" ]]; then
        echo "  expected $expected" >&2
        failures=$((failures + 1))
    fi
}

text=(-F feed_content=hello)
row 'what it shows' call photo answer ms message
call 'a reference is accepted' 200/- std_img 1 $photos/leuvenA.jpg
call 'the same scene, darker, is accepted' 200/- img_feature 1 $photos/leuvenB.jpg "${text[@]}"
call 'another scene is refused' 400/4 img_feature 1 $photos/graf1.png "${text[@]}"
call 'a new reference replaces the old one' 200/- std_img 1 $photos/box.png
call 'the box is found among other things' 200/- img_feature 1 $photos/box_in_scene.png "${text[@]}"
call 'the old scene is refused now' 400/4 img_feature 1 $photos/leuvenB.jpg "${text[@]}"
call 'a blank photo is no reference' 400/3 std_img 1 $demo/blank.png
call 'the right keyword is accepted' 200/- classification 1 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=squirrel
call 'so is a Korean one' 200/- classification 1 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=다람쥐
call 'and a wider one' 200/- classification 1 $photos/fruits.jpg "${text[@]}" \
    -F classification_keyword=과일
call 'a wrong keyword is refused' 400/3 classification 1 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=자전거
call 'a reference may come before the window' 200/- std_img 2 $photos/leuvenA.jpg
call 'a photo before it is refused' 400/3 img_feature 2 $photos/leuvenB.jpg "${text[@]}"
call 'and a keyword' 400/4 classification 2 $photos/squirrel_cls.jpg "${text[@]}" \
    -F classification_keyword=squirrel
call 'a reference may come after the window' 200/- std_img 3 $photos/leuvenA.jpg
call 'a photo after it is refused' 400/3 img_feature 3 $photos/leuvenB.jpg "${text[@]}"
call 'a participation that does not exist' 400/1 std_img 99 $photos/leuvenA.jpg

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
    # 1 is the verdict "another scene", no failure.
    "$injeung" compare "$photos/$reference" "$photos/$photo" --out "$overlay" >/dev/null || (($? == 1))
    echo "what decided about $reference and $photo: $overlay"
done

if ((failures)); then
    echo "demo: $failures answers were not as expected" >&2
    exit 1
fi
