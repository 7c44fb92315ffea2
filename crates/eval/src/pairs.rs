//! Choice of the pairs that are compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::scenes::ScenePhoto;

/// Limits on the number of pairs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    /// Maximum number of matching pairs from one scene.
    pub(crate) pairs_per_scene: usize,
    /// Minimum number of non-matching pairs of a stratum for one of its matching pairs, if there are enough.
    pub(crate) non_matching_per_matching: usize,
    /// Minimum number of non-matching pairs of the stratum with the most matching pairs, if there are enough.
    pub(crate) least_non_matching: usize,
    /// Maximum number of look-alikes.
    pub(crate) look_alikes: usize,
    /// Seed for the choice of non-matching pairs and look-alikes.
    pub(crate) seed: u64,
}

/// What two photos have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Both show one scene.
    Matching,
    /// Both show different scenes of one site.
    LookAlike,
    /// They show different sites.
    NonMatching,
}

impl Relation {
    /// Name in files of scores, which `scripts/fit` reads.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Matching => "matching",
            Self::LookAlike => "look-alike",
            Self::NonMatching => "non-matching",
        }
    }
}

/// Two photos, by their indices in the list of photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) reference: usize,
    pub(crate) query: usize,
    pub(crate) relation: Relation,
}

/// Chooses pairs, the same ones for the same photos and seed. Matching pairs are the first of every scene in the order
/// of the photos. Non-matching pairs and look-alikes are in random order, as many as every stratum needs.
///
/// A non-matching pair belongs to the stratum of each of its photos.
pub(crate) fn choose(photos: &[ScenePhoto], choice: &Choice) -> Vec<Pair> {
    let [mut chosen, mut look_alikes, mut non_matching] = all(photos);
    keep_first_of_each_scene(&mut chosen, photos, choice.pairs_per_scene);
    let mut random = fastrand::Rng::with_seed(choice.seed);
    random.shuffle(&mut look_alikes);
    random.shuffle(&mut non_matching);
    keep_what_strata_need(&mut non_matching, photos, &needs(&chosen, photos, choice));
    look_alikes.truncate(choice.look_alikes);
    chosen.append(&mut look_alikes);
    chosen.append(&mut non_matching);
    chosen.sort_by_key(|pair| (pair.reference, pair.query));
    chosen
}

/// Strata in which a pair counts.
pub(crate) fn strata<'a>(photos: &'a [ScenePhoto], pair: &Pair) -> BTreeSet<&'a str> {
    let of = |place: usize| photos.get(place).map(|photo| photo.stratum.as_str());
    of(pair.reference).into_iter().chain(of(pair.query)).collect()
}

/// Pairs of every photo with every later one: matching pairs, look-alikes and non-matching pairs.
fn all(photos: &[ScenePhoto]) -> [Vec<Pair>; 3] {
    let [mut matching, mut look_alikes, mut non_matching] = [const { Vec::new() }; 3];
    for (reference, first) in photos.iter().enumerate() {
        for (query, second) in photos.iter().enumerate().skip(reference + 1) {
            let (relation, list) = if first.scene == second.scene {
                (Relation::Matching, &mut matching)
            } else if first.site == second.site {
                (Relation::LookAlike, &mut look_alikes)
            } else {
                (Relation::NonMatching, &mut non_matching)
            };
            list.push(Pair { reference, query, relation });
        }
    }
    [matching, look_alikes, non_matching]
}

fn keep_first_of_each_scene(pairs: &mut Vec<Pair>, photos: &[ScenePhoto], most: usize) {
    let mut taken = BTreeMap::<&str, usize>::new();
    pairs.retain(|pair| {
        let Some(photo) = photos.get(pair.reference) else { return false };
        let count = taken.entry(&photo.scene).or_default();
        *count += 1;
        *count <= most
    });
}

/// Number of non-matching pairs that each stratum needs.
fn needs<'a>(
    matching: &[Pair],
    photos: &'a [ScenePhoto],
    choice: &Choice,
) -> BTreeMap<&'a str, usize> {
    let mut needs = BTreeMap::new();
    for pair in matching {
        for stratum in strata(photos, pair) {
            *needs.entry(stratum).or_default() += choice.non_matching_per_matching;
        }
    }
    if let Some(most) = needs.values_mut().max() {
        *most = choice.least_non_matching.max(*most);
    }
    needs
}

