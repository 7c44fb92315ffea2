use std::io::{self, ErrorKind};
use std::path::Path;

use actix_files::NamedFile;
use actix_web::body::{BodySize, MessageBody, SizedStream};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_RANGE, ContentType, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use injeung_domain::{Fault, ObjectKey};

use crate::error::NOT_FOUND;
use crate::hold::Holding;
use crate::server::Server;
use crate::{auth, envelope, error, log, refusal};

/// `GET /objects/{key}`: a stored photo, or a range of it. A photo never changes under its key, so clients can cache
/// it.
pub(crate) async fn handle(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let style = server.settings.envelope;
    let key = request.match_info().query("key").parse::<ObjectKey>();
    let (Ok(key), Some(directory)) = (key, &server.objects_dir) else {
        return envelope::render(style, &NOT_FOUND);
    };
    let authentication = &server.authentication;
    if let Err(error) = auth::admit_to_photo(authentication, &server.ports, &request, &key).await {
        return refusal::render(style, &error);
    }
    let cache_control = match (key.is_rejected(), authentication.has_public_photos()) {
        // It is deleted after some days.
        (true, _) => "private, no-store",
        (false, true) => "public, max-age=31536000, immutable",
        (false, false) => "private, max-age=31536000, immutable",
    };
    let failed = |fault: Fault| {
        let answer = error::objects(&fault);
        log::outcome(&answer, None, None, &fault);
        envelope::render(style, &answer)
    };
    let Ok(permit) = server.downloads.clone().try_acquire_owned() else {
        return failed(Fault::overloaded("send the photo: http.max_downloads are being sent"));
    };
    let directory = directory.clone();
    let file = match web::block(move || open(&directory, &key)).await {
        Ok(Ok(Some(file))) => file,
        Ok(Ok(None)) => return envelope::render(style, &NOT_FOUND),
        Ok(Err(error)) => return failed(Fault::transient(error)),
        Err(cancelled) => return failed(Fault::transient(cancelled)),
    };
    let mut answer = respond(file, &request);
    if matches!(
        answer.status(),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    ) {
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        return Holding::until_sent(answer, permit);
    }
    let mut unmet = envelope::render(style, &error::unmet(answer.status()));
    if let Some(range) = answer.headers().get(CONTENT_RANGE) {
        unmet.headers_mut().insert(CONTENT_RANGE, range.clone());
    }
    unmet
}

/// Opens a photo; `None` if it does not exist.
fn open(directory: &Path, key: &ObjectKey) -> io::Result<Option<NamedFile>> {
    match NamedFile::open(directory.join(key.as_str())) {
        Ok(file) if file.metadata().is_file() => Ok(Some(file)),
        Ok(_) => Ok(None),
        // Without the directory it is unknown which photos exist.
        Err(error) if error.kind() == ErrorKind::NotFound && directory.is_dir() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The response with the photo or the requested range of it, or with the reason of the failure.
fn respond(file: NamedFile, request: &HttpRequest) -> HttpResponse {
    let file = file.set_content_type(ContentType::jpeg().0).disable_content_disposition();
    let answer = file.into_response(request);
    if request.method() != Method::HEAD {
        return answer;
    }
    // A body that is not sent needs only its length.
    answer.map_body(|_, body| match body.size() {
        BodySize::Sized(length) => {
            SizedStream::new(length, stream::empty::<Result<Bytes, io::Error>>()).boxed()
        }
        BodySize::None | BodySize::Stream => body,
    })
}
