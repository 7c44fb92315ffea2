"""Tests of the fit on generated counts."""

import csv
import tempfile
import tomllib
import unittest
from pathlib import Path

import numpy as np

import fit
import model
import points
import scores

MATCHING, NON_MATCHING = {"quick": 6.0, "sift": 12.0}, {"quick": 0.6, "sift": 0.2}
# Share of confirmed inliers.
CONFIRMED = {"matching": 0.8, "non-matching": 0.2}


def pairs(seed=1, sites=40, non_matching=2000, drawn=0):
    """Returns matching pairs with mostly many inliers, non-matching ones with mostly few, and drawn ones with many
    unconfirmed inliers."""
    random = np.random.default_rng(seed)
    rows = []

    def add(kind, a, b, inliers, is_drawn=False):
        counts = [[found, random.binomial(int(found), CONFIRMED[kind])] for found in np.floor(inliers)]
        rows.append((kind, a, b, counts, is_drawn))

    for site in range(sites):
        for _ in range(4):
            add("matching", site, site, [random.exponential(MATCHING[t]) for t in MATCHING])
    for _ in range(non_matching):
        add("non-matching", *random.choice(sites, 2, replace=False), [random.exponential(NON_MATCHING[t]) for t in NON_MATCHING])
    for _ in range(drawn):
        add("non-matching", *random.choice(sites, 2, replace=False), [random.exponential(20.0) for _ in NON_MATCHING], True)
    rows.append(("look-alike", 0, 0, [[3, 3], [3, 3]], False))
    names = np.array([[str(a), str(b)] for _, a, b, *_ in rows])
    strata = np.where(names.astype(int) % 4 == 0, "hard", "ordinary")
    kinds = np.array([kind for kind, *_ in rows])
    scores_ = np.array([counts for *_, counts, _ in rows], dtype=float)
    return scores.Pairs(kinds, strata, names, names, scores_, list(MATCHING), np.array([row[-1] for row in rows]))


