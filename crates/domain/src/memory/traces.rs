use crate::{
    EarlierPhoto, EarlierPhotos, ExaminedPhoto, GroupId, NewTrace, ParticipationId, PhotoTrace,
    SearchArea, TracePosition,
};

/// Traces of photos, oldest first.
#[derive(Debug, Default)]
pub(super) struct Traces(Vec<Row>);

#[derive(Debug)]
struct Row {
    participation_id: ParticipationId,
    group_id: GroupId,
    photo: EarlierPhoto,
}

impl Traces {
    pub(super) fn add(&mut self, area: &SearchArea, image_url: String, trace: PhotoTrace) {
        let position = TracePosition(self.newest().0 + 1);
        let SearchArea { participation_id, group_id, .. } = *area;
        let photo = EarlierPhoto { position, image_url, trace };
        self.0.push(Row { participation_id, group_id, photo });
    }

    pub(super) fn remove(&mut self, image_url: &str) {
        self.0.retain(|row| row.photo.image_url != image_url);
    }

    pub(super) fn remove_all(&mut self, id: ParticipationId) {
        self.0.retain(|row| row.participation_id != id);
    }

    /// Whether a photo that was added since the look-up can be the original.
    pub(super) fn has_newer(&self, new: &NewTrace) -> bool {
        self.within(&new.area).any(|row| {
            let EarlierPhoto { position, trace, .. } = &row.photo;
            *position > new.until
                && (row.participation_id == new.area.participation_id
                    || trace.pixels_sha256 == new.photo.trace.pixels_sha256
                    || trace.hash.is_some_and(|hash| new.photo.is_near(&hash)))
        })
    }

    pub(super) fn same_pixels(
        &self,
        area: &SearchArea,
        pixels_sha256: &[u8; 32],
    ) -> Option<String> {
        let mut same =
            self.within(area).filter(|row| row.photo.trace.pixels_sha256 == *pixels_sha256);
        same.next().map(|row| row.photo.image_url.clone())
    }

    pub(super) fn earlier(&self, area: &SearchArea, photo: &ExaminedPhoto) -> EarlierPhotos {
        let is_own = |row: &&Row| row.participation_id == area.participation_id;
        let newest_first = || self.within(area).rev();
        let own = newest_first().filter(is_own).take(EarlierPhotos::OWN as usize);
        let distance = |photo_of: &EarlierPhoto| {
            photo_of.trace.hash.map_or(u32::MAX, |hash| photo.distance(&hash))
        };
        let is_near = |row: &&Row| row.photo.trace.hash.is_some_and(|hash| photo.is_near(&hash));
        let others = newest_first().filter(|row| !is_own(row) && is_near(row));
        let mut near: Vec<_> = others.map(|row| row.photo.clone()).collect();
        near.sort_by_key(distance);
        near.truncate(EarlierPhotos::NEAR);
        EarlierPhotos {
            own: own.map(|row| row.photo.clone()).collect(),
            near,
            until: self.newest(),
        }
    }

    fn newest(&self) -> TracePosition {
        self.0.last().map_or(TracePosition::default(), |row| row.photo.position)
    }

    fn within(&self, area: &SearchArea) -> impl DoubleEndedIterator<Item = &Row> {
        self.0.iter().filter(|row| area.contains(row.participation_id, row.group_id))
    }
}
