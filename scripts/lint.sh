#!/usr/bin/env bash
# Checks formatting, lints, documentation, advisories, licences, layers and deploy/.
set -euo pipefail
cd "$(dirname "$0")/.."

# tool NAME VERSION: installs a cargo tool, unoptimised, since it builds faster and runs for seconds.
tool() {
    cargo "${1#cargo-}" --version 2>/dev/null | grep -qF "$2" ||
        cargo install --locked --debug --quiet "$1" --version "$2"
}
tool cargo-audit 0.22.2
tool cargo-deny 0.20.2

cargo fmt --all --check
cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --all-features --quiet

# A copy of the RustSec database beside the project works without a network.
if [[ -d ../shared/advisory-db ]]; then
    cargo audit --db ../shared/advisory-db --no-fetch --stale --deny warnings
else
    cargo audit --deny warnings
fi
cargo deny --log-level error check bans licenses sources

scripts/check-layers.sh
scripts/check-deploy.sh
