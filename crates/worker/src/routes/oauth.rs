//! Login through WeChat: `GET /v1/oauth/authorize` and `POST /v1/oauth/session`.
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use wxpay_core::{
    UnixSeconds,
    oauth::Code as LoginCode,
    page::{AuthorizeUrl, Scope},
};

use super::Call;
use crate::{
    clock,
    config::REAL_OPEN,
    http::{body, origin::Origin, problem::Problem, problem_code::Code, query, reply::Reply},
    login::Login,
    object::{login::BINDING, mail},
    random,
    token::Kind,
};

/// WeChat's code lives five minutes, and the buyer may read the consent page before that.
const STATE_SECONDS: u64 = 1800;

/// Sends the buyer to WeChat and back to `return_to`, with a `state` that fits only this way.
pub(super) async fn authorize(call: &Call<'_>) -> Result<Reply, Problem> {
    let return_to = query::value(call.query, "return_to");
    let return_to = return_to.ok_or_else(|| invalid("`return_to`: expected a page's address"))?;
    let origin = Origin::of(&return_to).ok_or(Code::ReturnToNotAllowed)?;
    // Otherwise this route would send anybody anywhere, in our name.
    if !call.is_ours(&origin) {
        return Err(Code::ReturnToNotAllowed.into());
    }
    let scope = query::value(call.query, "scope").unwrap_or_default();
    let scope = Scope::from_word(&scope)
        .map_err(|_| invalid("`scope`: expected `snsapi_base` or `snsapi_userinfo`"))?;
    let expires_at = clock::now().plus(STATE_SECONDS);
    let state = call.config.token_key.seal_bytes(Kind::State, &digest(&return_to), expires_at)?;
    let authorize = AuthorizeUrl {
        appid: call.config.page_appid.as_str(),
        redirect_uri: &return_to,
        scope,
        state: &state,
        force_popup: false,
    };
    let mut url = String::new();
    authorize.put(&mut url).map_err(|_| Code::ReturnToNotAllowed)?;
    let path = url.strip_prefix(REAL_OPEN).unwrap_or(&url);
    Ok(Reply::found(format!("{}{path}", call.config.open_url)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    code: String,
    state: String,
    return_to: Option<String>,
}

#[derive(Serialize)]
struct Session {
    session: String,
    expires_at: UnixSeconds,
}

/// Exchanges the code for a session.
pub(super) async fn session(call: &Call<'_>) -> Result<Reply, Problem> {
    let ask: Ask = body::parse(&call.body().await?)?;
    let code = LoginCode::new(&ask.code).map_err(|error| Problem::invalid(&error))?;
    let bound = call.config.token_key.open_bytes(Kind::State, &ask.state, clock::now())?;
    if let Some(return_to) = ask.return_to
        && !bool::from(bound.ct_eq(&digest(&return_to)))
    {
        return Err(Problem::with_detail(Code::TokenTampered, "`state`: made for another page"));
    }
    let name = random::hex(&call.config.token_key.fingerprint("login", ask.code.as_bytes()));
    match mail::ask(call.env, BINDING, &name, &code.as_str()).await? {
        Login::Session { session, expires_at } => {
            Reply::json(200, &Session { session, expires_at })
        }
        Login::Snapshot => Err(Code::SnapshotUser.into()),
        Login::CodeUsed => Err(Code::LoginCodeUsed.into()),
        Login::CodeInvalid => Err(Code::LoginCodeInvalid.into()),
        Login::Refused { errcode } => {
            Err(Problem::with_detail(Code::LoginRefused, format!("errcode {errcode}")))
        }
        Login::Unknown => Err(Code::LoginUnknown.into()),
    }
}

/// Half a digest keeps the state within WeChat's 128 letters; without the page's fragment, which
/// comes back changed or not at all.
fn digest(return_to: &str) -> [u8; 16] {
    let page = return_to.split('#').next().unwrap_or_default();
    let mut half = [0; 16];
    half.copy_from_slice(Sha256::digest(page).split_at(16).0);
    half
}

fn invalid(detail: &str) -> Problem {
    Problem::with_detail(Code::InvalidField, detail)
}
