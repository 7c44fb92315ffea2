#!/usr/bin/env bash
# Installs, builds and runs the service with the default configuration: SQLite and photos in var/, the local classifier,
# and a demo challenge that is open all day with participation 1.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

scripts/setup.sh
scripts/demo-photos.sh
cargo build --profile demo --package injeung

put_demo_challenge "$demo_injeung"

output=$(mktemp)
"$demo_injeung" serve >"$output" &
service=$!
# Ctrl-C reaches the service too, so it can have ended already.
trap 'kill -TERM "$service" 2>/dev/null || true; wait "$service" || true; rm -f "$output"' EXIT
# Being stopped is a success.
trap 'exit 0' INT TERM
address=$(address_of "$service" "$output")

cat <<TEXT

Open $address in a browser to try it with your own photos. The same calls in a shell:

curl -F participation_id=1 -F std_img=@var/demo-photos/leuvenA.jpg $address/std_img
curl -F participation_id=1 -F feed_img=@var/demo-photos/leuvenB.jpg -F feed_content=hello $address/img_feature
curl -F participation_id=1 -F feed_img=@var/demo-photos/squirrel_cls.jpg -F feed_content=hello -F classification_keyword=다람쥐 $address/classification

TEXT
wait "$service"
