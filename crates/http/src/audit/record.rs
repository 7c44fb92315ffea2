use std::sync::Arc;

use injeung_domain::{
    AttemptKind, AttemptOutcome, Evidence, EvidenceCollector, FeedContent, JpegPhoto, NewAttempt,
    ParticipationId, RequestContext, record_attempt,
};
use time::{Duration, OffsetDateTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{Instrument, Span};

use super::{AuditSettings, EvidenceJson};
use crate::error::Answer;
use crate::log;
use crate::server::Server;

/// Number of records that are written at once.
const WRITERS: usize = 4;

/// Limits of the records that wait and that are written.
pub(crate) struct Recorder {
    settings: AuditSettings,
    places: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    writers: Arc<Semaphore>,
}

/// A verification that runs.
pub(crate) struct Verification {
    kind: AttemptKind,
    participation_id: ParticipationId,
    content: FeedContent,
    keyword: Option<String>,
    received_at: OffsetDateTime,
    collector: EvidenceCollector,
}

impl Verification {
    pub(crate) fn new(
        kind: AttemptKind,
        participation_id: ParticipationId,
        content: &FeedContent,
        request: &RequestContext,
    ) -> Self {
        Self {
            kind,
            participation_id,
            content: content.clone(),
            keyword: None,
            received_at: request.received_at,
            collector: request.collector.clone(),
        }
    }

    pub(crate) fn with_keyword(self, keyword: &str) -> Self {
        Self { keyword: Some(keyword.to_owned()), ..self }
    }
}

impl Recorder {
    pub(crate) fn new(settings: AuditSettings) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits));
        Self {
            places: semaphore(settings.queue.get()),
            bytes: semaphore(settings.max_queued_bytes.min(Semaphore::MAX_PERMITS)),
            writers: semaphore(WRITERS),
            settings,
        }
    }

    /// Takes a place in the queue; `None` if it is full.
    fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Takes room for a photo; `None` if the photos that wait are too large.
    fn room(&self, photo: &JpegPhoto) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(photo.bytes().len()).ok()?;
        self.bytes.clone().try_acquire_many_owned(bytes).ok()
    }
}

/// Records an ended verification. With `keeps_photo`, a rejected photo is kept. Returns at once; the record is written
/// later, or dropped if too many wait.
pub(crate) fn record(
    server: &Arc<Server>,
    verification: Verification,
    answer: &Answer,
    keeps_photo: bool,
) {
    let recorder = &server.recorder;
    if !recorder.settings.enabled {
        return;
    }
    let Some(place) = recorder.place() else {
        server.metrics.attempt("dropped");
        return;
    };
    let mut evidence = verification.collector.evidence();
    let digest = evidence.photo.as_ref().map(|photo| *photo.sha256());
    let keeps_photo = keeps_photo && recorder.settings.keep_rejected_days > 0;
    let examines = recorder.settings.examine_pixels;
    let photo = evidence.photo.take().filter(|_| keeps_photo || examines);
    let room = photo.as_ref().map(|photo| recorder.room(photo));
    let photo = match room {
        Some(None) => {
            server.metrics.attempt("without_photo");
            None
        }
        Some(Some(_)) | None => photo,
    };
    let outcome = outcome(answer);
    let comparison = evidence.examination.as_ref().map(|found| &found.comparison);
    let took = evidence.stages.iter().map(|stage| stage.took).sum::<Duration>();
    let view_url = evidence.view.as_ref().map(|view| view.image_url.clone());
    let reference_url = evidence.reference.take().map(|reference| reference.image_url);
    let reference_url = view_url.or(reference_url);
    let attempt = NewAttempt {
        request_id: verification.collector.request_id().to_owned(),
        created_at: verification.received_at,
        participation_id: verification.participation_id,
        kind: verification.kind,
        outcome,
        errcode: answer.errcode,
        content: verification.content,
        keyword: verification.keyword,
        probability: comparison.map(|found| found.score),
        threshold: comparison.map(|found| found.threshold),
        model: String::new(),
        took,
        reference_url,
        photo_sha256: digest,
        photo_url: evidence.image_url.take().filter(|_| outcome == AttemptOutcome::Accepted),
        evidence: String::new(),
    };
    let (server, tasks, runtime) = (server.clone(), server.tasks.clone(), server.runtime.clone());
    let write = async move {
        let _held = (place, room);
        let _writer = server.recorder.writers.acquire().await;
        let id = attempt.participation_id;
        if let Some(photo) = photo.as_ref().filter(|_| examines) {
            add_flags(&server, id, photo, &mut evidence).await;
        }
        let flags: Vec<_> = evidence.flags.iter().map(|flag| flag.name()).collect();
        let photo = photo.filter(|_| keeps_photo);
        // A struct of numbers and texts can always be serialized.
        let evidence = serde_json::to_string(&EvidenceJson::from(evidence)).unwrap_or_default();
        let attempt = NewAttempt { model: model(&server, attempt.kind), evidence, ..attempt };
        match record_attempt(&server.ports, &server.policy, attempt, photo).await {
            Ok(attempt) => {
                server.metrics.attempt("recorded");
                if !flags.is_empty() {
                    log::flagged(id, attempt, &flags);
                }
            }
            Err(fault) => {
                server.metrics.attempt("failed");
                log::not_recorded(id, &fault);
            }
        }
    };
    // A stop waits for the records that are queued.
    tasks.spawn_on(write.instrument(Span::current()), &runtime);
}

/// Adds the flags of what the pixels show. It takes a full decode, so it runs after the response.
async fn add_flags(
    server: &Server,
    id: ParticipationId,
    photo: &JpegPhoto,
    evidence: &mut Evidence,
) {
    match server.ports.replay_detector.flags(photo.photo()).await {
        Ok(found) => evidence.flags.extend(found),
        // The record is worth more than the flags; under load they are left out.
        Err(fault) => log::not_examined(id, &fault),
    }
}

/// Algorithm and version, or classifier, of a verdict.
fn model(server: &Server, kind: AttemptKind) -> String {
    match kind {
        AttemptKind::Feature => server.ports.extractor.format().to_string(),
        AttemptKind::Keyword => server.ports.classifier.name(),
    }
}

fn outcome(answer: &Answer) -> AttemptOutcome {
    if answer.status.is_success() {
        AttemptOutcome::Accepted
    } else if answer.status.is_server_error() {
        AttemptOutcome::Failed
    } else {
        AttemptOutcome::Rejected
    }
}
