//! Comparison of photos with learned views, and what is learned from accepted photos.

use crate::ports::{Ports, VisionError};
use crate::retry::retried;
use crate::{
    Comparison, Examination, Fault, FeedId, LearnedView, MatchMode, NewView, Photo,
    ReferenceFeatures, ReferenceId, VerificationError, ViewId, ViewSearch, Voucher,
};

/// An accepted photo from which a view can be learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Row of the photo.
    pub feed_id: FeedId,
    /// What recognised the photo.
    pub seen: Seen,
}

/// A photo with its deciding comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Reference of the participation.
    pub reference_id: ReferenceId,
    /// The JPEG that is stored.
    pub photo: Photo,
    /// What photos of the group share with their reference.
    pub match_mode: MatchMode,
    /// View that recognised the photo; `None` if the reference decided.
    pub view: Option<ViewId>,
    /// Comparison with that view, or with the reference.
    pub comparison: Comparison,
}

/// Compares a photo with the views of its reference. Returns the first that matches, as `compare_views` finds them.
///
/// # Errors
/// When the views cannot be read or compared; the verdict is open then.
pub(crate) async fn recognise(
    ports: &Ports,
    seen: &Seen,
) -> Result<Option<(LearnedView, Examination)>, VerificationError> {
    let format = ports.extractor.format();
    let find = || ports.repository.views(seen.reference_id, &format);
    let views = retried(&*ports.clock, find).await.map_err(VerificationError::Database)?;
    let found = matches(ports, &views, seen, ViewSearch::One).await?;
    Ok(found.into_iter().next().map(|(view, examination)| (view.clone(), examination)))
}

/// Learns a view from an accepted photo, if the match is certain, and if no view recognises it as cheaply as possible. Marks
/// the view that recognised the photo as used. Runs after the response. Returns whether a view was stored.
///
/// A photo is learned if it matches the reference, or two views, with [`LearnedView::MIN_SCORE`].
///
/// # Errors
/// When the database or the extractor failed; nothing is learned then.
pub async fn learn_view(ports: &Ports, lesson: Lesson) -> Result<bool, Fault> {
    let Lesson { feed_id, seen } = lesson;
    let Seen { reference_id, view, ref comparison, .. } = seen;
    if let Some(id) = view {
        ports.repository.touch_view(id, ports.clock.now()).await?;
    }
    if comparison.is_plain() {
        return Ok(false);
    }
    let by_reference = view.is_none() && comparison.is_certain();
    let search = if by_reference { ViewSearch::Cheapest } else { ViewSearch::Two };
    let views = ports.repository.views(reference_id, &ports.extractor.format()).await?;
    let found = matches(ports, &views, &seen, search).await.map_err(fault)?;
    if found.iter().any(|(_, examination)| examination.comparison.is_plain()) {
        return Ok(false);
    }
    let voucher = match found.as_slice() {
        _ if by_reference => Voucher::Reference,
        [(first, _), (second, _), ..] => Voucher::Views([first.id, second.id]),
        [] | [_] => return Ok(false),
    };
    let (features, quality) = ports.extractor.extract(&seen.photo).await.map_err(fault)?;
    if !quality.verifiable {
        return Ok(false);
    }
    let new = NewView { reference_id, feed_id, voucher, features };
    ports.repository.add_view(new, ports.clock.now()).await
}

/// The views that match a photo, in the order in which they were found.
async fn matches<'a>(
    ports: &Ports,
    views: &'a [LearnedView],
    seen: &Seen,
    search: ViewSearch,
) -> Result<Vec<(&'a LearnedView, Examination)>, VisionError> {
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let features: Vec<ReferenceFeatures> = views.iter().map(|view| view.features.clone()).collect();
    let found =
        ports.extractor.compare_views(&features, &seen.photo, seen.match_mode, search).await?;
    let found = found.into_iter();
    Ok(found.filter_map(|(place, examination)| Some((views.get(place)?, examination))).collect())
}

/// A photo that was compared before can be decoded, so its error is a fault, too.
fn fault(error: VisionError) -> Fault {
    match error {
        VisionError::Fault(fault) => fault,
        VisionError::Photo(error) => Fault::permanent(format!("read an accepted photo: {error}")),
    }
}
