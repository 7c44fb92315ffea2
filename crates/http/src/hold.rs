use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

/// Body of a response with a value that is dropped after the body is sent.
pub(crate) struct Holding<T> {
    body: BoxBody,
    _held: T,
}

impl<T: Unpin + 'static> Holding<T> {
    pub(crate) fn wrap(body: impl MessageBody + 'static, held: T) -> BoxBody {
        BoxBody::new(Self { body: body.boxed(), _held: held })
    }

    /// Holds a value until a response is sent.
    pub(crate) fn until_sent(answer: HttpResponse, held: T) -> HttpResponse {
        answer.map_body(|_, body| Self::wrap(body, held))
    }
}

impl<T: Unpin> MessageBody for Holding<T> {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
