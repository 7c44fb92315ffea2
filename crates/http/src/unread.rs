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

/// Holds the body of a request until its response is sent, and marks the connection as busy until then.
///
/// If a handler drops a chunked body before its end, actix-http reads and discards the rest before the next request,
/// for any length of time. A client that sends chunks slowly would keep its connection forever. While the body is held,
/// actix-http instead closes the connection some seconds after the response.
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
