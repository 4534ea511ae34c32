//! 网页授权: the address of the page where WeChat asks who the buyer is.
//!
//! Source: "网页授权" of the official-account documentation, read 2026-11-23. It warns that the
//! parameters are matched in order, which desktop clients do.

use super::{Draft, Refusal, address, percent::encode_onto};

/// Source: the same page.
const AUTHORIZE: &str = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=";

/// Source: the same page; the state is echoed, `[a-zA-Z0-9]`, at most 128 bytes.
const STATE_MAX_BYTES: usize = 128;

/// How much WeChat tells about the buyer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Silent, openid only. All that a payment needs.
    #[default]
    Base,
    /// A consent page; name and portrait besides. A page that asks without need is shown to a
    /// "snapshot" user whose openid cannot pay.
    UserInfo,
}

impl Scope {
    /// Reads WeChat's word; empty means [`Scope::Base`].
    ///
    /// # Errors
    /// [`Refusal::ScopeUnknown`] for any other word.
    pub fn from_word(word: &str) -> Result<Self, Refusal> {
        match word {
            "" | "snsapi_base" => Ok(Self::Base),
            "snsapi_userinfo" => Ok(Self::UserInfo),
            _ => Err(Refusal::ScopeUnknown),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
        }
    }
}

/// What the authorisation page is asked for.
///
/// ```
/// use wxpay_core::page::{AuthorizeUrl, Scope};
///
/// let url = AuthorizeUrl {
///     appid: "wx2421b1c4370ec43b",
///     redirect_uri: "https://shop.example/b.html",
///     scope: Scope::Base,
///     state: "s1",
///     force_popup: false,
/// };
/// let mut text = String::new();
/// url.put(&mut text).unwrap();
/// assert_eq!(
///     text,
///     "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx2421b1c4370ec43b\
///      &redirect_uri=https%3A%2F%2Fshop.example%2Fb.html&response_type=code\
///      &scope=snsapi_base&state=s1#wechat_redirect"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AuthorizeUrl<'a> {
    /// The service account's.
    pub appid: &'a str,
    /// Where the buyer comes back to, plain; its host has to be the registered 网页授权域名.
    pub redirect_uri: &'a str,
    /// How much is asked.
    pub scope: Scope,
    /// Comes back unchanged and binds the answer to the question; letters and digits.
    pub state: &'a str,
    /// Shows the consent page even where it could be skipped; needs a tap.
    pub force_popup: bool,
}

impl AuthorizeUrl<'_> {
    /// Puts down the address, parameters in WeChat's order, `redirect_uri` encoded once.
    ///
    /// # Errors
    /// A [`Refusal`] naming the parameter WeChat's page would stumble over.
    pub fn put(&self, out: &mut impl Draft) -> Result<(), Refusal> {
        if !is_word(self.appid, 32) {
            return Err(Refusal::AppidMalformed);
        }
        // Error page 10013 exists for an empty state, whatever the table says about "optional".
        if !is_word(self.state, STATE_MAX_BYTES) {
            return Err(Refusal::StateMalformed);
        }
        address::check(self.redirect_uri)?;
        out.put(AUTHORIZE);
        out.put(self.appid);
        out.put("&redirect_uri=");
        encode_onto(out, self.redirect_uri);
        out.put("&response_type=code&scope=");
        out.put(self.scope.word());
        out.put("&state=");
        out.put(self.state);
        // UNCONFIRMED: the documentation lists forcePopup without a place; pages in the wild put
        // it before the fragment, where a query parameter belongs.
        if self.force_popup {
            out.put("&forcePopup=true");
        }
        out.put("#wechat_redirect");
        Ok(())
    }
}

fn is_word(text: &str, max_bytes: usize) -> bool {
    !text.is_empty()
        && text.len() <= max_bytes
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn text(url: &AuthorizeUrl<'_>) -> Result<String, Refusal> {
        let mut out = String::new();
        url.put(&mut out).map(|()| out)
    }

    const PLAIN: AuthorizeUrl<'_> = AuthorizeUrl {
        appid: "wx2421b1c4370ec43b",
        redirect_uri: "https://shop.example/b.html?a=1#/pay",
        scope: Scope::UserInfo,
        state: "abc123",
        force_popup: true,
    };

    #[test]
    fn query_and_route_of_the_page_survive_inside_redirect_uri() {
        assert_eq!(
            text(&PLAIN).as_deref(),
            Ok("https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx2421b1c4370ec43b\
                &redirect_uri=https%3A%2F%2Fshop.example%2Fb.html%3Fa%3D1%23%2Fpay\
                &response_type=code&scope=snsapi_userinfo&state=abc123&forcePopup=true\
                #wechat_redirect")
        );
    }

    #[test]
    fn each_parameter_wechat_would_refuse_is_refused_by_name() {
        let too_long = "a".repeat(129);
        for (url, refusal) in [
            (AuthorizeUrl { appid: "", ..PLAIN }, Refusal::AppidMalformed),
            (AuthorizeUrl { appid: "wx1&x=2", ..PLAIN }, Refusal::AppidMalformed),
            (AuthorizeUrl { state: "", ..PLAIN }, Refusal::StateMalformed),
            (AuthorizeUrl { state: "#/", ..PLAIN }, Refusal::StateMalformed),
            (AuthorizeUrl { state: &too_long, ..PLAIN }, Refusal::StateMalformed),
            (AuthorizeUrl { redirect_uri: "/b.html", ..PLAIN }, Refusal::UrlMalformed),
            (
                AuthorizeUrl { redirect_uri: "https%3A%2F%2Fshop.example", ..PLAIN },
                Refusal::UrlEncoded,
            ),
        ] {
            assert_eq!(text(&url), Err(refusal), "{url:?}");
        }
        assert_eq!(Scope::from_word("snsapi_login"), Err(Refusal::ScopeUnknown));
    }
}
