#!/usr/bin/env bash
# Proves with `cargo tree` what each crate does not know; ARCHITECTURE.md says why.
set -euo pipefail
cd "$(dirname "$0")/.."

# crate, then the names of packages it may not depend on, however deep; EDGES are the kinds of
# dependencies that count, normal ones and those of build scripts unless given.
forbid() {
    local crate=$1 tree found
    shift
    tree=$(cargo tree --package "$crate" --all-features --edges "${EDGES:-normal,build}" --prefix none)
    found=$(grep -E "^($(IFS='|'; echo "$*")) " <<<"$tree" | sort -u || true)
    if [[ -n $found ]]; then
        printf 'layers: %s may not depend on:\n%s\n' "$crate" "$found" >&2
        exit 1
    fi
    echo "layers: $crate knows none of: $*"
}

# The domain takes these and nothing else, whatever new names the forbidden things come under.
allowed='async-trait|bytes|futures-util|img-parts|jiff|kamadak-exif|memchr|mockall|sha2|thiserror|time|tracing|unicode-normalization'
taken=$(cargo tree --package injeung-domain --all-features --edges normal,build --prefix none --depth 1)
if strangers=$(tail -n +2 <<<"$taken" | grep -vE "^($allowed) "); then
    printf 'layers: injeung-domain takes what it is not meant to:\n%s\n' "$strangers" >&2
    exit 1
fi

forbid injeung-domain actix-web anyhow axum config diesel diesel-async hyper libsqlite3-sys \
    object_store opencv reqwest rusoto_s3 tokio injeung-http injeung-storage injeung-vision
# The build script of turbojpeg-sys uses anyhow, of which nothing is linked into the program.
EDGES=normal forbid injeung-vision actix-web anyhow diesel diesel-async config injeung-http injeung-storage
forbid injeung-storage actix-web anyhow opencv config injeung-http injeung-vision
forbid injeung-http anyhow diesel diesel-async opencv config reqwest injeung-storage injeung-vision
