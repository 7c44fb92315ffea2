# shellcheck shell=bash
# What the scripts share; they source it from the project's folder.

# Runs a command as root, whoever asks.
as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Installs those of these packages of Debian that are missing.
install_packages() {
    local package missing=()
    for package in "$@"; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null |
            grep -qx installed || missing+=("$package")
    done
    if ((${#missing[@]})); then
        echo "installing ${missing[*]}" >&2
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
    fi
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

# For what is measured: the program as it is delivered, with all tiers and none of the caller's settings.
as_delivered() {
    local weights
    unset "${!INJEUNG__@}"
    for weights in xfeat lighterglue; do
        [[ -f var/models/$weights.safetensors ]] || {
            echo "there is no var/models/$weights.safetensors: run \`make setup\`" >&2
            return 1
        }
    done
}

# Names the machine.
machine() {
    local model
    model=$(sed -n 's/^model name\s*: //p;T;q' /proc/cpuinfo)
    echo "${model:-$(uname -m)}, $(nproc) cores"
}

# Puts the text of the file $2 between the lines `<!-- $1 -->` and `<!-- /$1 -->` of the file $3.
put_between() {
    local made
    grep -qx "<!-- $1 -->" "$3" && grep -qx "<!-- /$1 -->" "$3" || {
        echo "$3 has no place for $1" >&2
        return 1
    }
    made=$(mktemp)
    awk -v name="$1" -v text="$2" '
        $0 == "<!-- /" name " -->" { print ""; skipped = 0 }
        !skipped { print }
        $0 == "<!-- " name " -->" { print ""; while ((getline line < text) > 0) print line; skipped = 1 }
    ' "$3" >"$made"
    cat "$made" >"$3"
    rm "$made"
}
