//! What the scenes of the photo set show, as far as keywords can be judged by it.

/// The names of one thing: each has to be accepted where it is shown.
pub(crate) type Thing = &'static [&'static str];

/// What the photos of some scenes show.
pub(crate) struct Label {
    /// How the names of their folders begin.
    pub(crate) scenes: &'static [&'static str],
    /// What it is.
    pub(crate) itself: &'static [Thing],
    /// What it is a kind of.
    pub(crate) kinds: &'static [Thing],
    /// What is seen beside it, or may be: neither right nor wrong.
    pub(crate) beside: &'static [Thing],
}

const ANIMAL: Thing = &["animal", "동물"];
const APPLE: Thing = &["apple", "사과"];
const BANANA: Thing = &["banana", "바나나"];
const BICYCLE: Thing = &["bicycle", "자전거"];
const BOOK: Thing = &["book", "책"];
const BREAD: Thing = &["bread", "빵"];
const BUILDING: Thing = &["building", "건물"];
const CAR: Thing = &["car", "자동차"];
const CAT: Thing = &["cat", "고양이"];
const CHAIR: Thing = &["chair", "의자"];
const COFFEE: Thing = &["coffee", "커피"];
const DESK: Thing = &["desk", "책상"];
const DOG: Thing = &["dog", "강아지"];
const DOUGHNUT: Thing = &["doughnut", "도넛"];
const FLOWER: Thing = &["flower", "꽃"];
const FOOD: Thing = &["food", "음식"];
const EXERCISE: Thing = &["exercise", "운동"];
const FRUIT: Thing = &["fruit", "과일"];
const FURNITURE: Thing = &["furniture", "가구"];
const LAPTOP: Thing = &["laptop", "노트북"];
const MOUNTAIN: Thing = &["mountain", "산"];
const ORANGE: Thing = &["orange", "오렌지"];
const PIZZA: Thing = &["pizza", "피자"];
const POOL_TABLE: Thing = &["pool table", "당구대"];
const SOFA: Thing = &["sofa", "소파"];
const TOILET: Thing = &["toilet", "변기"];
const VACUUM: Thing = &["vacuum cleaner", "청소기"];
const VEHICLE: Thing = &["vehicle", "탈것"];
const WASHBASIN: Thing = &["washbasin", "세면대"];

/// What is asked of every photo; it is wrong where the photo's label does not name it.
pub(crate) const ASKED: &[Thing] = &[
    ANIMAL, FLOWER, EXERCISE, APPLE, BANANA, BICYCLE, BOOK, BREAD, BUILDING, CAR, CAT, CHAIR,
    COFFEE, DESK, DOG, DOUGHNUT, FOOD, FRUIT, FURNITURE, LAPTOP, MOUNTAIN, ORANGE, PIZZA,
    POOL_TABLE, SOFA, TOILET, VACUUM, VEHICLE, WASHBASIN,
];

/// Rooms hold more than what their photo is about.
const IN_A_ROOM: &[Thing] = &[BOOK, BUILDING, CHAIR, DESK, FURNITURE, LAPTOP, SOFA];
const OUTSIDE: &[Thing] = &[ANIMAL, BICYCLE, EXERCISE, FLOWER, BUILDING, CAR, MOUNTAIN, VEHICLE];
/// The food lies on a table.
const ON_A_TABLE: &[Thing] = &[FURNITURE, DESK];
const BOOKS_BEHIND: &[Thing] = &[FURNITURE, DESK, BOOK];

/// Tomatoes are food, and both fruit and not. Grapes, litchis, mangos, mooncakes, sachima and fried
/// dough twists are no classes of ImageNet, so that they have no name of their own.
pub(crate) const LABELS: &[Label] = &[
    label(&["ecust-apple"], &[APPLE], &[FRUIT, FOOD], BOOKS_BEHIND),
    label(&["ecust-banana"], &[BANANA], &[FRUIT, FOOD], ON_A_TABLE),
    label(&["ecust-bread"], &[BREAD], &[FOOD], ON_A_TABLE),
    label(&["ecust-doughnut"], &[DOUGHNUT], &[FOOD], &[FURNITURE, DESK, BREAD]),
    label(&["ecust-fired-dough-twist"], &[], &[FOOD], &[FURNITURE, DESK, BREAD]),
    label(&["ecust-grape"], &[], &[FRUIT, FOOD], BOOKS_BEHIND),
    label(&["ecust-litchi"], &[], &[FRUIT, FOOD], ON_A_TABLE),
    label(&["ecust-mango"], &[], &[FRUIT, FOOD], ON_A_TABLE),
    label(&["ecust-mix"], &[], &[FRUIT, FOOD], &[FURNITURE, DESK, APPLE]),
    label(&["ecust-mooncake"], &[], &[FOOD], &[FURNITURE, DESK, BREAD]),
    label(&["ecust-orange"], &[ORANGE], &[FRUIT, FOOD], BOOKS_BEHIND),
    label(&["ecust-sachima"], &[], &[FOOD], &[FURNITURE, DESK, BREAD]),
    label(&["ecust-tomato"], &[], &[FOOD], &[FURNITURE, DESK, FRUIT]),
    label(&["scannet-0711", "freiburg-desk", "cwz-desk"], &[DESK], &[FURNITURE], IN_A_ROOM),
    label(&["scannet-0713"], &[WASHBASIN], &[], &[BUILDING, FURNITURE, TOILET]),
    label(&["scannet-0726"], &[TOILET], &[], &[BUILDING, FURNITURE, WASHBASIN]),
    label(&["scannet-0737", "scannet-0755"], &[CHAIR], &[FURNITURE], IN_A_ROOM),
    label(&["scannet-0743"], &[VACUUM], &[], IN_A_ROOM),
    label(&["scannet-0744"], &[SOFA], &[FURNITURE], IN_A_ROOM),
    label(&["scannet-0806"], &[POOL_TABLE], &[FURNITURE], &[DESK, EXERCISE]),
    label(&["kp-street"], &[BICYCLE, CAR], &[VEHICLE], OUTSIDE),
    label(&["hiking"], &[MOUNTAIN], &[], OUTSIDE),
    label(&["sacre-coeur", "pt-", "hs-denny", "gluestick-palace"], &[BUILDING], &[], OUTSIDE),
];

const fn label(
    scenes: &'static [&'static str],
    itself: &'static [Thing],
    kinds: &'static [Thing],
    beside: &'static [Thing],
) -> Label {
    Label { scenes, itself, kinds, beside }
}
