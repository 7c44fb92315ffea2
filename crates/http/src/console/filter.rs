use actix_web::HttpRequest;
use actix_web::web::Query;
use injeung_domain::{AttemptKind, AttemptOrder, AttemptOutcome, AttemptQuery};
use serde::Deserialize;
use time::Date;
use time::macros::format_description;

use super::words;
use crate::server::Server;

/// Number of attempts on a page.
pub(super) const PAGE: u32 = 50;

/// Filters, order and page of a list of attempts, as the query of its URL. An invalid value has no effect.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    pub(super) outcome: String,
    pub(super) kind: String,
    pub(super) errcode: String,
    pub(super) participation: String,
    pub(super) request: String,
    pub(super) since: String,
    pub(super) until: String,
    pub(super) order: String,
    pub(super) waiting: String,
    pub(super) page: String,
}

/// The orders with their names in URLs.
pub(super) const ORDERS: [(&str, AttemptOrder); 5] = [
    ("newest", AttemptOrder::Newest),
    ("oldest", AttemptOrder::Oldest),
    ("most-probable", AttemptOrder::MostProbable),
    ("least-probable", AttemptOrder::LeastProbable),
    ("slowest", AttemptOrder::Slowest),
];

impl Filter {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let query = Query::<Self>::from_query(request.query_string());
        query.map(Query::into_inner).unwrap_or_default()
    }

    /// Number of the page, from 0.
    pub(super) fn page(&self) -> u32 {
        self.page.parse::<u32>().unwrap_or(0).min(100_000)
    }

    pub(super) fn order(&self) -> AttemptOrder {
        let known = ORDERS.iter().find(|(name, _)| *name == self.order);
        known.map_or(AttemptOrder::Newest, |(_, order)| *order)
    }

    pub(super) fn query(&self, server: &Server) -> AttemptQuery {
        let instant = |date: Date| words::start_of(server, date);
        let request = self.request.trim();
        AttemptQuery {
            participation_id: self.participation.trim().parse().ok(),
            kind: self.kind.parse::<AttemptKind>().ok(),
            outcome: self.outcome.parse::<AttemptOutcome>().ok(),
            errcode: self.errcode.parse().ok(),
            waiting: self.waiting == "1",
            // PostgreSQL rejects a text with NUL.
            request_id: (!request.is_empty() && !request.contains('\0'))
                .then(|| request.to_owned()),
            since: parse(&self.since).map(instant),
            // The last day is included.
            until: parse(&self.until).and_then(Date::next_day).map(instant),
            order: self.order(),
            skip: self.page().saturating_mul(PAGE),
            // One more shows that there is a next page.
            limit: PAGE + 1,
        }
    }

    /// The query of the URL with another page.
    pub(super) fn with_page(&self, page: u32) -> String {
        let fields = [
            ("outcome", &self.outcome),
            ("kind", &self.kind),
            ("errcode", &self.errcode),
            ("participation", &self.participation),
            ("request", &self.request),
            ("since", &self.since),
            ("until", &self.until),
            ("order", &self.order),
            ("waiting", &self.waiting),
        ];
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            pairs.append_pair(name, value);
        }
        if page > 0 {
            pairs.append_pair("page", &page.to_string());
        }
        pairs.finish()
    }
}

/// A day as the browser's date field sends it; `None` for years that no attempt can have.
pub(super) fn parse(text: &str) -> Option<Date> {
    let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    date.filter(|date| (1970..9999).contains(&date.year()))
}
