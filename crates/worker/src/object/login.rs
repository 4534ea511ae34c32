//! One object per login code: the code is spent once, and for a minute every repeat (a reload, a
//! double redirect, a prefetch) gets the answer of that one exchange.
use std::time::Duration;

use worker::{DurableObject, Env, Request, Response, State, Storage, durable_object};
use wxpay_core::oauth::Code;

use super::mail;
use crate::{config::Config, json, login::Login};

/// Enough for a reload, too short to be a store of sessions.
const REMEMBERED: Duration = Duration::from_secs(60);
const ANSWER: &str = "answer";

/// The binding's name in wrangler.toml.
pub(crate) const BINDING: &str = "LOGIN";

/// The Durable Object class.
#[durable_object(alarm)]
pub struct LoginObject {
    state: State,
    env: Env,
}

impl DurableObject for LoginObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, _: Request) -> worker::Result<Response> {
        mail::refuse()
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.state.storage().delete_all().await?;
        Response::empty()
    }
}

mail::letterbox!(LoginObject);

impl LoginObject {
    async fn answer(&self, code: String) -> worker::Result<Login> {
        let (storage, env) = (self.state.storage(), self.env.clone());
        // The second of two repeats waits here until the first has its answer.
        let login = self.state.block_concurrency_while(async move {
            // An error would reset the object; what matters is carried as a value.
            Ok(spend_once(&storage, &env, &code).await)
        });
        login.await?
    }
}

async fn spend_once(storage: &Storage, env: &Env, code: &str) -> worker::Result<Login> {
    if let Some(known) = storage.get::<String>(ANSWER).await? {
        return Ok(json::read(known.as_bytes())?);
    }
    let config = Config::of(env)?;
    let code = Code::new(code).map_err(|_| "a code that the front had checked")?;
    let login = Login::exchange(&config, &code).await?;
    // Not knowing is no answer: the next repeat asks WeChat again.
    if login != Login::Unknown {
        storage.put(ANSWER, serde_json::to_string(&login)?).await?;
        storage.set_alarm(REMEMBERED).await?;
    }
    Ok(login)
}
