//! Photos that were sent before: what is kept of an accepted photo, and how a new one is looked up.

mod hash;

use bytes::Bytes;

pub use self::hash::PerceptualHash;
use crate::{GroupId, Participation, ParticipationId};

/// What happens to a photo that was sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayRule {
    /// Nothing is checked or kept.
    Off,
    /// It is accepted, and the replay is stored with it.
    Flag,
    /// It is rejected.
    Reject,
}

/// Whose earlier photos count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayScope {
    /// Those of the same participation.
    Participation,
    /// Those of all participations in the challenge group.
    Group,
    /// Those of every participation.
    All,
}

/// Earlier photos that a new one is looked up among: those in the scope, and always those of its own
/// participation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchArea {
    /// The participation that sent the photo.
    pub participation_id: ParticipationId,
    /// Its challenge group.
    pub group_id: GroupId,
    /// Whose photos count.
    pub scope: ReplayScope,
}

impl SearchArea {
    pub(crate) fn new(participation: &Participation, scope: ReplayScope) -> Self {
        Self { participation_id: participation.id, group_id: participation.group.id, scope }
    }

    /// Whether the photos of a participation in a group belong to the area.
    pub fn contains(&self, participation_id: ParticipationId, group_id: GroupId) -> bool {
        participation_id == self.participation_id
            || match self.scope {
                ReplayScope::Participation => false,
                ReplayScope::Group => group_id == self.group_id,
                ReplayScope::All => true,
            }
    }
}

/// What is kept of a photo, so that it is recognised when it is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoTrace {
    /// [`JpegPhoto::pixels_sha256`](crate::JpegPhoto::pixels_sha256).
    pub pixels_sha256: [u8; 32],
    /// Hash of the whole picture; `None` if it has too little content.
    pub hash: Option<PerceptualHash>,
    /// Points of the picture in a format of the detector's own.
    pub points: Bytes,
}

/// A new photo's trace, and the hashes that a copy's original can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExaminedPhoto {
    /// Kept if the photo is accepted.
    pub trace: PhotoTrace,
    /// Hashes of the photo turned and mirrored in all eight ways, with and without its frame; at most
    /// [`MAX_VARIANTS`](Self::MAX_VARIANTS).
    pub variants: Vec<PerceptualHash>,
    /// More points than the trace has, also of the mirrored photo, in a format of the detector's own.
    pub query: Bytes,
}

impl ExaminedPhoto {
    /// Maximum number of variants.
    pub const MAX_VARIANTS: usize = 24;

    /// Number of bits in which the nearest variant differs from a hash.
    pub fn distance(&self, hash: &PerceptualHash) -> u32 {
        let distances = self.variants.iter().map(|variant| variant.distance(hash));
        distances.min().unwrap_or(u32::MAX)
    }

    /// Whether a photo with this hash has to be compared pixel by pixel.
    pub fn is_near(&self, hash: &PerceptualHash) -> bool {
        self.distance(hash) <= PerceptualHash::MAX_DISTANCE
    }
}

/// Position of a trace in the order in which the database added them; 0 is before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TracePosition(pub i64);

impl TracePosition {
    /// After all traces: nothing has to be looked up.
    pub const MAX: Self = Self(i64::MAX);
}

/// An earlier photo, of the feed or a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierPhoto {
    /// Position of its trace.
    pub position: TracePosition,
    /// URL of its object.
    pub image_url: String,
    /// What was kept of it.
    pub trace: PhotoTrace,
}

/// Earlier photos that a new one can be a copy of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EarlierPhotos {
    /// The newest of the same participation, at most [`OWN`](Self::OWN), newest first.
    pub own: Vec<EarlierPhoto>,
    /// Photos of other participations with a near hash, nearest first.
    pub near: Vec<EarlierPhoto>,
    /// Position of the newest trace of all; later ones were not examined.
    pub until: TracePosition,
}

impl EarlierPhotos {
    /// Maximum number of photos of the own participation: those of more than a year of days.
    pub const OWN: u32 = 400;
    /// Maximum number of photos of other participations.
    pub const NEAR: usize = 8;
}

/// How a photo equals an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayKind {
    /// The same compressed pixels, whatever the metadata.
    SamePixels,
    /// The same capture: encoded again, resized, cropped, framed, drawn on, turned or mirrored.
    NearCopy,
}

impl ReplayKind {
    /// Name in the database, the log and the metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::SamePixels => "same_pixels",
            Self::NearCopy => "near_copy",
        }
    }
}

/// A photo was sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// How it equals the earlier photo.
    pub kind: ReplayKind,
    /// URL of the earlier photo.
    pub earlier: String,
}

/// The trace to add with an accepted photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTrace {
    /// Whose photos the photo was looked up among.
    pub area: SearchArea,
    /// The photo.
    pub photo: ExaminedPhoto,
    /// Photos up to this position were examined.
    pub until: TracePosition,
    /// What was found, if it is accepted all the same.
    pub replay: Option<Replay>,
}
