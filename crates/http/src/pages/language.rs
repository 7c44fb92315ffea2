use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::web::Query;
use serde::Deserialize;

/// Name of the cookie that keeps the choice of a language.
const COOKIE: &str = "lang";

/// Language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    En,
    Ko,
}

#[derive(Deserialize)]
struct Choice {
    lang: Language,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// The language of a request: that of the query's `lang`, else of the cookie, else the first known one of
    /// `Accept-Language`, else English.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        if let Some(chosen) = Self::chosen(request) {
            return chosen;
        }
        if let Some(kept) = request.cookie(COOKIE).and_then(|cookie| Self::from_tag(cookie.value()))
        {
            return kept;
        }
        let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|list| list.to_str().ok());
        accepted.and_then(Self::preferred).unwrap_or(Self::En)
    }

    /// The language that the query of a request chooses.
    pub(crate) fn chosen(request: &HttpRequest) -> Option<Self> {
        let choice = Query::<Choice>::from_query(request.query_string());
        choice.ok().map(|Query(Choice { lang })| lang)
    }

    /// Cookie that keeps the language.
    pub(crate) fn cookie(self) -> Cookie<'static> {
        Cookie::build(COOKIE, self.tag()).path("/").same_site(SameSite::Lax).finish()
    }

    /// The known language with the highest weight, the earlier one of two with equal weights.
    fn preferred(list: &str) -> Option<Self> {
        let weighted = list.split(',').filter_map(|entry| {
            let (tag, weight) = entry.split_once(";q=").unwrap_or((entry, "1"));
            let weight = weight.trim().parse::<f32>().ok()?;
            (weight > 0.0).then_some((Self::from_tag(tag.trim())?, weight))
        });
        let all: Vec<_> = weighted.collect();
        let best = all.into_iter().rev().max_by(|(_, one), (_, other)| one.total_cmp(other));
        best.map(|(language, _)| language)
    }

    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// BCP 47 tag.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// Name of the language in itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// The text in this language.
    pub(crate) fn say<T>(self, english: T, korean: T) -> T {
        match self {
            Self::En => english,
            Self::Ko => korean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_preferred_known_language_is_used() {
        for (list, expected) in [
            ("ko", Some(Language::Ko)),
            ("ko-KR,ko;q=0.9,en-US;q=0.8", Some(Language::Ko)),
            ("en-US,en;q=0.9,ko;q=0.8", Some(Language::En)),
            ("fr-FR, ko;q=0.5, en;q=0.4", Some(Language::Ko)),
            ("en;q=0, ko;q=0.1", Some(Language::Ko)),
            ("fr", None),
            ("korean", None),
            ("", None),
        ] {
            assert_eq!(Language::preferred(list), expected, "{list:?}");
        }
    }
}
