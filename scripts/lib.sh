# shellcheck shell=bash
# Shared functions, sourced from the project's folder.

# Runs a command as root.
as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Installs missing packages of Debian. The output of apt is shown only if it fails.
install_packages() {
    local package log missing=()
    for package in "$@"; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null |
            grep -qx installed || missing+=("$package")
    done
    if ((${#missing[@]})); then
        echo "installing ${missing[*]}" >&2
        log=$(mktemp)
        as_root apt-get update -qq >"$log" 2>&1 &&
            as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || {
            cat "$log" >&2
            return 1
        }
        rm "$log"
    fi
}

# unpack_package PACKAGE FOLDER: unpacks a package of Debian to FOLDER, which it replaces, without installing it.
unpack_package() {
    local work
    work=$(mktemp -d)
    # apt-get downloads as a separate user, which needs write access.
    chmod 777 "$work"
    (cd "$work" && apt-get download -qq "$1" >&2) || {
        as_root apt-get update -qq
        (cd "$work" && apt-get download -qq "$1" >&2)
    }
    # Whole or not at all, also if this is interrupted.
    mkdir "$work/unpacked"
    dpkg -x "$work/$1"_*.deb "$work/unpacked"
    rm -rf "$2"
    mkdir -p "$(dirname "$2")"
    mv "$work/unpacked" "$2"
    rm -rf "$work"
}

# virtual_environment FOLDER REQUIREMENTS [OPTION...]: makes FOLDER a Python environment of the packages that file REQUIREMENTS
# lists, unless it is one. pip gets the options.
virtual_environment() {
    local folder=$1 requirements=$2 lock
    shift 2
    mkdir -p "$(dirname "$folder")"
    # Another script may make the same one.
    exec {lock}>"$folder.lock"
    flock "$lock"
    if ! cmp --silent "$requirements" "$folder/requirements.txt"; then
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" --requirement "$requirements" >&2
        cp "$requirements" "$folder/requirements.txt"
    fi
    exec {lock}>&-
}

# cargo_tool NAME VERSION [OPTION...]: installs a program of crates.io, unless it is installed. cargo gets the options.
cargo_tool() {
    local name=$1 version=$2
    shift 2
    cargo install --list | grep -qx "$name v$version:" || cargo install --locked --quiet "$@" "$name" --version "$version"
}

# The program as delivered, and as `make run` and `make demo` build it. Variables instead of functions, so that $! of
# `"$injeung" serve &` is the service's own process.
export injeung=${CARGO_TARGET_DIR:-target}/release/injeung
export demo_injeung=${CARGO_TARGET_DIR:-target}/demo/injeung

# put_demo_challenge PROGRAM: creates challenge 1, which is open all day for a year, with participation 1.
put_demo_challenge() {
    local today
    today=$(date +%F)
    "$1" group put 1 --name demo --start-date "$(date -d "$today - 1 day" +%F)" \
        --end-date "$(date -d "$today + 1 year" +%F)" --start-time 00:00 --end-time 23:59:59 >&2
    "$1" participation put 1 --group 1 --user demo >&2
}

# address_of PID FILE: waits up to 30 seconds until service PID has written its address to the first line of FILE, and
# prints it.
address_of() {
    local pid=$1 output=$2 address
    for _ in {1..300}; do
        address=$(sed -n 's|^listening on \(http://.*\)$|\1|p;q' "$output" 2>/dev/null || true)
        if [[ -n $address ]]; then
            echo "$address"
            return
        fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "failed to start the service" >&2
    return 1
}

# Prepares a measurement of the program as delivered: all tiers, none of the caller's settings.
as_delivered() {
    local weights
    unset "${!INJEUNG__@}"
    for weights in xfeat lighterglue; do
        [[ -f var/models/$weights.safetensors ]] || {
            echo "failed to find var/models/$weights.safetensors: run \`make setup\`" >&2
            return 1
        }
    done
}

# Prints processor and number of cores.
machine() {
    local model
    model=$(sed -n 's/^model name\s*: //p;T;q' /proc/cpuinfo)
    echo "${model:-$(uname -m)}, $(nproc) cores"
}

# put_between NAME TEXT_FILE FILE: replaces the lines between `<!-- NAME -->` and `<!-- /NAME -->` of FILE.
put_between() {
    local made
    grep -qx "<!-- $1 -->" "$3" && grep -qx "<!-- /$1 -->" "$3" || {
        echo "failed to find the markers of $1 in $3" >&2
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
