"""Reads the labels of the photos: what each keyword is for a photo."""

from dataclasses import dataclass
from pathlib import Path

# What a keyword is for a photo: its thing, a kind of its thing, something smaller that it shows too, not shown.
THING, KIND, ALSO, OTHER = "thing", "kind", "also", "other"


@dataclass(frozen=True)
class Labelled:
    """One photo. Photos of one group resemble each other: they come from one package or show one scene."""

    id: str
    path: Path
    group: str
    # THING, KIND, ALSO or OTHER by keyword; keywords that are not counted are missing.
    roles: dict[str, str]


def rows(path: Path) -> list[list[str]]:
    """Returns the fields of a table's lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def read_keywords(path: Path) -> dict[str, list[str]]:
    """Returns the kinds of each keyword."""
    return {english: _list(kinds) for english, _, kinds in rows(path)}


def photos_of_packages(table: Path, kinds: dict[str, list[str]], folder: Path) -> list[Labelled]:
    """Returns the photos of photos.tsv, which fetch.sh has put into the folder."""
    result = []
    for package, file, digest, things, also, beside in rows(table):
        path = folder / (digest[:16] + Path(file).suffix.lower())
        roles = _roles(list(kinds), kinds, _list(things), _list(also), _list(beside), [])
        result.append(Labelled(f"labelled/{digest[:16]}", path, package, roles))
    return result


def photos_of_scenes(table: Path, kinds: dict[str, list[str]], folder: Path) -> list[Labelled]:
    """Returns the labelled photos of a folder of scenes. Only the keywords of the table are asked."""
    parsed = [[_list(field) for field in fields] for fields in rows(table)]
    asked = sorted({keyword for _, *lists in parsed for names in lists for keyword in names} | {"cat", "coffee", "dog", "pizza"})
    result = []
    for starts, things, also, beside, shown in parsed:
        roles = _roles(asked, kinds, things, also, beside, shown)
        files = [file for start in starts for file in sorted(folder.glob(f"{start}*/*.jpg"))]
        result += [Labelled(f"scenes/{file.relative_to(folder)}", file, "/".join(starts), roles) for file in files]
    return result


def _roles(asked, kinds, things, also, beside, shown) -> dict[str, str]:
    unknown = {*things, *also, *beside, *shown} - kinds.keys()
    if unknown:
        raise ValueError(f"no keywords: {', '.join(sorted(unknown))}")
    shown = [*shown, *(kind for thing in things for kind in kinds[thing])]
    neither = {*beside, *(kind for thing in also for kind in kinds[thing])}
    roles = {}
    for keyword in asked:
        if keyword in things:
            roles[keyword] = THING
        elif keyword in shown:
            roles[keyword] = KIND
        elif keyword in also:
            roles[keyword] = ALSO
        elif keyword not in neither:
            roles[keyword] = OTHER
    return roles


def _list(field: str) -> list[str]:
    return [name for name in field.split(", ") if name]
