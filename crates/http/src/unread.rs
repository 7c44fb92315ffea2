use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use bytes::Bytes;
use futures_util::{Stream, stream};

/// Keeps hold of a request's body until its answer is sent.
///
/// When a handler lets go of a chunked body that it has not read to its end, actix-http swallows
/// the rest before it goes on with the connection, however long that takes: a client that drips
/// chunks would keep a connection for ever. While somebody holds the body, actix-http closes the
/// connection instead, some seconds after the answer.
pub(crate) async fn hold<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse, Error> {
    let payload = Rc::new(RefCell::new(request.take_payload()));
    request.set_payload(Payload::from(
        Box::pin(shared(Rc::clone(&payload))) as Pin<Box<dyn Stream<Item = _>>>
    ));
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| BoxBody::new(Holding { body: body.boxed(), _payload: payload })))
}

fn shared(payload: Rc<RefCell<Payload>>) -> impl Stream<Item = <Payload as Stream>::Item> {
    stream::poll_fn(move |context| Pin::new(&mut *payload.borrow_mut()).poll_next(context))
}

/// An answer's body with its request's.
struct Holding {
    body: BoxBody,
    _payload: Rc<RefCell<Payload>>,
}

impl MessageBody for Holding {
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
