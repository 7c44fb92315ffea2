use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::{Duration, OffsetDateTime};
use tracing::{Span, info_span};

use crate::ports::Clock;
use crate::{Concept, Examination, JpegPhoto, PhotoFlag, ReferenceQuality, StoredReference};

/// Collects what the steps of a request find, for people who check its verdict. Clones share one
/// collection. No use case reads it.
#[derive(Debug, Clone, Default)]
pub struct EvidenceCollector {
    request_id: Arc<str>,
    evidence: Arc<Mutex<Evidence>>,
}

/// What the steps of a request found. A field of a step that did not run is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// The JPEG that was examined.
    pub photo: Option<JpegPhoto>,
    /// Flags of what the metadata of the sent file state.
    pub flags: Vec<PhotoFlag>,
    /// URL of the stored photo.
    pub image_url: Option<String>,
    /// Reference that the photo was compared with.
    pub reference: Option<StoredReference>,
    /// Quality of a new reference.
    pub quality: Option<ReferenceQuality>,
    /// Comparison with the reference, or with the view that recognised the photo.
    pub examination: Option<Examination>,
    /// View that recognised the photo.
    pub view: Option<RecognisingView>,
    /// Concepts that the classifier found, in descending order of certainty; `None` if it did not run.
    pub concepts: Option<Vec<Concept>>,
    /// Highest certainty of a concept that the keyword names; `None` if there is none.
    pub keyword_certainty: Option<f32>,
    /// Durations of the steps that began, in their order.
    pub stages: Vec<StageTime>,
}

/// A learned view that recognised a photo, which the reference did not.
#[derive(Debug, Clone, PartialEq)]
pub struct RecognisingView {
    /// URL of the view's photo.
    pub image_url: String,
    /// Score of the comparison with the reference.
    pub reference_score: f64,
}

/// Step of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking up the participation and its reference, and checking the window.
    Admit,
    /// Encoding the JPEG to store.
    Encode,
    /// Extracting, comparing or classifying.
    Examine,
    /// Storing the photo and its row.
    Store,
}

impl Stage {
    /// All steps, in their order.
    pub const ALL: [Self; 4] = [Self::Admit, Self::Encode, Self::Examine, Self::Store];

    /// Name of the step in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Encode => "encode",
            Self::Examine => "examine",
            Self::Store => "store",
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Admit => info_span!("admit"),
            Self::Encode => info_span!("encode"),
            Self::Examine => info_span!("examine"),
            Self::Store => info_span!("store"),
        }
    }
}

/// Duration of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTime {
    /// The step.
    pub stage: Stage,
    /// Its duration, including waits.
    pub took: Duration,
}

impl EvidenceCollector {
    /// An empty collector of a request.
    pub fn new(request_id: &str) -> Self {
        Self { request_id: request_id.into(), evidence: Arc::default() }
    }

    /// Id of the request; empty if it has none.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Returns what was found so far.
    pub fn evidence(&self) -> Evidence {
        self.lock().clone()
    }

    /// Reads what was found so far without a copy. Do not call other methods from `read`.
    pub fn read<T>(&self, read: impl FnOnce(&Evidence) -> T) -> T {
        read(&self.lock())
    }

    /// Adds what a step found.
    pub(crate) fn found(&self, add: impl FnOnce(&mut Evidence)) {
        add(&mut self.lock());
    }

    /// Measures steps.
    pub(crate) fn stages<'a>(&'a self, clock: &'a dyn Clock) -> Stages<'a> {
        Stages { collector: self, clock, current: None }
    }

    /// Ignores poisoning: no addition panics halfway.
    fn lock(&self) -> MutexGuard<'_, Evidence> {
        self.evidence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Measures consecutive steps. Each has a span for traces.
pub(crate) struct Stages<'a> {
    collector: &'a EvidenceCollector,
    clock: &'a dyn Clock,
    current: Option<(Stage, OffsetDateTime, Span)>,
}

impl Stages<'_> {
    /// Ends the current step, if there is one, and begins the next.
    pub(crate) fn begin(&mut self, stage: Stage) {
        self.end();
        self.current = Some((stage, self.clock.now(), stage.span()));
    }

    fn end(&mut self) {
        let Some((stage, begun, _span)) = self.current.take() else { return };
        // The clock can be set back.
        let took = (self.clock.now() - begun).max(Duration::ZERO);
        self.collector.found(|evidence| evidence.stages.push(StageTime { stage, took }));
    }
}

/// The last step ends here, also one that failed.
impl Drop for Stages<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
