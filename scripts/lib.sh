# shellcheck shell=bash
# What the scripts share; they source it from the project's folder.

# Runs a command as root, whoever asks.
as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# The program as `make run` builds it. A variable and no function: `"$injeung" serve &` makes $! the
# process that signals are for.
export injeung=${CARGO_TARGET_DIR:-target}/release/injeung

# Waits up to 30 seconds for the service whose process is $1 to say on the first line of the file
# $2 where it listens, and prints the address.
address_of() {
    local pid=$1 said=$2 address
    for _ in {1..300}; do
        address=$(sed -n 's|^listening on \(http://.*\)$|\1|p;q' "$said" 2>/dev/null || true)
        if [[ -n $address ]]; then
            echo "$address"
            return
        fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "the service did not start" >&2
    return 1
}
