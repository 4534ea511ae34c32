//! Who the buyer is: WeChat's one-use code for an openid, and the openid sealed into a session.
use serde::{Deserialize, Serialize};
use wxpay_core::{
    Appid, Openid, UnixSeconds,
    oauth::{self, Answer, Code as LoginCode},
};

use crate::{
    clock,
    config::Config,
    http::{problem::Problem, problem_code::Code},
    outbound,
    token::Kind,
};

/// As long as a prepay id lives; a buyer who takes longer goes through the silent login again.
const SESSION_SECONDS: u64 = 7200;

/// What a session token holds. An openid means nothing under another appid, so they stay together.
#[derive(Serialize, Deserialize)]
struct Claims {
    appid: Appid,
    openid: Openid,
}

/// What came of a login code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Login {
    /// The sealed openid.
    Session {
        session: String,
        expires_at: UnixSeconds,
    },
    /// A made-up openid that cannot pay.
    Snapshot,
    CodeUsed,
    CodeInvalid,
    Refused {
        errcode: i64,
    },
    /// WeChat did not answer; the code may or may not be spent.
    Unknown,
}

impl Login {
    /// Spends the code at WeChat.
    pub(crate) async fn exchange(config: &Config, code: &LoginCode) -> Result<Self, Problem> {
        let appid = &config.page_appid;
        let path = oauth::access_token_request(appid, &config.app_secret, code);
        let url = zeroize::Zeroizing::new(format!("{}{}", config.api_url, path.as_str()));
        let answer = match outbound::get(&url).await.map(|bytes| oauth::access_token_answer(&bytes))
        {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => return Ok(Self::Unknown),
        };
        Ok(match answer {
            Answer::Openid(openid) => Self::seal(config, openid).await?,
            Answer::Snapshot => Self::Snapshot,
            Answer::CodeUsed => Self::CodeUsed,
            Answer::CodeInvalid => Self::CodeInvalid,
            // -1 is "busy". Source: "全局返回码", read 2026-11.
            Answer::Refused { errcode: -1 } => Self::Unknown,
            Answer::Refused { errcode } => Self::Refused { errcode },
        })
    }

    async fn seal(config: &Config, openid: Openid) -> Result<Self, Problem> {
        let claims = Claims { appid: config.page_appid.clone(), openid };
        let expires_at = clock::now().plus(SESSION_SECONDS);
        let session = config.token_key.seal(Kind::Session, &claims, expires_at)?;
        Ok(Self::Session { session, expires_at })
    }
}

/// The openid of a session, if it is one of ours under the appid that takes the payment.
pub(crate) async fn openid(config: &Config, session: &str) -> Result<Openid, Problem> {
    let claims: Claims = config.token_key.open(Kind::Session, session, clock::now())?;
    match claims.appid == config.page_appid {
        true => Ok(claims.openid),
        false => Err(Code::SessionOtherAppid.into()),
    }
}
