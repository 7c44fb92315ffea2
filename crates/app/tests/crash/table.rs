//! Summary of the rounds.

use std::ops::AddAssign;

use crate::support::audit::Findings;

/// Counts of the rounds of one mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Line {
    pub(crate) rounds: usize,
    /// Requests, each with a key of its own.
    pub(crate) requests: usize,
    /// Requests with response 200.
    pub(crate) acknowledged: usize,
    /// Requests that were running in a killed service.
    pub(crate) killed: usize,
    /// Number of repeated sends.
    pub(crate) retried: usize,
    /// Reservations that were left, and that the clean-up resolved.
    pub(crate) resolved: usize,
    pub(crate) findings: Findings,
}

impl Line {
    /// One line for the terminal.
    pub(crate) fn summary(&self) -> String {
        let Self { requests, acknowledged, killed, retried, resolved, findings, .. } = self;
        format!(
            "{requests} requests, {acknowledged} acknowledged, {killed} killed in flight, \
             {retried} retried, {resolved} reservations resolved, {}",
            if findings.is_clean() { "clean" } else { "NOT CLEAN" }
        )
    }
}

impl AddAssign for Line {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.requests += other.requests;
        self.acknowledged += other.acknowledged;
        self.killed += other.killed;
        self.retried += other.retried;
        self.resolved += other.resolved;
        self.findings += other.findings;
    }
}

/// Rows of a Markdown table, one for each mode.
pub(crate) fn rows(names: &[&str], lines: &[Line]) -> Vec<String> {
    let head = [
        "mode",
        "rounds",
        "requests",
        "acknowledged",
        "killed in flight",
        "retried",
        "reservations resolved",
        "missing",
        "dangling",
        "orphans",
        "duplicates",
    ];
    let mut rows = vec![row(&head.map(str::to_owned)), "|---|".to_owned() + &"---:|".repeat(10)];
    for (name, line) in names.iter().zip(lines) {
        let Line { rounds, requests, acknowledged, killed, retried, resolved, findings } = *line;
        let Findings { missing, dangling, orphans, duplicates } = findings;
        let mut cells = vec![(*name).to_owned()];
        cells.extend(
            [
                rounds,
                requests,
                acknowledged,
                killed,
                retried,
                resolved,
                missing,
                dangling,
                orphans,
                duplicates,
            ]
            .map(|number| number.to_string()),
        );
        rows.push(row(&cells));
    }
    rows
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}
