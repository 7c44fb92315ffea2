use time::{Duration, OffsetDateTime};

use crate::{Capture, TimeZone};

/// Reason for people to examine a verified photo more closely. A flag never rejects a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhotoFlag {
    /// The pixels have the grid of a screen: the photo may show a photo.
    Screen,
    /// The pixels have the size and the bars of a screenshot.
    Screenshot,
    /// The capture time is more than [`PhotoFlag::TOLERANCE`] before or after the request.
    CaptureTime,
    /// The metadata name a program for editing photos.
    Edited,
    /// The metadata name neither a capture time nor a camera. Messengers and browsers remove metadata, too.
    NoMetadata,
}

impl PhotoFlag {
    /// All flags.
    pub const ALL: [Self; 5] =
        [Self::Screen, Self::Screenshot, Self::CaptureTime, Self::Edited, Self::NoMetadata];
    /// Maximum distance of the capture time from the request. Uploads that wait for a network take minutes.
    pub const TOLERANCE: Duration = Duration::hours(1);

    /// Name of the flag in records and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Screenshot => "screenshot",
            Self::CaptureTime => "capture_time",
            Self::Edited => "edited",
            Self::NoMetadata => "no_metadata",
        }
    }

    /// Flags of what the metadata of a file state. A capture time without an offset is local to `time_zone`.
    pub fn of_capture(
        capture: &Capture,
        received_at: OffsetDateTime,
        time_zone: &TimeZone,
    ) -> Vec<Self> {
        let is_far = capture.taken_at.is_some_and(|taken_at| {
            let distance = match capture.offset {
                Some(offset) => received_at - taken_at.assume_offset(offset),
                None => time_zone.local(received_at) - taken_at,
            };
            distance.abs() > Self::TOLERANCE
        });
        let is_bare = capture.taken_at.is_none() && !capture.has_camera;
        let found = [
            (Self::CaptureTime, is_far),
            (Self::Edited, capture.is_edited),
            (Self::NoMetadata, is_bare),
        ];
        found.into_iter().filter_map(|(flag, is_set)| is_set.then_some(flag)).collect()
    }
}
