//! Limits that actix-http lacks. It does not limit the connections per address. Its head timeout applies only to the
//! first request of a connection. It does not limit the duration of a client's reads.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::HttpSettings;
use crate::pace::{MinRate, Pace};
use crate::tls::Transport;

/// Number of open connections per address.
#[derive(Debug)]
pub(crate) struct Addresses {
    max: Option<NonZeroUsize>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl Addresses {
    /// Admits at most `max` connections per address; `None` is no limit.
    pub(crate) fn new(max: Option<NonZeroUsize>) -> Arc<Self> {
        Arc::new(Self { max, open: Mutex::default() })
    }

    /// Counts a connection until the place is dropped; `None` if the address is at its limit.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if self.max.is_some_and(|max| *count >= max.get()) {
            return None;
        }
        *count += 1;
        Some(Place { addresses: Arc::clone(self), address })
    }
}

/// The counted address of a client: an IPv4 address, or the /64 network that an IPv6 client usually has.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

/// One counted connection; dropping it releases the place.
#[derive(Debug)]
pub(crate) struct Place {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// Whether a connection is between two requests; shared with the middleware.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage(Rc<Requests>);

#[derive(Debug, Default)]
struct Requests {
    /// Number of requests whose head has arrived.
    begun: Cell<u64>,
    /// Number of requests whose response has ended.
    ended: Cell<u64>,
}

impl Stage {
    /// Begins a request, which ends when the returned value is dropped with its response.
    pub(crate) fn request(&self) -> RequestStage {
        self.0.begun.set(self.0.begun.get() + 1);
        RequestStage(self.clone())
    }

    fn is_between_requests(&self) -> bool {
        self.0.begun.get() > 0 && self.0.begun.get() == self.0.ended.get()
    }
}

/// A request of a connection, from its head to the end of its response.
#[derive(Debug)]
pub(crate) struct RequestStage(Stage);

impl Drop for RequestStage {
    fn drop(&mut self) {
        let ended = &self.0.0.ended;
        ended.set(ended.get() + 1);
    }
}

/// A client's connection with limits on slow heads and slow reads.
#[derive(Debug)]
pub(crate) struct Connection {
    io: Transport,
    stage: Stage,
    head_timeout: Duration,
    /// Timeout from the first byte of a head that follows another request, with the number of requests before it.
    head: Option<(u64, Pin<Box<Sleep>>)>,
    min_rate: MinRate,
    /// Rate of the current response; `None` until the client delays a write.
    answer: Option<Pace>,
    _place: Place,
}

impl Connection {
    pub(crate) fn new(io: Transport, place: Place, settings: &HttpSettings) -> Self {
        Self {
            io,
            stage: Stage::default(),
            head_timeout: settings.head_timeout,
            head: None,
            min_rate: settings.min_rate,
            answer: None,
            _place: place,
        }
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage.clone()
    }
}

impl AsyncRead for Connection {
    /// Reports end of file if a head takes too long, so that actix-http closes the connection.
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let filled = buffer.filled().len();
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        // A whole request can pass between two reads, so the timer can belong to an earlier head.
        let before = this.stage.0.begun.get();
        this.head.take_if(|(of, _)| *of != before);
        if !this.stage.is_between_requests() {
            return read;
        }
        this.answer = None;
        if this.head.is_none() && buffer.filled().len() > filled {
            this.head = Some((before, Box::pin(sleep(this.head_timeout))));
        }
        if let Some((_, head)) = &mut this.head
            && head.as_mut().poll(context).is_ready()
        {
            buffer.set_filled(filled);
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    /// Fails if the client reads a response too slowly.
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        match &written {
            Poll::Ready(Ok(count)) => {
                if let Some(answer) = &mut this.answer {
                    answer.transferred(*count);
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let answer = this.answer.get_or_insert_with(|| Pace::new(this.min_rate));
                if answer.poll_too_slow(context).is_ready() {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_own_places() {
        let addresses = Addresses::new(NonZeroUsize::new(2));
        let admit = |address: &str| addresses.admit(address.parse().unwrap());
        let first = admit("192.0.2.1").unwrap();
        let _second = admit("::ffff:192.0.2.1").unwrap();
        assert!(admit("192.0.2.1").is_none());
        let _other = admit("192.0.2.2").unwrap();
        drop(first);
        let _third = admit("192.0.2.1").unwrap();
        assert!(admit("192.0.2.1").is_none());

        let _first = admit("2001:db8::1").unwrap();
        let _second = admit("2001:db8::2").unwrap();
        assert!(admit("2001:db8::3").is_none());
        assert!(admit("2001:db8:0:1::3").is_some());
        assert_eq!(addresses.open.lock().unwrap().len(), 3, "closed ones are forgotten");
    }

    #[test]
    fn no_limit_admits_everybody() {
        let addresses = Addresses::new(None);
        let places: Vec<_> =
            (0..1000).map(|_| addresses.admit("192.0.2.1".parse().unwrap()).unwrap()).collect();
        assert_eq!(places.len(), 1000);
    }
}
