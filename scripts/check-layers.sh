#!/usr/bin/env bash
# Checks with `cargo tree` that each crate has no forbidden dependency (ARCHITECTURE.md).
set -euo pipefail
cd "$(dirname "$0")/.."

# forbid CRATE PACKAGE...: fails if CRATE depends on a PACKAGE, directly or not. EDGES lists the kinds of dependencies,
# default normal,build.
forbid() {
    local crate=$1 tree found
    shift
    tree=$(cargo tree --package "$crate" --all-features --edges "${EDGES:-normal,build}" --prefix none)
    found=$(grep -E "^($(IFS='|'; echo "$*")) " <<<"$tree" | sort -u || true)
    if [[ -n $found ]]; then
        printf 'layers: %s must not depend on:\n%s\n' "$crate" "$found" >&2
        exit 1
    fi
    echo "layers: $crate has none of: $*"
}

# The domain's direct dependencies are a closed list, so that no new name evades the list below.
allowed='async-trait|bytes|futures-util|icu_properties|img-parts|jiff|kamadak-exif|memchr|mockall|sha2|subtle|thiserror|time|tracing|unicode-normalization'
direct=$(cargo tree --package injeung-domain --all-features --edges normal,build --prefix none --depth 1)
if unexpected=$(tail -n +2 <<<"$direct" | grep -vE "^($allowed) "); then
    printf 'layers: injeung-domain has dependencies that are not allowed:\n%s\n' "$unexpected" >&2
    exit 1
fi

forbid injeung-domain actix-web anyhow axum config diesel diesel-async hyper libsqlite3-sys \
    object_store opencv reqwest rusoto_s3 tokio injeung-adapter injeung-http injeung-storage injeung-vision
forbid injeung-neural actix-web anyhow opencv rayon tokio injeung-adapter injeung-domain
forbid injeung-adapter actix-web anyhow config diesel hyper object_store opencv reqwest injeung-http injeung-storage \
    injeung-vision
# Normal dependencies only: the build script of turbojpeg-sys uses anyhow.
EDGES=normal forbid injeung-vision actix-web anyhow diesel diesel-async config injeung-http injeung-storage
EDGES=normal forbid injeung-eval actix-web anyhow diesel config injeung-http injeung-storage
forbid injeung-storage actix-web anyhow opencv config injeung-http injeung-vision
forbid injeung-http anyhow diesel diesel-async opencv config reqwest injeung-storage injeung-vision
