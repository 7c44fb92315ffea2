//! A way to a server that can be made slow, or no way at all.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::sleep;

/// How the way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Everything goes through.
    Open,
    /// Each piece, there and back, takes so long.
    Slow(Duration),
    /// Connections are cut, and new ones refused, as where no server runs any more.
    Refused,
    /// Connections are taken and nothing goes through either way, as where packets are dropped.
    Silent,
    /// What is sent arrives, and no answer comes back.
    Deaf,
}

/// Listens before one server.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    way: watch::Sender<Way>,
    _runtime: Runtime,
}

impl Proxy {
    /// An open way to a server.
    pub(crate) fn before(server: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (way, watched) = watch::channel(Way::Open);
        runtime.spawn(accept(listener, server, watched));
        Self { address, way, _runtime: runtime }
    }

    /// Changes the way, for the connections that are there too.
    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, mut way: watch::Receiver<Way>) {
    let address = listener.local_addr().unwrap();
    let mut listener = Some(listener);
    loop {
        if *way.borrow_and_update() == Way::Refused {
            listener = None;
            way.wait_for(|way| *way != Way::Refused).await.unwrap();
            continue;
        }
        let open = match listener.take() {
            Some(open) => open,
            None => TcpListener::bind(address).await.unwrap(),
        };
        tokio::select! {
            accepted = open.accept() => {
                let (client, _) = accepted.unwrap();
                tokio::spawn(connect(client, server, way.clone()));
            }
            changed = way.changed() => changed.unwrap(),
        }
        listener = Some(open);
    }
}

async fn connect(client: TcpStream, server: SocketAddr, way: watch::Receiver<Way>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_client, to_server, &way, |way| way == Way::Silent) => {}
        () = carry(from_server, to_client, &way, |way| matches!(way, Way::Silent | Way::Deaf)) => {}
        () = end(way.clone()) => {}
    }
}

/// Waits until a connection cannot go on: it is refused, or has something missing in its middle.
async fn end(mut way: watch::Receiver<Way>) {
    let now = *way.wait_for(|way| !matches!(way, Way::Open | Way::Slow(_))).await.unwrap();
    if now != Way::Refused {
        let _ = way.wait_for(|way| *way != now).await;
    }
}

/// Carries bytes until one side hangs up.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: &watch::Receiver<Way>,
    swallows: impl Fn(Way) -> bool,
) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let now = *way.borrow();
        if swallows(now) {
            continue;
        }
        if let Way::Slow(delay) = now {
            sleep(delay).await;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
