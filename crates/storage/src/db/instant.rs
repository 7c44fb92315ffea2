//! Conversion of instants to the databases' columns: UTC without a zone, in microseconds.

use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

pub(super) fn to_column(at: OffsetDateTime) -> PrimitiveDateTime {
    let utc = at.to_offset(UtcOffset::UTC).truncate_to_microsecond();
    PrimitiveDateTime::new(utc.date(), utc.time())
}

pub(super) fn from_column(utc: PrimitiveDateTime) -> OffsetDateTime {
    utc.assume_utc()
}
