#!/usr/bin/env bash
# Runs the browser tests of the pages against PROGRAM with storage of its own, by default the program of `cargo build`. With
# PICTURES=FOLDER the tests write pictures of the pages there.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

install_packages chromium fonts-noto-cjk
# Node's own package, which some machines have instead of Debian's, includes npm.
command -v npm >/dev/null || install_packages nodejs npm
scripts/demo-photos.sh
(cd scripts/browser && npm ci --ignore-scripts --no-audit --no-fund --silent)

program=${1:-${CARGO_TARGET_DIR:-target}/debug/injeung}
work=$(mktemp -d)
export INJEUNG__SERVER__BIND=127.0.0.1:0
export INJEUNG__DATABASE__URL=sqlite://$work/injeung.db
export INJEUNG__OBJECTS__DIR=$work/objects

put_demo_challenge "$program"
"$program" serve >"$work/output" 2>"$work/log" &
open=$!
# A second service on the same storage, whose users need a credential. It loads no networks.
INJEUNG__AUTH__REQUIRED=true INJEUNG__VISION__NEURAL__ENABLED=false \
    "$program" serve >"$work/closed-output" 2>"$work/closed-log" &
closed=$!
trap 'kill -TERM "$open" "$closed" 2>/dev/null; wait "$open" "$closed" || true; rm -rf "$work"' EXIT
INJEUNG_ADDRESS=$(address_of "$open" "$work/output")
INJEUNG_CLOSED_ADDRESS=$(address_of "$closed" "$work/closed-output")
INJEUNG_CONSOLE_KEY=$("$program" key add --name reviewer --scope console)
INJEUNG_VERIFY_KEY=$("$program" key add --name app --scope verify)
export INJEUNG_ADDRESS INJEUNG_CLOSED_ADDRESS INJEUNG_CONSOLE_KEY INJEUNG_VERIFY_KEY
export INJEUNG_PHOTOS=$PWD/var/demo-photos
# A report about a few scenes, each with two photos.
export INJEUNG_REPORT=$work/report.html
scene() {
    mkdir -p "$work/scenes/$1"
    cp "var/demo-photos/$2" "var/demo-photos/$3" "$work/scenes/$1"
}
scene street leuvenA.jpg leuvenB.jpg
scene wall graf1.png graf3.png
scene plane aero1.jpg aero3.jpg
scene court basketball1.png basketball2.png
scene plant aloeL.jpg aloeR.jpg
scene board left01.jpg left02.jpg
"$program" eval "$work/scenes" --report "$INJEUNG_REPORT" >/dev/null
[[ -z ${PICTURES:-} ]] || export INJEUNG_PICTURES=$PICTURES

node --test --test-concurrency=1 scripts/browser/*.test.mjs || {
    tail -n 20 "$work/log" "$work/closed-log" >&2
    exit 1
}
