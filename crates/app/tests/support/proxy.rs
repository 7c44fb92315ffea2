//! A proxy before a server that can delay, lose or block the traffic.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::sleep;

/// Behaviour of the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Everything passes.
    Open,
    /// Each piece is delayed, in both directions.
    Slow(Duration),
    /// Connections are cut and new ones refused, as if the server were down.
    Refused,
    /// Connections are accepted but nothing passes, as if packets were dropped.
    Silent,
    /// Requests pass, but no answer after the first `after` pieces.
    Deaf {
        /// Number of pieces, over all connections.
        after: usize,
    },
    /// Requests pass, but the first answers are lost.
    Forgetful {
        /// Number of lost pieces of answers, over all connections.
        answers: usize,
        /// Whether a connection is cut when its answer is lost; otherwise it stays silent.
        cuts: bool,
    },
    /// New connections get this text, and existing ones are cut.
    Says(&'static str),
}

/// Listens in place of one server.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    way: watch::Sender<Way>,
    answers: Arc<AtomicUsize>,
    _runtime: Runtime,
}

/// State that connections share.
#[derive(Clone)]
struct Road {
    server: SocketAddr,
    way: watch::Receiver<Way>,
    /// Number of pieces of answers since the last change of the way.
    answers: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts an open proxy before a server.
    pub(crate) fn before(server: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (way, watched) = watch::channel(Way::Open);
        let answers = Arc::default();
        let road = Road { server, way: watched, answers: Arc::clone(&answers) };
        runtime.spawn(accept(listener, road));
        Self { address, way, answers, _runtime: runtime }
    }

    /// Changes the behaviour, also for existing connections.
    pub(crate) fn set(&self, way: Way) {
        self.answers.store(0, Ordering::SeqCst);
        self.way.send_replace(way);
    }
}

async fn accept(listener: TcpListener, mut road: Road) {
    let address = listener.local_addr().unwrap();
    let mut listener = Some(listener);
    loop {
        if *road.way.borrow_and_update() == Way::Refused {
            listener = None;
            if road.way.wait_for(|way| *way != Way::Refused).await.is_err() {
                return;
            }
            continue;
        }
        let open = match listener.take() {
            Some(open) => open,
            None => TcpListener::bind(address).await.unwrap(),
        };
        tokio::select! {
            accepted = open.accept() => {
                let (client, _) = accepted.unwrap();
                tokio::spawn(connect(client, road.clone()));
            }
            changed = road.way.changed() => if changed.is_err() { return },
        }
        listener = Some(open);
    }
}

async fn connect(mut client: TcpStream, road: Road) {
    let now = *road.way.borrow();
    if let Way::Says(what) = now {
        // A client that hangs up needs no response.
        let _ = client.read(&mut [0; 16 * 1024]).await;
        let _ = client.write_all(what.as_bytes()).await;
        // The rest is read, because closing with unread data would reset the connection.
        let _ = client.shutdown().await;
        while let Ok(1..) = client.read(&mut [0; 16 * 1024]).await {}
        return;
    }
    let Ok(server) = TcpStream::connect(road.server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // After a lost answer no further answer may pass on the same connection.
    let mut forgot = false;
    tokio::select! {
        () = carry(from_client, to_server, &road.way, |way| match way {
            Way::Silent => Fate::Swallowed,
            Way::Open
            | Way::Slow(_)
            | Way::Refused
            | Way::Deaf { .. }
            | Way::Forgetful { .. }
            | Way::Says(_) => Fate::Carried,
        }) => {}
        () = carry(from_server, to_client, &road.way, |way| match way {
            Way::Silent => Fate::Swallowed,
            Way::Deaf { after } if road.answers.fetch_add(1, Ordering::SeqCst) >= after => {
                Fate::Swallowed
            }
            Way::Forgetful { answers, cuts }
                if forgot || road.answers.fetch_add(1, Ordering::SeqCst) < answers =>
            {
                forgot = true;
                if cuts { Fate::Cut } else { Fate::Swallowed }
            }
            Way::Open
            | Way::Slow(_)
            | Way::Refused
            | Way::Deaf { .. }
            | Way::Forgetful { .. }
            | Way::Says(_) => Fate::Carried,
        }) => {}
        () = end(road.way.clone()) => {}
    }
}

/// Waits until a connection cannot continue: it must be cut, or may have a gap in its data.
async fn end(mut way: watch::Receiver<Way>) {
    let is_bad = |way: &Way| !matches!(way, Way::Open | Way::Slow(_));
    let Ok(now) = way.wait_for(is_bad).await.map(|way| *way) else { return };
    if !matches!(now, Way::Refused | Way::Says(_)) {
        let _ = way.wait_for(|way| *way != now).await;
    }
}

/// What happens to a piece of data.
enum Fate {
    Carried,
    Swallowed,
    /// The piece is lost with its connection.
    Cut,
}

/// Forwards bytes until one side hangs up.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: &watch::Receiver<Way>,
    mut fate: impl FnMut(Way) -> Fate,
) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let now = *way.borrow();
        match fate(now) {
            Fate::Carried => {}
            Fate::Swallowed => continue,
            Fate::Cut => return,
        }
        if let Way::Slow(delay) = now {
            sleep(delay).await;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
