//! A shop's ear: takes notifications on a free port of this machine.

use std::{future::Future, net::Ipv4Addr, sync::Once};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

/// Listens on a free port, has every request answered by `answer`, and returns the address.
///
/// # Errors
/// When no port is free.
pub(crate) async fn open<F>(
    answer: impl Fn(Request) -> F + Clone + Send + Sync + 'static,
) -> anyhow::Result<String>
where
    F: Future<Output = Response> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// What both APIs take for an ack: V2 this XML, V3 any 200. It takes hostile ones too, so it says
/// once that no shop was asked.
pub(crate) async fn acknowledge(_: Request) -> Response {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        println!("没有 --notify-url，本命令自己应答 no shop: taken by this command itself\n");
    });
    const OK: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>";
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/xml")], OK).into_response()
}
