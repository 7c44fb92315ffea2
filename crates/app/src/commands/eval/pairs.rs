//! Which photos are held against each other.

use std::collections::{BTreeMap, BTreeSet};

use super::scenes::ScenePhoto;

/// How many pairs are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// The most right pairs that one scene gives.
    pub(super) pairs_per_scene: usize,
    /// The least wrong pairs of a stratum for each of its right pairs, where there are so many.
    pub(super) wrong_per_right: usize,
    /// The least wrong pairs of the stratum with the most right pairs, where there are so many.
    pub(super) least_wrong: usize,
    /// The most look-alikes.
    pub(super) look_alikes: usize,
    /// What decides which wrong pairs and look-alikes are taken.
    pub(super) seed: u64,
}

/// What the two photos of a pair have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// The scene.
    Right,
    /// The site alone.
    LookAlike,
    /// Nothing.
    Wrong,
}

impl Relation {
    /// The name in files of scores.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::LookAlike => "look-alike",
            Self::Wrong => "wrong",
        }
    }
}

/// Two photos, by their places in the list of photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) reference: usize,
    pub(super) query: usize,
    pub(super) relation: Relation,
}

/// Chooses the pairs, the same ones for the same photos and seed: of every scene the first right
/// pairs in the photos' order; of all wrong pairs, in an order that the seed decides, as many as
/// every stratum needs; and look-alikes in such an order, too.
///
/// A wrong pair belongs to the stratum of each of its photos.
pub(super) fn choose(photos: &[ScenePhoto], choice: &Choice) -> Vec<Pair> {
    let [mut chosen, mut look_alikes, mut wrong] = all(photos);
    keep_first_of_each_scene(&mut chosen, photos, choice.pairs_per_scene);
    let mut random = fastrand::Rng::with_seed(choice.seed);
    random.shuffle(&mut look_alikes);
    random.shuffle(&mut wrong);
    keep_what_strata_need(&mut wrong, photos, &needs(&chosen, photos, choice));
    look_alikes.truncate(choice.look_alikes);
    chosen.append(&mut look_alikes);
    chosen.append(&mut wrong);
    chosen.sort_by_key(|pair| (pair.reference, pair.query));
    chosen
}

/// The strata that a pair counts for.
pub(super) fn strata<'a>(photos: &'a [ScenePhoto], pair: &Pair) -> BTreeSet<&'a str> {
    let of = |place: usize| photos.get(place).map(|photo| photo.stratum.as_str());
    of(pair.reference).into_iter().chain(of(pair.query)).collect()
}

/// Every photo with every later one: right pairs, look-alikes and wrong pairs.
fn all(photos: &[ScenePhoto]) -> [Vec<Pair>; 3] {
    let [mut right, mut look_alikes, mut wrong] = [const { Vec::new() }; 3];
    for (reference, first) in photos.iter().enumerate() {
        for (query, second) in photos.iter().enumerate().skip(reference + 1) {
            let (relation, list) = if first.scene == second.scene {
                (Relation::Right, &mut right)
            } else if first.site == second.site {
                (Relation::LookAlike, &mut look_alikes)
            } else {
                (Relation::Wrong, &mut wrong)
            };
            list.push(Pair { reference, query, relation });
        }
    }
    [right, look_alikes, wrong]
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

/// How many wrong pairs each stratum needs.
fn needs<'a>(
    right: &[Pair],
    photos: &'a [ScenePhoto],
    choice: &Choice,
) -> BTreeMap<&'a str, usize> {
    let mut needs = BTreeMap::new();
    for pair in right {
        for stratum in strata(photos, pair) {
            *needs.entry(stratum).or_default() += choice.wrong_per_right;
        }
    }
    if let Some(most) = needs.values_mut().max() {
        *most = choice.least_wrong.max(*most);
    }
    needs
}

/// Keeps as many of the first pairs as it takes to give every stratum what it needs.
fn keep_what_strata_need(
    wrong: &mut Vec<Pair>,
    photos: &[ScenePhoto],
    needs: &BTreeMap<&str, usize>,
) {
    let mut missing = needs.clone();
    missing.retain(|_, count| *count > 0);
    let mut kept = 0;
    for pair in wrong.iter() {
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
    wrong.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICE: Choice = Choice {
        pairs_per_scene: 6,
        wrong_per_right: 2,
        least_wrong: 30,
        look_alikes: 40,
        seed: 1,
    };

    /// Scenes of a site and a stratum each, with so many photos.
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
                of(0, 1, Relation::Right),
                of(0, 2, Relation::LookAlike),
                of(0, 3, Relation::Wrong),
                of(1, 2, Relation::LookAlike),
                of(1, 3, Relation::Wrong),
                of(2, 3, Relation::Wrong),
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
    fn every_stratum_gets_the_wrong_pairs_it_needs_and_hardly_more() {
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
        assert_eq!(count(&pairs, Relation::Right), 40);
        let wrong = |stratum| {
            pairs
                .iter()
                .filter(|pair| pair.relation == Relation::Wrong)
                .filter(|pair| strata(&photos, pair).contains(stratum))
                .count()
        };
        // 30 right pairs need 60 wrong ones and 10 need 20.
        assert!(wrong("easy") >= 60 && wrong("hard") >= 20);
        assert!(wrong("easy") == 60 || wrong("hard") == 20);
        let few = Choice { wrong_per_right: 0, ..CHOICE };
        let least: Vec<_> = choose(&photos, &few);
        assert!(count(&least, Relation::Wrong) >= 30);
    }

    #[test]
    fn the_seed_alone_decides_which_pairs_are_taken() {
        let photos = photos(&[("a", "easy", 9), ("b", "easy", 9), ("c", "easy", 9)]);
        let with = |seed| choose(&photos, &Choice { seed, ..CHOICE });
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
        assert_eq!(count(&with(1), Relation::Wrong), 36);
    }
}
