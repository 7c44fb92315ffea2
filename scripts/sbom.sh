#!/usr/bin/env bash
# Writes what the program is made of to target/sbom: its crates in CycloneDX, and their licences.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

cargo_tool cargo-cyclonedx 0.5.9 --debug
folder=${CARGO_TARGET_DIR:-target}/sbom
mkdir -p "$folder"
cargo cyclonedx --quiet --manifest-path crates/app/Cargo.toml --format json --spec-version 1.5 \
    --override-filename injeung.cdx
mv crates/app/injeung.cdx.json "$folder"
# It writes one for each crate of the workspace.
rm -f crates/*/injeung.cdx.json
jq -r '[.metadata.component] + .components
    | map("\(.name) \(.version): \(.licenses[0].expression // .licenses[0].license.id // .licenses[0].license.name)")
    | unique[]' "$folder/injeung.cdx.json" >"$folder/licences.txt"
echo "$folder: injeung.cdx.json, licences.txt ($(wc -l <"$folder/licences.txt") crates)"
