use time::OffsetDateTime;

use super::attempts;
use super::tables::{Tables, next_id};
use crate::{
    ErasedRows, Erasure, ErasureId, ErasureSubject, Fault, ParticipationId, StoredReference,
};

impl Tables {
    pub(super) fn add_erasure(
        &mut self,
        subject: &ErasureSubject,
        now: OffsetDateTime,
    ) -> Result<ErasureId, Fault> {
        let id = ErasureId::try_from(next_id(self.erasures.len()))
            .map_err(|error| Fault::permanent(error.to_string()))?;
        let mut participations: Vec<_> = match subject {
            ErasureSubject::Participation(id) => vec![*id],
            ErasureSubject::User(user) => {
                let all = self.participations.iter();
                all.filter(|(_, (_, owner))| owner.as_ref() == Some(user))
                    .map(|(id, _)| *id)
                    .collect()
            }
        };
        participations.sort_unstable();
        let (requested_at, erased) = (now, ErasedRows::default());
        self.erasures.push(Erasure {
            id,
            requested_at,
            completed_at: None,
            participations,
            erased,
        });
        Ok(id)
    }

    pub(super) fn photos_of(&self, id: ParticipationId) -> impl Iterator<Item = String> {
        let references = self.references.iter().filter(move |(owner, _)| *owner == id);
        let feeds = self.feeds.iter().filter(move |row| row.participation_id == id);
        let rejected = self.attempts.iter().filter(move |row| row.record.participation_id == id);
        references
            .map(|(_, row)| row.image_url.clone())
            .chain(feeds.map(|row| row.image_url.clone()))
            .chain(
                rejected
                    .filter(|row| attempts::keeps_photo(row))
                    .filter_map(|row| row.record.photo_url.clone()),
            )
    }

    pub(super) fn erase_photos(&mut self, id: ErasureId, of: ParticipationId, urls: &[String]) {
        let before = self.numbers();
        let is_gone = |owner: ParticipationId, url: &String| owner == of && urls.contains(url);
        let (gone, references): (Vec<_>, Vec<_>) = std::mem::take(&mut self.references)
            .into_iter()
            .partition(|(owner, row)| is_gone(*owner, &row.image_url));
        self.references = references;
        for (_, StoredReference { id, .. }) in gone {
            self.features.retain(|(of, _), _| *of != id);
            self.views.remove_reference(id);
        }
        for feed in self.feeds.iter().filter(|row| is_gone(row.participation_id, &row.image_url)) {
            for day in self.days.values_mut().filter(|day| day.feed_id == Some(feed.id)) {
                day.feed_id = None;
            }
            self.views.remove_feed(feed.id);
        }
        self.feeds.retain(|row| !is_gone(row.participation_id, &row.image_url));
        self.attempts.retain(|row| {
            let url = row.record.photo_url.as_ref();
            !url.is_some_and(|url| is_gone(row.record.participation_id, url))
        });
        for url in urls {
            self.traces.remove(url);
        }
        self.add_erased(id, before);
    }

    pub(super) fn erase_participation(&mut self, id: ErasureId, of: ParticipationId) -> bool {
        if self.photos_of(of).next().is_some() {
            return false;
        }
        let before = self.numbers();
        self.attempts.retain(|row| row.record.participation_id != of);
        self.reviews.retain(|entry| entry.review.participation_id != of);
        self.days.retain(|(_, owner), _| *owner != of);
        self.traces.remove_all(of);
        self.messages.remove_all(of);
        self.participations.remove(&of);
        self.add_erased(id, before);
        true
    }

    fn numbers(&self) -> ErasedRows {
        ErasedRows {
            participations: self.participations.len() as u64,
            references: self.references.len() as u64,
            feeds: self.feeds.len() as u64,
            attempts: self.attempts.len() as u64,
        }
    }

    fn add_erased(&mut self, id: ErasureId, before: ErasedRows) {
        let after = self.numbers();
        if let Some(Erasure { erased, .. }) = self.erasures.iter_mut().find(|row| row.id == id) {
            erased.participations += before.participations - after.participations;
            erased.references += before.references - after.references;
            erased.feeds += before.feeds - after.feeds;
            erased.attempts += before.attempts - after.attempts;
        }
    }
}