/// Keeps the shortest prefix of the pairs that gives every stratum the number that it needs.
fn keep_what_strata_need(
    non_matching: &mut Vec<Pair>,
    photos: &[ScenePhoto],
    needs: &BTreeMap<&str, usize>,
) {
    let mut missing = needs.clone();
    missing.retain(|_, count| *count > 0);
    let mut kept = 0;
    for pair in non_matching.iter() {
        if missing.is_empty() {
            break;
        }
        kept += 1;
        for stratum in strata(photos, pair) {
            if let Some(count) = missing.get_mut(stratum) {
                *count -= 1;
                if *count == 0 {
                    missing.remove(stratum);
                }
            }
        }
    }
    non_matching.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICE: Choice = Choice {
        pairs_per_scene: 6,
        non_matching_per_matching: 2,
        least_non_matching: 30,
        look_alikes: 40,
        seed: 1,
    };

    /// Photos of scenes, each given as site, stratum and number of photos.
    fn photos(scenes: &[(&str, &str, usize)]) -> Vec<ScenePhoto> {
        let of = |(index, (site, stratum, count)): (usize, &(&str, &str, usize))| {
            let photo = ScenePhoto {
                scene: format!("scene {index}"),
                site: (*site).to_owned(),
                stratum: (*stratum).to_owned(),
                file: String::new(),
                path: "".into(),
            };
            vec![photo; *count]
        };
        scenes.iter().enumerate().flat_map(of).collect()
    }

    fn count(pairs: &[Pair], relation: Relation) -> usize {
        pairs.iter().filter(|pair| pair.relation == relation).count()
    }

    #[test]
    fn relations_follow_scene_and_site() {
        let photos = photos(&[("house", "easy", 2), ("house", "easy", 1), ("tree", "easy", 1)]);
        let of = |reference, query, relation| Pair { reference, query, relation };
        assert_eq!(
            choose(&photos, &CHOICE),
            [
                of(0, 1, Relation::Matching),
                of(0, 2, Relation::LookAlike),
                of(0, 3, Relation::NonMatching),
                of(1, 2, Relation::LookAlike),
                of(1, 3, Relation::NonMatching),
                of(2, 3, Relation::NonMatching),
            ]
        );
    }

    #[test]
    fn a_scene_gives_its_first_pairs() {
        let pairs = choose(&photos(&[("house", "easy", 5)]), &CHOICE);
        let places: Vec<_> = pairs.iter().map(|pair| (pair.reference, pair.query)).collect();
        assert_eq!(places, [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3)]);
    }

    #[test]
    fn every_stratum_gets_the_non_matching_pairs_it_needs_and_hardly_more() {
        let sites: Vec<String> = (0..40).map(|site| site.to_string()).collect();
        let scene = |site: &'static str, stratum| (site, stratum, 2);
        let names: Vec<&'static str> =
            sites.into_iter().map(|site| &*Box::leak(site.into_boxed_str())).collect();
        let scenes: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(index, site)| scene(site, if index < 30 { "easy" } else { "hard" }))
            .collect();
        let photos = photos(&scenes);
        let pairs = choose(&photos, &CHOICE);
        assert_eq!(count(&pairs, Relation::Matching), 40);
        let non_matching = |stratum| {
            pairs
                .iter()
                .filter(|pair| pair.relation == Relation::NonMatching)
                .filter(|pair| strata(&photos, pair).contains(stratum))
                .count()
        };
        // 30 matching pairs need 60 non-matching ones, and 10 need 20.
        assert!(non_matching("easy") >= 60 && non_matching("hard") >= 20);
        assert!(non_matching("easy") == 60 || non_matching("hard") == 20);
        let few = Choice { non_matching_per_matching: 0, ..CHOICE };
        let least: Vec<_> = choose(&photos, &few);
        assert!(count(&least, Relation::NonMatching) >= 30);
    }

    #[test]
    fn the_seed_alone_decides_which_pairs_are_chosen() {
        let photos = photos(&[("a", "easy", 9), ("b", "easy", 9), ("c", "easy", 9)]);
        let with = |seed| choose(&photos, &Choice { seed, ..CHOICE });
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
        assert_eq!(count(&with(1), Relation::NonMatching), 36);
    }
}
