#!/usr/bin/env bash
# Checks deploy/monitoring: the alerts with promtool and its tests, and every metric and label that the alerts and the dashboard
# use against a running service.
#
#     scripts/monitoring.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

program=$1
scripts/demo-photos.sh
photos=var/demo-photos
venv=$PWD/var/deploy
virtual_environment "$venv" scripts/deploy/requirements.txt --no-deps
promtool=var/promtool/usr/bin/promtool
# Installing the package would start a server.
[[ -x $promtool ]] || unpack_package prometheus var/promtool
"$promtool" check rules --lint=all --lint-fatal deploy/monitoring/alerts.yaml >/dev/null
"$promtool" test rules scripts/deploy/alerts.test.yaml >/dev/null

work=$(mktemp -d)
"$venv/bin/python" scripts/deploy/stub.py >"$work/stub" &
stub=$!
trap 'kill -TERM "$stub" 2>/dev/null || true; rm -rf "$work"' EXIT
outside=$(address_of "$stub" "$work/stub")

# A service that exports every metric: without a tier's file, with a low rate limit, views and a receiver of webhooks.
export INJEUNG__SERVER__BIND=127.0.0.1:0 INJEUNG__DATABASE__URL=sqlite://$work/injeung.db \
    INJEUNG__OBJECTS__DIR=$work/objects INJEUNG__LOG__FILTER=error \
    INJEUNG__VISION__NEURAL__LIGHTERGLUE=$work/missing.safetensors \
    INJEUNG__CLASSIFIER__KIND=openai INJEUNG__CLASSIFIER__OPENAI__BASE_URL=$outside INJEUNG__CLASSIFIER__OPENAI__MODEL=stub \
    INJEUNG__WEBHOOKS__URL=$outside INJEUNG__WEBHOOKS__ALLOW_PRIVATE=true \
    INJEUNG__WEBHOOKS__SECRETS="whsec_$(openssl rand -base64 32)" \
    INJEUNG__HTTP__RATES__ADDRESS__REQUESTS_PER_MINUTE=20 INJEUNG__RULES__LEARN_VIEWS=true
put_demo_challenge "$program"
"$program" serve >"$work/output" &
service=$!
trap 'kill -TERM "$service" "$stub" 2>/dev/null || true; wait "$service" || true; rm -rf "$work"' EXIT
address=$(address_of "$service" "$work/output")

post() {
    local path=$1 expected=$2 status
    shift 2
    status=$(curl --silent --output /dev/null --write-out '%{http_code}' -F participation_id=1 "$@" "$address/$path")
    [[ $status == "$expected" ]] || {
        echo "monitoring: $path got $status, expected $expected" >&2
        exit 1
    }
}
post std_img 200 -F std_img=@$photos/leuvenA.jpg
# The second time as a replay, which is flagged.
for _ in 1 2; do post img_feature 200 -F feed_img=@$photos/leuvenB.jpg -F feed_content=hello; done
post img_feature 400 -F feed_img=@$photos/building.jpg -F feed_content=hello
post classification 200 -F feed_img=@$photos/squirrel_cls.jpg -F feed_content=hello -F classification_keyword=squirrel
for _ in {1..20}; do curl --silent --output /dev/null "$address/"; done
# The numbers of waiting messages are read every 15 seconds, and records are written after their responses.
for _ in {1..200}; do
    curl --silent "$address/metrics" >"$work/metrics"
    grep -q '^injeung_webhook_messages' "$work/metrics" && grep -q '^injeung_webhook_deliveries' "$work/metrics" &&
        grep -q '^injeung_attempts' "$work/metrics" && break
    sleep 0.1
done
"$promtool" check metrics <"$work/metrics" >&2
agree() { "$venv/bin/python" scripts/deploy/monitoring.py "$work/metrics" "$1"; }
agree .
# Verifies that a problem is found after sed expression $2 on file $1.
notices() {
    rm -rf "$work/copy"
    mkdir "$work/copy"
    cp --parents -r deploy/monitoring docs/operations.md "$work/copy"
    sed -i -E "$2" "$work/copy/$1"
    if agree "$work/copy" >/dev/null 2>&1; then
        echo "monitoring: the check passes despite '$2' in $1" >&2
        exit 1
    fi
}
notices deploy/monitoring/alerts.yaml 's/injeung_tier_missing/injeung_tiers_missing/'
notices deploy/monitoring/alerts.yaml 's/state="dead"/status="dead"/'
notices deploy/monitoring/alerts.yaml 's/by \(pool\)/by (queue)/'
notices deploy/monitoring/alerts.yaml 's/pool="vision"/pool="vison"/'
notices deploy/monitoring/alerts.yaml 's/dropped\|failed/lost|failed/'
notices deploy/monitoring/dashboard.json 's/injeung_body_bytes/up/'
notices docs/operations.md 's/^### InjeungQueue$/### Queue/'
echo "monitoring: $(grep -c '^# TYPE injeung' "$work/metrics") metrics, alerts and dashboard agree"
