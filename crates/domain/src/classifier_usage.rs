/// Figures of one classifier since the start of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassifierUsage {
    /// Name of the kind of classifier, such as `local`. A metric has it as a label.
    pub name: &'static str,
    /// Photos for which it returned a list of concepts, which may be empty.
    pub answered: u64,
    /// Photos for which it failed, retries included. Photos that cannot be decoded and overloads are not counted.
    pub failed: u64,
    /// Whether the last photo that counts failed.
    pub is_down: bool,
    /// Input tokens that the service charged for; 0 for services without tokens.
    pub prompt_tokens: u64,
    /// Output tokens that the service charged for.
    pub completion_tokens: u64,
}
