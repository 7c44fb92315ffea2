#!/usr/bin/env bash
# Measures what records of verifications cost: CPU time of the whole process for each verification, with `audit.enabled` and
# without, in turns within one run. Arguments: PROGRAM, by default the release build, and the number of rounds (default 12) of 10
# accepted and 10 rejected photos.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
as_delivered

program=${1:-$injeung}
rounds=${2:-12}
photos=var/demo-photos
work=$(mktemp -d)
services=()
# Stops the services, also after a failure.
finish() {
    local service
    for service in "${services[@]}"; do kill -TERM "$service" 2>/dev/null || true; done
    wait || true
    rm -rf "$work"
}
trap finish EXIT

declare -A pid address cpu
for audit in true false; do
    export INJEUNG__SERVER__BIND=127.0.0.1:0 INJEUNG__AUDIT__ENABLED=$audit
    export INJEUNG__DATABASE__URL=sqlite://$work/$audit.db INJEUNG__OBJECTS__DIR=$work/$audit
    put_demo_challenge "$program" 2>/dev/null
    "$program" serve >"$work/$audit.output" 2>/dev/null &
    pid[$audit]=$!
    services+=("$!")
    address[$audit]=$(address_of "$!" "$work/$audit.output")
    cpu[$audit]=0
    curl --silent --fail -F participation_id=1 -F "std_img=@$photos/leuvenA.jpg" "${address[$audit]}/std_img" >/dev/null
done

# User and system time of a process in clock ticks.
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
verify() {
    curl --silent -F participation_id=1 -F "feed_img=@$photos/$2" -F feed_content=hello "$1/img_feature" >/dev/null
}
for ((round = 0; round <= rounds; round++)); do
    # The order alternates, so that a trend of the machine affects both. The first round warms up.
    order=(true false)
    ((round % 2)) && order=(false true)
    for audit in "${order[@]}"; do
        before=$(ticks "${pid[$audit]}")
        for _ in {1..10}; do
            verify "${address[$audit]}" leuvenB.jpg
            verify "${address[$audit]}" graf1.png
        done
        # Records are written after the responses.
        sleep 0.5
        spent=$(($(ticks "${pid[$audit]}") - before))
        ((round)) && cpu[$audit]=$((cpu[$audit] + spent)) && echo "$audit $spent" >>"$work/spent"
    done
done

hertz=$(getconf CLK_TCK)
echo "machine: $(machine); $((rounds * 20)) verifications each"
for audit in true false; do
    awk -v audit=$audit -v hertz="$hertz" '$1 == audit { n++; sum += $2; square += $2 * $2 }
        END { mean = sum / n; deviation = sqrt((square - n * mean * mean) / (n - 1))
              printf "audit.enabled=%s: %.2f ms CPU a verification, deviation of rounds %.2f ms\n",
                  audit, mean * 1000 / hertz / 20, deviation * 1000 / hertz / 20 }' "$work/spent"
done
awk -v with="${cpu[true]}" -v without="${cpu[false]}" 'BEGIN { printf "records cost %+.2f %%\n", (with / without - 1) * 100 }'
