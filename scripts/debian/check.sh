#!/usr/bin/env bash
# Builds a Debian package of PROGRAM, installs it on a copy of this system in namespaces of its own, starts the service as
# its unit does, and removes the package again. The system itself does not change.
#
#     scripts/debian/check.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh
install_packages iproute2 systemd

systemd-analyze security --offline=true --threshold=20 --no-pager deploy/debian/injeung.service >/dev/null ||
    { echo "debian: the unit has an exposure above 2.0" >&2; exit 1; }

package=$(scripts/debian/build.sh "$1")
layer=$(mktemp -d)
trap 'as_root rm -rf "$layer"' EXIT
mkdir "$layer/root"
cp "$package" "$layer/injeung.deb"

# Runs in the namespaces: /, with changes kept in memory, becomes the root of the new system.
# Exits with 75 where a container allows no namespaces or mounts.
status=0
as_root unshare --mount --pid --net --fork true 2>/dev/null || status=75
((status)) || as_root unshare --mount --pid --net --fork bash -euo pipefail -s "$layer" <<'INSIDE' || status=$?
layer=$1
mount -t tmpfs tmpfs "$layer/root" || exit 75
mkdir "$layer/root"/{upper,work,merged}
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/root/upper,workdir=$layer/root/work" "$layer/root/merged" ||
    exit 75
system=$layer/root/merged
mount -t proc proc "$system/proc"
mount --bind /dev "$system/dev"
mount -t tmpfs tmpfs "$system/run"
cp "$layer/injeung.deb" "$system/run/injeung.deb"
ip link set lo up
exec chroot "$system" bash -euo pipefail -s <<'SYSTEM'
fail() { echo "debian: $1" >&2; exit 1; }
cd /
dpkg --install /run/injeung.deb >/run/log 2>&1 || { cat /run/log >&2; fail "the package cannot be installed"; }
[[ $(stat --format=%U:%a /var/lib/injeung) == injeung:750 ]] || fail "the state has another owner"
[[ $(stat --format=%G:%a /etc/injeung/environment) == injeung:640 ]] || fail "others can read the secrets"
systemd-analyze verify injeung.service || fail "the unit is not valid"

# As the unit starts it, but from another working directory.
command=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/injeung.service)
setpriv --reuid=injeung --regid=injeung --clear-groups --no-new-privs $command >/run/out 2>/run/err &
service=$!
for _ in {1..300}; do
    grep -q '^listening on' /run/out && break
    kill -0 "$service" 2>/dev/null || { cat /run/err >&2; fail "the service does not start"; }
    sleep 0.1
done
ready=$(curl --silent --fail http://127.0.0.1:8080/readyz) || fail "the service is not ready"
[[ $ready == *'"extractor":"ok"'* ]] || fail "the networks are not found: $ready"
[[ -f /var/lib/injeung/injeung.db ]] || fail "the database is elsewhere"
kill -TERM "$service"
wait "$service" || fail "the service does not stop cleanly"

echo '# changed' >>/etc/injeung/injeung.toml
dpkg --remove injeung >/run/log 2>&1 || { cat /run/log >&2; fail "the package cannot be removed"; }
[[ ! -e /usr/bin/injeung && -f /var/lib/injeung/injeung.db ]] || fail "removal left the program or lost the rows"
grep -q '# changed' /etc/injeung/injeung.toml || fail "removal lost the configuration"
SYSTEM
INSIDE
case $status in
    0) echo "debian: ${package##*/} is installed, started and removed" ;;
    75) echo "debian: ${package##*/} is built; this system allows no mounts, so it was not installed" >&2 ;;
    *) exit "$status" ;;
esac
