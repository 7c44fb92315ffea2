//! Views learned from accepted photos, after their responses.

use std::sync::Arc;

use injeung_domain::{Lesson, ParticipationId, learn_view};
use tokio::sync::Semaphore;
use tracing::{Instrument, Span};

use crate::log;
use crate::metrics::LessonResult;
use crate::server::Server;

/// Maximum number of photos that wait to be learned from, with the one that is examined. Each is a file in memory.
const QUEUE: usize = 8;

/// Limits of the photos that are learned from.
pub(crate) struct Learner {
    places: Arc<Semaphore>,
    /// One permit, so that learning takes one worker of the vision at most.
    turn: Arc<Semaphore>,
}

impl Learner {
    pub(crate) fn new() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { places: semaphore(QUEUE), turn: semaphore(1) }
    }
}

/// Learns a view from an accepted photo. Returns at once; the photo is examined later, or not at all if too many wait.
pub(crate) fn learn(server: &Arc<Server>, participation_id: ParticipationId, lesson: Lesson) {
    let Ok(place) = server.learner.places.clone().try_acquire_owned() else {
        server.metrics.lesson(LessonResult::Dropped);
        return;
    };
    let (server, tasks, runtime) = (server.clone(), server.tasks.clone(), server.runtime.clone());
    let task = async move {
        let _place = place;
        let _turn = server.learner.turn.acquire().await;
        match learn_view(&server.ports, lesson).await {
            Ok(true) => {
                server.metrics.lesson(LessonResult::Learned);
                log::learned(participation_id);
            }
            Ok(false) => server.metrics.lesson(LessonResult::Nothing),
            Err(fault) => {
                server.metrics.lesson(LessonResult::Failed);
                log::not_learned(participation_id, &fault);
            }
        }
    };
    // A stop waits for the photos that are queued.
    tasks.spawn_on(task.instrument(Span::current()), &runtime);
}