class Fit(unittest.TestCase):
    """Fits generated pairs."""

    def test_weights_never_make_confirmed_inliers_count_against(self):
        random = np.random.default_rng(2)
        matching = random.random(400) < 0.5
        useful = random.exponential(np.where(matching, 8.0, 1.0))
        misleading = random.exponential(np.where(matching, 1.0, 8.0))
        counts = np.stack([useful, misleading], axis=1)
        found = model.fit(np.stack([counts, counts], axis=-1), matching, 0.5)
        self.assertGreater(found.weights[0, :2].max(), 0)
        self.assertEqual(found.weights[1, :2].tolist(), [0, 0])

    def test_drawn_pairs_take_part_but_decide_no_threshold(self):
        real, all_ = pairs(), pairs(drawn=400)
        found = [fit.run([each], 0.5, 5, "2026-01-02")[0] for each in (real, all_)]
        alone, both = [tomllib.loads(text)["model"][-1] for text in found]
        self.assertNotEqual(alone["bias"], both["bias"])
        # If they counted for thresholds, their many inliers would raise this far above 0.9.
        self.assertLess(both["points"]["balanced"], 0.9)

    def test_a_repetition_is_never_accepted(self):
        counts = np.array([[[0, 0], [250, 50]], [[0, 0], [250, 200]], [[0, 0], [40, 5]]], dtype=float)
        names = np.array([["1", "2"]] * 3)
        found = scores.Pairs(np.array(["non-matching"] * 3), names, names, names, counts, ["quick", "xfeat"], np.zeros(3, bool))
        self.assertEqual(found.repetition(("quick", "xfeat")).tolist(), [True, False, False])
        unseen = {("quick",): np.full(3, 0.5), ("quick", "xfeat"): np.full(3, 0.99)}
        probability, _ = points.cascade(
            found, unseen, ("quick", "xfeat"), {("quick",): 0.9}, {("quick",): 0.1},
            {("quick", "xfeat"): {"strict": 0.9, "balanced": 0.5, "lenient": 0.2}},
        )
        self.assertEqual(probability.tolist(), [0.0, 0.99, 0.99])

    def test_the_prior_moves_the_probabilities(self):
        all_ = pairs()
        fitted = ~all_.of("look-alike")
        low, high = [
            model.fit(all_.scores[fitted], all_.of("matching")[fitted], prior).probability(all_.scores).mean()
            for prior in (0.2, 0.8)
        ]
        self.assertLess(low + 0.05, high)

    def test_a_pair_is_scored_by_a_model_that_saw_neither_site(self):
        all_ = pairs()
        before = model.out_of_fold(all_, all_.scores, 0.5, 5)
        self.assertTrue(np.isfinite(before).all())
        # Changing the matching pairs of a site must not change the model that scores its non-matching pairs.
        poisoned = pairs()
        inside = (poisoned.sites == "3").any(axis=1)
        poisoned.scores[inside & poisoned.of("matching")] = 0.0
        after = model.out_of_fold(poisoned, poisoned.scores, 0.5, 5)
        unchanged = inside & poisoned.of("non-matching")
        np.testing.assert_array_equal(before[unchanged], after[unchanged])
        self.assertGreater(np.abs(before[~inside] - after[~inside]).max(), 1e-6)

    def test_thresholds_keep_their_share(self):
        non_matching = np.arange(1000) / 1000
        for far in (0.0, 0.001, 0.005, 0.02):
            least = points.threshold(np.array([2.0]), non_matching, far)
            self.assertEqual((non_matching >= least).sum(), round(far * 1000))
        # Tied non-matching pairs are rejected together; matching ones with a higher score are not.
        least = points.threshold(np.array([0.0, 0.5]), np.zeros(1000), 0.02)
        self.assertTrue(0 < least < 0.5)

    def test_the_file_contains_the_fit(self):
        all_ = pairs()
        text, lines = fit.run([all_], 0.5, 5, "2026-01-02")
        read = tomllib.loads(text)
        self.assertEqual((read["fitted"], read["matching"], read["non_matching"]), ("2026-01-02", 160, 2000))
        self.assertEqual([entry["tiers"] for entry in read["model"]], [["quick"], ["sift"], ["quick", "sift"]])
        first, _, last = read["model"]
        self.assertTrue(0 < first["hopeless"] < 0.5 < first["sure"] < 1)
        self.assertNotIn("sure", last)
        self.assertNotIn("hopeless", last)
        self.assertEqual(sorted(last["points"]), ["balanced", "lenient", "strict"])
        self.assertTrue(last["points"]["strict"] >= last["points"]["balanced"] >= last["points"]["lenient"])
        # The written numbers are precise enough to reproduce the model.
        unseen = model.out_of_fold(all_, all_.scores, 0.5, 5)
        columns = lambda *names: np.array([last[name] for name in names]).T
        weights = columns("inliers", "confirmed")
        whole = model.Model(last["bias"], weights, columns("inlier_scales", "confirmed_scales"))
        fitted = ~all_.of("look-alike")
        exact = model.fit(all_.scores[fitted], all_.of("matching")[fitted], 0.5)
        self.assertLess(np.abs(whole.probability(all_.scores) - exact.probability(all_.scores)).max(), 1e-3)
        non_matching = unseen[all_.of("non-matching")]
        self.assertLessEqual((non_matching >= last["points"]["balanced"]).mean(), 0.005)
        self.assertTrue(any(line.startswith("| look-alikes | strict |") for line in lines))
        self.assertTrue(any(line.startswith("| sift |") for line in lines))

    def test_early_decisions_are_on_the_same_side_of_every_point(self):
        all_ = pairs()
        tiers = ("quick", "sift")
        unseen = {set_: model.out_of_fold(all_, all_.of_tiers(set_), 0.5, 5) for set_ in [tiers[:1], tiers]}
        thresholds = {tiers: {"strict": 0.9, "balanced": 0.5, "lenient": 0.2}}
        found, place = points.cascade(all_, unseen, tiers, {tiers[:1]: 0.6}, {tiers[:1]: 0.3}, thresholds)
        decided = place == 0
        self.assertTrue(decided.any() and not decided.all())
        self.assertTrue(((found[decided] >= 0.9) | (found[decided] < 0.2)).all())
        self.assertTrue((found[decided] >= 0.9).any() and (found[decided] < 0.2).any())
        np.testing.assert_array_equal(found[~decided], unseen[tiers][~decided])

    def test_lighterglue_and_the_alignment_pass_need_xfeat(self):
        sets = fit.possible_sets(["quick", "xfeat", "lighterglue", "aligned"])
        self.assertIn(("quick", "xfeat", "lighterglue", "aligned"), sets)
        self.assertIn(("xfeat", "aligned"), sets)
        self.assertNotIn(("quick", "lighterglue"), sets)
        self.assertNotIn(("quick", "aligned"), sets)
        self.assertEqual(len(sets), 9)

    def test_a_set_uses_the_run_with_the_fewest_other_tiers(self):
        all_, quick = pairs(), pairs()
        quick.tiers, quick.scores = ["quick"], quick.scores[:, :1] / 3
        text, _ = fit.run([all_, quick], 0.5, 5, "2026-01-02")
        alone, sift, both = [entry["inlier_scales"] for entry in tomllib.loads(text)["model"]]
        # A third of the scores has a third of the scale, which is at least 1.
        self.assertAlmostEqual(alone[0], max(1.0, both[0] / 3), places=3)
        self.assertEqual(sift[0], both[1])
        with self.assertRaises(SystemExit):
            fit.run([quick, all_], 0.5, 5, "2026-01-02")

    def test_a_threshold_is_the_median_of_many_divisions(self):
        found = [{"strict": strict, "balanced": 0.5, "lenient": 0.1} for strict in (0.6, 0.9, 0.7)]
        self.assertEqual(points.medians(found), {"strict": 0.7, "balanced": 0.5, "lenient": 0.1})
        all_ = pairs()
        text, _ = fit.run([all_], 0.5, 5, "2026-01-02")
        first = tomllib.loads(text)["model"][0]
        matching, non_matching = all_.of("matching"), all_.of("non-matching")
        strict = []
        for division in range(fit.DIVISIONS):
            p = model.out_of_fold(all_, all_.of_tiers(["quick"]), 0.5, 5, division)
            strict.append(points.threshold(p[matching], p[non_matching], 0.001))
        self.assertGreater(max(strict) - min(strict), 1e-4)
        self.assertAlmostEqual(first["points"]["strict"], float(np.median(strict)), places=5)

    def test_runs_of_other_pairs_are_rejected(self):
        with self.assertRaises(SystemExit):
            fit.run([pairs(), pairs(seed=2)], 0.5, 5, "2026-01-02")

    def test_probabilities_are_calibrated(self):
        all_ = pairs(non_matching=8000)
        found = model.out_of_fold(all_, all_.scores, 0.5, 5)
        for row in points.reliability_table(all_, found, 0.5)[2:]:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            if cells[1] and int(cells[3]) + int(cells[4]) >= 40 and int(cells[3]) >= 10:
                self.assertLess(abs(float(cells[1]) - float(cells[2])), 0.25, row)

    def test_tiers_are_read_in_the_order_they_run_in(self):
        columns = ["kind", "stratum_a", "stratum_b", "site_a", "site_b", "photo_a", "photo_b", "score"]
        columns += ["sift", "sift_confirmed", "quick", "quick_confirmed"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scores.csv"
            with open(path, "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(columns)
                writer.writerow(["matching", "s", "s", "p", "q", "1", "2", 0.5, 30, 9, 20, 7])
                writer.writerow(["non-matching", "s", "s", "p", "q", "1", "3", 0.5, 3, 1, 0, 0])
            read = scores.read(path)
        self.assertEqual(read.tiers, ["quick", "sift"])
        self.assertEqual(read.scores.tolist(), [[[20, 7], [30, 9]], [[0, 0], [3, 1]]])
        self.assertEqual(read.kind.tolist(), ["matching", "non-matching"])


if __name__ == "__main__":
    unittest.main()
