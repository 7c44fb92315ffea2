use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures_util::{Stream, stream};

use crate::connection::Stage;
use crate::hold::Holding;

/// Holds the body of a request until its answer is sent, and tells the connection that a request
/// is under way until then.
///
/// If a handler drops a chunked body that it has not read to its end, actix-http reads and
/// discards the rest before the next request, however long that takes: a client that sends chunks
/// slowly would keep its connection forever. While the body is held, actix-http closes the
/// connection instead, some seconds after the answer.
pub(crate) async fn hold<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse, Error> {
    let stage = request.conn_data::<Stage>().map(Stage::request);
    let payload = Rc::new(RefCell::new(request.take_payload()));
    request.set_payload(Payload::from(
        Box::pin(shared(Rc::clone(&payload))) as Pin<Box<dyn Stream<Item = _>>>
    ));
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Holding::wrap(body, (payload, stage))))
}

fn shared(payload: Rc<RefCell<Payload>>) -> impl Stream<Item = <Payload as Stream>::Item> {
    stream::poll_fn(move |context| Pin::new(&mut *payload.borrow_mut()).poll_next(context))
}
