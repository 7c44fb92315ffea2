"""Fits the local classifier's weights to labelled photos and prints their error rates on unseen ones as Markdown.

    fit.py list TABLES LABELLED SCENES                      prints id and path of each photo, for the example `evidence`
    fit.py fit TABLES LABELLED SCENES EVIDENCE WEIGHTS      writes the weights

LABELLED is the folder of fetch.sh, SCENES the optional photo set. Run by measure.sh.
"""

import datetime
import sys
from collections import Counter
from pathlib import Path

import numpy as np

import labels
import weights
from labels import ALSO, KIND, THING, OTHER

# Share of non-matching keywords that pass at the value 0.5.
PASSING_SHARE = 0.005
SWEEP = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
# Normal quantile of an interval of 95 %.
Z = 1.96


def main() -> None:
    command, tables, labelled, scenes, *files = sys.argv[1], *map(Path, sys.argv[2:])
    kinds = labels.read_keywords(tables / "keywords.tsv")
    photos = labels.photos_of_packages(tables / "photos.tsv", kinds, labelled)
    photos += labels.photos_of_scenes(tables / "scenes.tsv", kinds, scenes)
    if command == "list":
        print(*(f"{photo.id}\t{photo.path}" for photo in photos), sep="\n")
        return
    evidence_path, weights_path = files
    lines = evidence_path.read_text(encoding="utf-8").splitlines()
    times = [line for line in lines if line.startswith("#")]
    evidence = {}
    for line in lines:
        if not line.startswith("#"):
            photo, keyword, maximum, mean, detected = line.split("\t")
            evidence[photo, keyword] = (float(maximum), float(mean), float(detected) if detected else None)
    pairs, data = collect(photos, list(kinds), evidence)
    found = weights.fit(data, len(kinds))
    limit = weights.threshold(weights.out_of_fold(data, len(kinds), 5, 0), data.roles, PASSING_SHARE)
    weights_path.write_text(weights_text(found, limit, list(kinds), len({p.id for p, _ in pairs})), encoding="utf-8")
    values = 1 / (1 + np.exp(-weights.unseen(data, len(kinds), PASSING_SHARE)))
    known = {keyword for _, keyword in evidence}
    report(pairs, values, [keyword for keyword in kinds if keyword not in known], times)


def collect(photos, keywords, evidence):
    """Returns the pairs (photo, keyword) that have a role and evidence, and their data.

    Keywords with equal evidence, such as "sea" and "beach", mean the same classes. The program cannot tell them apart, so they
    have one number and one bias."""
    seen, pairs, rows = {}, [], []
    numbers = {}
    for number, keyword in enumerate(keywords):
        found = tuple(evidence.get((photo.id, keyword)) for photo in photos)
        numbers[keyword] = seen.setdefault(found, number)
    for photo in photos:
        for keyword, role in photo.roles.items():
            if (photo.id, keyword) in evidence:
                pairs.append((photo, keyword))
                rows.append((weights.inputs(*evidence[photo.id, keyword]), numbers[keyword], role, photo.group))
    return pairs, weights.Data(*(np.array(column) for column in zip(*rows)))


def weights_text(found, limit, keywords, photos) -> str:
    columns = dict(zip(weights.COLUMNS, found.columns))
    bias = found.bias - limit
    lines = [
        "# Written by scripts/photos/measure.sh; do not edit.",
        "#",
        "# The value of a concept is 1 / (1 + exp(-(bias + sum of weight * ln(p / (1 - p)) + the concept's own bias))); the",
        "# probabilities p are those of `ConceptEvidence`.",
        "",
        "format = 1",
        f'fitted = "{datetime.date.today()}"',
        f"photos = {photos}",
        "",
        "[classes]",
        f"bias = {bias:.5f}",
        *(f"{name} = {columns[f'classes.{name}']:.5f}" for name in ("maximum", "mean")),
        "",
        "[objects]",
        f"bias = {bias + columns['objects.bias']:.5f}",
        *(f"{name} = {columns[f'objects.{name}']:.5f}" for name in ("maximum", "mean", "detected")),
        "",
        "[concepts]",
        *(f'"{keyword}" = {own:.5f}' for keyword, own in zip(keywords, found.keywords) if abs(own) >= 5e-6),
    ]
    return "\n".join(lines) + "\n"


def report(pairs, values, unknown, times):
    sets = {"labelled set": "labelled/", "optional photo set": "scenes/"}
    print(f"# Keywords on unseen photos\n\nWritten by scripts/photos/measure.sh on {datetime.date.today()}. At the value 0.5, with 95 % intervals:\n")
    print("| photos | the thing | its kinds | smaller things | non-matching keywords |\n|---|---|---|---|---|")
    for name, start in sets.items():
        print(f"| {name}: {count_photos(pairs, start)} | {' | '.join(rates(pairs, values, start, 0.5))} |")
    for name, start in sets.items():
        if not count_photos(pairs, start):
            continue
        print(f"\nThe {name}:\n\n| minimum value | the thing | its kinds | smaller things | non-matching keywords |\n|---|---|---|---|---|")
        for value in SWEEP:
            print(f"| {value} | {' | '.join(rates(pairs, values, start, value, intervals=False))} |")
    print("\nAll photos at the value 0.5:\n\n| keyword | the thing | its kinds | non-matching photos |\n|---|---|---|---|")
    for keyword in sorted({keyword for _, keyword in pairs}):
        counts = [count(pairs, values, "", 0.5, role, keyword) for role in (THING, KIND, OTHER)]
        print(f"| {keyword} | {' | '.join(f'{yes}/{all_}' if all_ else '–' for yes, all_ in counts)} |")
    passing = Counter(k for (p, k), v in zip(pairs, values) if v >= 0.5 and p.roles[k] == OTHER)
    print("\nNon-matching keywords that pass most often:", ", ".join(f"{keyword} {number}" for keyword, number in passing.most_common(8)))
    print("Unknown keywords:", ", ".join(unknown) or "none")
    for line in times:
        name, milliseconds = line.removeprefix("# ").split("\t")
        print(f"Median {name}: {float(milliseconds):.0f} ms")


def count_photos(pairs, start) -> int:
    return len({photo.id for photo, _ in pairs if photo.id.startswith(start)})


def rates(pairs, values, start, min_value, intervals=True) -> list[str]:
    cells = []
    for role in (THING, KIND, ALSO, OTHER):
        yes, total = count(pairs, values, start, min_value, role)
        digits = 2 if role == OTHER else 0
        cell = f"{yes}/{total} ({100 * yes / total:.{digits}f} %)" if total else "–"
        if total and intervals:
            low, high = wilson(yes, total)
            cell = cell.replace(" %)", f" %, {100 * low:.{digits}f} to {100 * high:.{digits}f})")
        cells.append(cell)
    return cells


def count(pairs, values, start, min_value, role, keyword=None) -> tuple[int, int]:
    chosen = [
        value >= min_value
        for (photo, name), value in zip(pairs, values)
        if photo.id.startswith(start) and photo.roles[name] == role and keyword in (None, name)
    ]
    return sum(chosen), len(chosen)


def wilson(yes: int, total: int) -> tuple[float, float]:
    """Returns Wilson's interval of a share."""
    share = yes / total
    centre = share + Z * Z / (2 * total)
    width = Z * np.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    return (centre - width) / (1 + Z * Z / total), (centre + width) / (1 + Z * Z / total)


if __name__ == "__main__":
    main()
