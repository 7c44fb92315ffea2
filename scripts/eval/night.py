#!/usr/bin/env python3
"""Writes a manifest of the scenes of a folder by day and by night, and of all others as other places.

usage: night.py PHOTOS MANIFEST.csv

Scenes by day and by night have a note with "night" and the stratum "extreme". The others lose all photos but one, so that they
have no chain of their own.
"""
import csv
import sys
from pathlib import Path

COLUMNS = ("scene_id", "file", "site", "stratum")


def main():
    """Writes the manifest, with absolute paths."""
    photos, manifest = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    with open(photos / "manifest.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seen = set()
    with open(manifest, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            scene = row["scene_id"]
            is_night = row["stratum"] == "extreme" and "night" in row["note"]
            if is_night or scene not in seen:
                stratum = "day and night" if is_night else row["stratum"]
                writer.writerow((scene, photos / row["file"], row["site"] or scene, stratum))
            seen.add(scene)


if __name__ == "__main__":
    main()
