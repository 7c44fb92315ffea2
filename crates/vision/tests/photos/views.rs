//! Comparison with several views of a scene.

use injeung_domain::{LearnedView, MatchMode, ReferenceFeatures, ViewSearch};
use injeung_vision::{Cascade, MatchedView};
use opencv::core::Mat;

use crate::cascades::all;
use crate::scenes::{from_aside, photo, relit, wall};

fn view(cascade: &Cascade, pixels: &Mat) -> ReferenceFeatures {
    cascade.extract(&photo(pixels, ".jpg")).unwrap().0
}

fn find(
    cascade: &Cascade,
    views: &[ReferenceFeatures],
    pixels: &Mat,
    search: ViewSearch,
) -> Vec<MatchedView> {
    let query = cascade.query(&photo(pixels, ".jpg")).unwrap();
    cascade.compare_views(views, &query, MatchMode::Place, search).unwrap()
}

#[test]
fn the_views_of_the_scene_are_found_among_others() {
    let scene = wall(3);
    let aside = from_aside(&scene);
    for (tiers, cascade) in all() {
        let others = [11, 12, 13, 14].map(|seed| view(&cascade, &wall(seed)));
        let mut views = others.to_vec();
        views.insert(1, view(&cascade, &scene));
        views.insert(3, view(&cascade, &relit(&scene, 0.7, 20.0)));
        let places = |search| -> Vec<usize> {
            find(&cascade, &views, &aside, search).iter().map(|found| found.place).collect()
        };
        assert_eq!(places(ViewSearch::One).len(), 1, "{tiers}");
        let mut both = places(ViewSearch::Two);
        both.sort_unstable();
        assert_eq!(both, [1, 3], "{tiers}");
        assert!(find(&cascade, &others, &aside, ViewSearch::Two).is_empty(), "{tiers}");
    }
}

#[test]
fn a_view_gives_the_result_of_a_comparison() {
    let scene = wall(8);
    let aside = from_aside(&scene);
    for (tiers, cascade) in all() {
        let of_scene = view(&cascade, &scene);
        let query = cascade.query(&photo(&aside, ".jpg")).unwrap();
        let alone = cascade.compare(&cascade.read(&of_scene).unwrap(), &query).unwrap();
        let found = find(&cascade, &[view(&cascade, &wall(9)), of_scene], &aside, ViewSearch::One);
        let [found] = found.as_slice() else { panic!("{tiers}: {found:?}") };
        assert_eq!(found.place, 1);
        assert_eq!(found.detail.clearest, alone.clearest, "{tiers}");
        let comparison = &found.detail.comparison;
        assert_eq!(
            (&comparison.tiers, comparison.score),
            (&alone.comparison.tiers, alone.comparison.score)
        );
        assert!(comparison.threshold >= LearnedView::MIN_SCORE);
        assert_eq!(found.took.len(), comparison.tiers.len());
    }
}

#[test]
fn the_cheapest_search_runs_one_tier() {
    let scene = wall(3);
    for (tiers, cascade) in all() {
        let of_scene = view(&cascade, &scene);
        for found in find(&cascade, &[of_scene], &scene, ViewSearch::Cheapest) {
            assert_eq!(found.detail.comparison.tiers.len(), 1, "{tiers}");
        }
    }
}
