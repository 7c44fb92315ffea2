"""Tests of the labels and the fit on generated evidence."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

import fit
import labels
import weights

KEYWORDS = "# comment\ndog\t개\tanimal\nanimal\t동물\t\ncup\t컵\t\nlamp\t램프\t\n"


class Labels(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "keywords.tsv").write_text(KEYWORDS, encoding="utf-8")
        self.kinds = labels.read_keywords(self.folder / "keywords.tsv")

    def roles(self, things, also="", beside=""):
        row = f"package\tdog.JPG\t{'0f' * 32}\t{things}\t{also}\t{beside}\n"
        (self.folder / "photos.tsv").write_text(row, encoding="utf-8")
        (photo,) = labels.photos_of_packages(self.folder / "photos.tsv", self.kinds, Path("photos"))
        self.assertEqual(photo.path, Path("photos/0f0f0f0f0f0f0f0f.jpg"))
        return photo.roles

    def test_a_kind_matches_and_every_other_keyword_does_not(self):
        self.assertEqual(self.roles("dog"), {"dog": "thing", "animal": "kind", "cup": "other", "lamp": "other"})

    def test_what_may_be_visible_is_not_counted(self):
        self.assertEqual(self.roles("cup", beside="dog, animal"), {"cup": "thing", "lamp": "other"})

    def test_the_kind_of_a_smaller_thing_is_not_counted(self):
        self.assertEqual(self.roles("cup", also="dog"), {"cup": "thing", "dog": "also", "lamp": "other"})

    def test_an_unknown_keyword_is_reported(self):
        with self.assertRaisesRegex(ValueError, "unicorn"):
            self.roles("unicorn")


class Weights(unittest.TestCase):
    def data(self, seed=3, photos=240, keywords=6):
        """Evidence of photos in groups of 4. Half of the keywords have a label of the detector. Keyword 0 is found too often."""
        random, rows = np.random.default_rng(seed), []
        for photo in range(photos):
            for keyword in range(keywords):
                shown = keyword == photo % keywords
                probability = 1 / (1 + np.exp(-random.normal(1.0 if shown else -4.0 + 3.0 * (keyword == 0))))
                evidence = (probability, probability / 2, probability if keyword % 2 else None)
                rows.append((weights.inputs(*evidence), keyword, "thing" if shown else "other", photo // 4))
        return weights.Data(*(np.array(column) for column in zip(*rows)))

    def test_weights_of_evidence_are_not_negative_and_a_keyword_found_too_often_has_a_lower_bias(self):
        found = weights.fit(self.data(), 6)
        evidence = [i for i, name in enumerate(weights.COLUMNS) if not name.endswith("bias")]
        self.assertTrue((found.columns[evidence] >= 0).all(), found)
        self.assertEqual(found.keywords.argmin(), 0)

    def test_unseen_photos_have_about_the_wanted_share_of_non_matching_keywords(self):
        data = self.data()
        passed = weights.unseen(data, 6, 0.02) >= 0
        self.assertLess(abs(passed[data.roles == "other"].mean() - 0.02), 0.015)
        self.assertGreater(passed[data.roles == "thing"].mean(), 0.8)

    def test_groups_stay_together(self):
        groups = np.repeat(np.arange(30), 5)
        fold = weights.folds(groups, 5, 0)
        self.assertTrue(all(len(set(fold[groups == group])) == 1 for group in range(30)))
        self.assertEqual(sorted(np.bincount(fold)), [30] * 5)


class Collecting(unittest.TestCase):
    def test_keywords_that_the_program_cannot_tell_apart_have_one_number(self):
        photo = labels.Labelled("a", Path("a.jpg"), "group", {"sea": "thing", "beach": "other", "cup": "other", "unicorn": "other"})
        evidence = {("a", "sea"): (0.5, 0.4, None), ("a", "beach"): (0.5, 0.4, None), ("a", "cup"): (0.5, 0.4, 0.1)}
        pairs, data = fit.collect([photo], ["cup", "beach", "sea", "unicorn"], evidence)
        self.assertEqual([keyword for _, keyword in pairs], ["sea", "beach", "cup"])
        self.assertEqual(data.keywords.tolist(), [1, 1, 0])


class Report(unittest.TestCase):
    def test_the_interval_of_a_share(self):
        low, high = fit.wilson(90, 100)
        self.assertAlmostEqual(low, 0.8256, 4)
        self.assertAlmostEqual(high, 0.9448, 4)
        self.assertAlmostEqual(fit.wilson(0, 10)[0], 0.0)


if __name__ == "__main__":
    unittest.main()
