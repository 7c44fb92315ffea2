/// The first 200 characters of a text from a client, so that no request floods the log.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    text.chars().take(MAX_CHARS).collect()
}
