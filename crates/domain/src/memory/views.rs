use time::OffsetDateTime;

use super::tables::Tables;
use crate::{Fault, FeatureFormat, FeedId, LearnedView, NewView, ReferenceId, ViewId, Voucher};

/// Learned views, oldest first.
#[derive(Debug, Default)]
pub(super) struct Views {
    rows: Vec<Row>,
    /// Ids are not reused.
    last: i64,
}

#[derive(Debug)]
struct Row {
    id: ViewId,
    view: NewView,
    used_at: OffsetDateTime,
}

impl Views {
    pub(super) fn touch(&mut self, id: ViewId, now: OffsetDateTime) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.used_at = now;
        }
    }

    pub(super) fn remove_reference(&mut self, id: ReferenceId) {
        self.remove(|row| row.view.reference_id == id);
    }

    pub(super) fn remove_feed(&mut self, id: FeedId) {
        self.remove(|row| row.view.feed_id == id);
    }

    /// Removes rows, those for which they vouch, and so on.
    fn remove(&mut self, is_removed: impl Fn(&Row) -> bool) {
        let mut removed = Vec::new();
        // Vouchers are older than the views that they vouch for.
        self.rows.retain(|row| {
            let goes = is_removed(row) || vouchers(row).any(|id| removed.contains(&id));
            if goes {
                removed.push(row.id);
            }
            !goes
        });
    }

    fn exists(&self, id: ViewId) -> bool {
        self.rows.iter().any(|row| row.id == id)
    }

    /// Whether the row is a view of the reference in this format.
    fn is_of(row: &Row, id: ReferenceId, format: &FeatureFormat) -> bool {
        row.view.reference_id == id && row.view.features.format == *format
    }

    fn add(&mut self, view: NewView, now: OffsetDateTime) -> Result<bool, Fault> {
        let (reference_id, format) = (view.reference_id, view.features.format.clone());
        self.last += 1;
        let id =
            ViewId::try_from(self.last).map_err(|error| Fault::permanent(error.to_string()))?;
        let oldest_use = now.saturating_sub(LearnedView::UNUSED_FORMAT);
        self.remove(|row| {
            row.view.reference_id == reference_id
                && row.view.features.format != format
                && row.used_at < oldest_use
        });
        self.rows.push(Row { id, view, used_at: now });
        let own = || self.rows.iter().filter(|row| Self::is_of(row, reference_id, &format));
        let vouches = |id| self.rows.iter().any(|row| vouchers(row).any(|one| one == id));
        let replaceable = own().filter(|row| !vouches(row.id));
        let least = replaceable.min_by_key(|row| (row.id == id, row.used_at, row.id));
        let surplus = least.map(|row| row.id).filter(|_| own().count() > LearnedView::MAX);
        self.rows.retain(|row| Some(row.id) != surplus);
        Ok(surplus != Some(id))
    }
}

fn vouchers(row: &Row) -> impl Iterator<Item = ViewId> {
    let ids = match row.view.voucher {
        Voucher::Reference => None,
        Voucher::Views(ids) => Some(ids),
    };
    ids.into_iter().flatten()
}

impl Tables {
    pub(super) fn views_of(&self, id: ReferenceId, format: &FeatureFormat) -> Vec<LearnedView> {
        let own = self.views.rows.iter().filter(|row| Views::is_of(row, id, format));
        let found = own.filter_map(|row| {
            let feed = self.feeds.iter().find(|feed| feed.id == row.view.feed_id)?;
            let (image_url, features) = (feed.image_url.clone(), row.view.features.clone());
            Some(LearnedView { id: row.id, image_url, features })
        });
        found.collect()
    }

    pub(super) fn add_view(&mut self, view: NewView, now: OffsetDateTime) -> Result<bool, Fault> {
        let reference = self.references.iter().find(|(_, row)| row.id == view.reference_id);
        let Some((owner, _)) = reference else { return Ok(false) };
        let newest = self.references.iter().rev().find(|(of, _)| of == owner);
        let is_newest = newest.is_some_and(|(_, row)| row.id == view.reference_id);
        let has_row =
            self.feeds.iter().any(|row| row.id == view.feed_id && row.participation_id == *owner);
        let have_vouchers = match view.voucher {
            Voucher::Reference => true,
            Voucher::Views(ids) => ids.iter().all(|id| self.views.exists(*id)),
        };
        let format = &view.features.format;
        let is_known = self
            .views
            .rows
            .iter()
            .any(|row| row.view.feed_id == view.feed_id && row.view.features.format == *format);
        if !is_newest || !has_row || !have_vouchers || is_known {
            return Ok(false);
        }
        self.views.add(view, now)
    }
}
