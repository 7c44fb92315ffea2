use std::path::Path;

/// What the samples of a group are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Reference,
    Photo,
    Keyword,
}

/// A sample photo of Debian's package opencv-doc.
pub(super) struct Sample {
    pub(super) file: &'static str,
    pub(super) english: &'static str,
    pub(super) korean: &'static str,
    pub(super) purposes: &'static [Purpose],
    /// Keyword that the photo shows.
    pub(super) keyword: Option<&'static str>,
}

const fn scene(
    file: &'static str,
    english: &'static str,
    korean: &'static str,
    purposes: &'static [Purpose],
) -> Sample {
    Sample { file, english, korean, purposes, keyword: None }
}

const fn subject(
    file: &'static str,
    english: &'static str,
    korean: &'static str,
    keyword: &'static str,
) -> Sample {
    Sample { file, english, korean, purposes: &[Purpose::Keyword], keyword: Some(keyword) }
}

const ANY: &[Purpose] = &[Purpose::Reference, Purpose::Photo];

/// The samples, in the order in which the page shows them. No other file is served.
const SAMPLES: [Sample; 9] = [
    scene("leuvenA.jpg", "Street by day", "낮의 거리", ANY),
    scene("leuvenB.jpg", "The street, darker", "어두워진 거리", ANY),
    scene("box.png", "A box", "상자", &[Purpose::Reference]),
    scene("box_in_scene.png", "The box among things", "물건 속의 상자", &[Purpose::Photo]),
    scene("graf1.png", "Graffiti", "그래피티", ANY),
    scene("graf3.png", "Graffiti, from the side", "옆에서 본 그래피티", ANY),
    subject("squirrel_cls.jpg", "A squirrel", "다람쥐", "다람쥐"),
    subject("fruits.jpg", "Fruits", "과일", "과일"),
    subject("butterfly.jpg", "A butterfly", "나비", "나비"),
];

/// The samples that the folder has.
pub(super) fn available(folder: &Path) -> Vec<&'static Sample> {
    SAMPLES.iter().filter(|sample| folder.join(sample.file).is_file()).collect()
}

/// The type of a sample's file; `None` for a name that is no sample.
pub(super) fn content_type(name: &str) -> Option<&'static str> {
    let sample = SAMPLES.iter().find(|sample| sample.file == name)?;
    Some(if sample.file.ends_with(".png") { "image/png" } else { "image/jpeg" })
}
