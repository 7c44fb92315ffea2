#!/usr/bin/env bash
# Runs a command with a temporary PostgreSQL server:
#
#     scripts/postgres.sh cargo test -p injeung-storage
#
# INJEUNG_TEST_POSTGRES_URL has the server's URL, INJEUNG_TEST_POSTGRES_CERTIFICATE the path of its TLS certificate.
set -euo pipefail

(($#)) || {
    echo "usage: $0 COMMAND..." >&2
    exit 2
}

bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[[ -x $bin/initdb ]] || {
    echo "postgres: install the package postgresql" >&2
    exit 1
}

# The server does not run as root.
as_postgres() {
    if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi
}

folder=$(mktemp -d)
chmod 755 "$folder"
data=$folder/data
if ((EUID == 0)); then chown postgres "$folder"; fi

stop() {
    as_postgres "$bin/pg_ctl" --pgdata "$data" --mode immediate --silent stop || true
    rm -rf "$folder"
}

cd "$folder"
cat >certificate.conf <<'CONF'
[req]
distinguished_name = name
[name]
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost
CONF
# The data is temporary, so nothing is synced. The time zone reveals instants that are not kept in UTC.
cat >settings.conf <<CONF
fsync = off
full_page_writes = off
listen_addresses = '127.0.0.1'
max_connections = 300
ssl = on
synchronous_commit = off
timezone = 'Asia/Seoul'
unix_socket_directories = '$folder'
CONF

# Self-signed: a client that trusts the certificate trusts nothing else.
prepare() {
    "$bin/initdb" --pgdata "$data" --username postgres --auth trust --encoding UTF8 --locale C \
        --no-sync &&
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
            -config certificate.conf -extensions server -keyout "$data/server.key" \
            -out "$data/server.crt" &&
        cp "$data/server.crt" server.crt &&
        cat settings.conf >>"$data/postgresql.conf"
}
export -f prepare
export bin data
if ! as_postgres bash -c prepare >log 2>&1; then
    cat log >&2
    rm -rf "$folder"
    exit 1
fi
cd "$OLDPWD"
trap stop EXIT

# The server needs its port in advance, and another program can have it: try several.
for _ in {1..5}; do
    port=$((RANDOM % 20000 + 30000))
    if (cd "$folder" && as_postgres "$bin/pg_ctl" --pgdata "$data" --log "$data/log" --silent \
        --wait --options "-p $port" start >/dev/null); then
        INJEUNG_TEST_POSTGRES_CERTIFICATE=$folder/server.crt \
            INJEUNG_TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres "$@"
        exit
    fi
done
cat "$data/log" >&2
exit 1
