//! Listening on 127.0.0.1, serving HTTP/1.1 there and stopping in order.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// The pause after a connection could not be accepted, as when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A listener on a free port of 127.0.0.1. Accepted sockets inherit its `TCP_NODELAY`.
pub(crate) fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_nodelay(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    socket.listen(BACKLOG)
}

/// `http://127.0.0.1:PORT` of a listener.
pub(crate) fn endpoint(listener: &TcpListener) -> io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

/// The tasks that serve, and the signal that ends them. Dropping it ends them at once.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    stop: watch::Sender<()>,
    tasks: JoinSet<()>,
}

impl Servers {
    /// Resolves when serving should end.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move { _ = stop.changed().await }
    }

    /// Runs a server, which is expected to end after [`stopped`](Self::stopped).
    pub(crate) fn run(&mut self, server: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(server);
    }

    /// Serves every connection to `listener` with `service`.
    pub(crate) fn serve<S, B>(&mut self, listener: TcpListener, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<Box<dyn Error + Send + Sync>>>,
        S: Clone + Send + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let stop = self.stop.subscribe();
        self.run(accept(listener, service, stop));
    }

    /// Stops accepting, waits for running requests up to `grace`, then ends what is left.
    pub(crate) async fn shutdown(mut self, grace: Duration) {
        self.stop.send_replace(());
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finished).await.is_err() {
            tracing::debug!("requests were still running at shutdown");
        }
        self.tasks.shutdown().await;
    }
}

async fn accept<S, B>(listener: TcpListener, service: S, mut stop: watch::Receiver<()>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<Box<dyn Error + Send + Sync>>>,
    S: Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => _ = connections.spawn(connection(socket, service.clone(), stop.clone())),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = stop.changed() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection<S, B>(socket: TcpStream, service: S, mut stop: watch::Receiver<()>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<Box<dyn Error + Send + Sync>>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let mut serving = pin!(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        _ = stop.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
