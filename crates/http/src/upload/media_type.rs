use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::mime::Mime;

use super::UploadError;

/// Accepted media types of a body.
#[derive(Debug)]
pub(super) enum MediaType {
    /// `application/json`, or any subtype of `application` that ends in `+json`.
    Json,
    /// `multipart/form-data`, with the header for the form's parser.
    Form(HeaderMap),
}

impl MediaType {
    /// Parses `Content-Type`; `None` without one.
    ///
    /// RFC 9110 allows white space around each `;` and empty parameters. The form's parser does not, so the header it
    /// gets omits them.
    ///
    /// # Errors
    /// [`UploadError::Unsupported`] for any other type.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, UploadError> {
        let Some(header) = headers.get(CONTENT_TYPE) else { return Ok(None) };
        let header = header.to_str().map_err(|_| UploadError::Unsupported)?;
        let mut parts = split(header);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        if is_json(&essence) {
            return Ok(Some(Self::Json));
        }
        if essence != "multipart/form-data" {
            return Err(UploadError::Unsupported);
        }
        let mut header = essence;
        for parameter in parts.filter(|parameter| !parameter.is_empty()) {
            header.push(';');
            header.push_str(parameter);
        }
        if header.parse::<Mime>().is_err() {
            return Err(UploadError::Unsupported);
        }
        let header = HeaderValue::try_from(header).map_err(|_| UploadError::Unsupported)?;
        Ok(Some(Self::Form(HeaderMap::from_iter([(CONTENT_TYPE, header)]))))
    }
}

fn is_json(essence: &str) -> bool {
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

/// Splits the media type and its parameters and trims white space. A `;` within quotes does not separate.
fn split(header: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = header.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => return character == ';' && !quoted,
        }
        false
    });
    parts.map(|part| part.trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_protect_semicolons() {
        let parts: Vec<_> = split("a/b ;\tc=\"d ; \\\" ; e\" ;; f=g; ").collect();
        assert_eq!(parts, ["a/b", "c=\"d ; \\\" ; e\"", "", "f=g", ""]);
    }
}
