use time::OffsetDateTime;

/// Tells the time.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present instant; never before one that was told earlier, unless the clock is set.
    fn now(&self) -> OffsetDateTime;
}
