#!/usr/bin/env bash
# Checks deploy/: the compose file and the manifests by schema, the Dockerfile and cross-references by scripts/deploy.
# Then breaks copies and verifies that each check fails.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

venv=$PWD/var/deploy
virtual_environment "$venv" scripts/deploy/requirements.txt --no-deps
# Oldest and newest supported version of Kubernetes.
versions=(1.27 1.37)

# Each function checks the project in folder $1.
dockerfile() { "$venv/bin/python" scripts/deploy/dockerfile.py "$1"; }
compose() {
    "$venv/bin/check-jsonschema" --quiet --builtin-schema vendor.compose-spec "$1/deploy/compose.yaml"
}
manifests() {
    local files version
    # kustomization.yaml has no Kubernetes schema; consistency checks it.
    mapfile -t files < <(find "$1/deploy/kubernetes" -name '*.yaml' ! -name kustomization.yaml)
    for version in "${versions[@]}"; do
        "$venv/bin/kubernetes-validate" --strict --quiet -k "$version" "${files[@]}"
    done
}
consistency() { "$venv/bin/python" scripts/deploy/check.py "$1"; }

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
copied() {
    rm -rf "${copy:?}"/*
    cp --parents -r deploy Cargo.toml config/default.toml rust-toolchain.toml LICENSE-* scripts/model \
        crates/vision/data scripts/moto/requirements.txt "$copy"
}

# Checks an intact copy first, so that a failure below is due to the change.
copied
for check in dockerfile compose manifests consistency; do "$check" "$copy"; done

# Verifies that check $1 fails after sed expression $3 on file $2.
notices() {
    copied
    sed -i -E "$3" "$copy/$2"
    if "$1" "$copy" >/dev/null 2>&1; then
        echo "deploy: check '$1' passes despite '$3' in $2" >&2
        exit 1
    fi
}
notices dockerfile deploy/Dockerfile 's/^USER .*/USER root/'
notices dockerfile deploy/Dockerfile 's/^ENTRYPOINT .*/ENTRYPOINT injeung serve/'
notices dockerfile deploy/Dockerfile 's/^HEALTHCHECK/HEALTCHECK/'
notices dockerfile deploy/Dockerfile 's/--from=model/--from=modell/'
notices dockerfile deploy/Dockerfile 's/^COPY LICENSE-MIT|LICENSE-APACHE/LICENCE/'
notices compose deploy/compose.yaml 's/healthcheck:/healthchek:/'
notices manifests deploy/kubernetes/deployment.yaml 's/readinessProbe:/readyProbe:/'
notices manifests deploy/kubernetes/scaler.yaml 's/maxReplicas: 10/maxReplicas: ten/'
notices consistency deploy/kubernetes/injeung.env 's/VISION__WORKERS/VISION__WORKER/'
notices consistency deploy/Dockerfile 's/(AUTH__REQUIRED)=true/\1=false/'
notices consistency deploy/compose.yaml 's/(image: postgres):.*/\1/'
notices consistency deploy/Dockerfile 's/^FROM debian:.*-slim$/FROM debian:latest/'
notices consistency deploy/Dockerfile 's/^FROM rust:[0-9.]+/FROM rust:1.0.0/'
notices consistency deploy/kubernetes/kustomization.yaml 's/(newTag:) .*/\1 0.0.9/'
notices consistency deploy/compose.yaml 's/moto:[0-9.]+/moto:1.0.0/'
notices consistency deploy/kubernetes/kustomization.yaml '/service\.yaml/d'
notices consistency deploy/kubernetes/deployment.yaml 's/configMapRef: \{ name: injeung/&x/'
notices consistency deploy/kubernetes/deployment.yaml 's/(GracePeriodSeconds:) .*/\1 30/'
notices consistency deploy/compose.yaml 's/(stop_grace_period:) .*/\1 20s/'
notices consistency deploy/kubernetes/scaler.yaml 's/maxReplicas: .*/maxReplicas: 20/'
notices consistency deploy/kubernetes/reextract.yaml 's/parallelism: .*/parallelism: 12/'
notices consistency deploy/kubernetes/reextract.yaml 's/completions: .*/completions: 11/'
echo "deploy: image, compose file and manifests pass"
