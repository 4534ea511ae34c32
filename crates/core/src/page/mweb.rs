//! The way to WeChat's H5 cashier (H5支付 middle page) and back.
//!
//! Source: "H5支付 开发指引", redirect_url and its error table, read 2026-11-23.

use super::{
    Draft, Refusal,
    address::{self, Address, value_of},
    cut::segments,
    percent::encode_onto,
};

/// The parameter of the return page's address by which any browser can ask for the order's state.
const RETURN_TOKEN: &str = "wxpay_return";

/// Puts down `mweb_url` with `redirect_url=` appended, encoded exactly once.
///
/// `hosts` are the registered H5 payment domains, with a comma before each; empty means "not known here".
///
/// # Errors
/// A [`Refusal`] for whatever ends in 签名验证失败, 系统繁忙 or 商家存在未配置的参数 at WeChat's page.
///
/// ```
/// use wxpay_core::page::put_mweb_url;
///
/// let mut url = String::new();
/// put_mweb_url(
///     &mut url,
///     "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096",
///     "https://www.wechatpay.com.cn",
///     "",
/// )
/// .unwrap();
/// assert_eq!(
///     url,
///     "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096\
///      &redirect_url=https%3A%2F%2Fwww.wechatpay.com.cn"
/// );
/// ```
pub fn put_mweb_url(
    out: &mut impl Draft,
    mweb_url: &str,
    return_url: &str,
    hosts: &str,
) -> Result<(), Refusal> {
    let cashier = Address::cut(mweb_url);
    if address::check(mweb_url).is_err() || !cashier.hash.is_empty() || !cashier.has("prepay_id") {
        return Err(Refusal::MwebUrlMalformed);
    }
    if cashier.has("redirect_url") {
        return Err(Refusal::RedirectUrlPresent);
    }
    let host = address::check(return_url)?;
    if hosts.len() > 1 && !segments(hosts, ",").any(|known| known.eq_ignore_ascii_case(host)) {
        return Err(Refusal::UrlForeign);
    }
    out.put(mweb_url);
    out.put("&redirect_url=");
    encode_onto(out, return_url);
    Ok(())
}

/// Puts down `return_url` with `wxpay_return=token` as its last parameter, before the hash.
///
/// A token from an earlier purchase is replaced; everything else is kept byte for byte.
pub fn put_return_url(out: &mut impl Draft, return_url: &str, token: &str) {
    let address = Address::cut(return_url);
    out.put(address.base);
    let mut mark = "?";
    for part in segments(address.query, "&") {
        if !part.is_empty() && value_of(part, RETURN_TOKEN).is_none() {
            out.put(mark);
            out.put(part);
            mark = "&";
        }
    }
    out.put(mark);
    out.put("wxpay_return=");
    encode_onto(out, token);
    out.put(address.hash);
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn mweb_url(mweb_url: &str, return_url: &str, hosts: &str) -> Result<String, Refusal> {
        let mut out = String::new();
        put_mweb_url(&mut out, mweb_url, return_url, hosts).map(|()| out)
    }

    const CASHIER: &str =
        "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";

    #[test]
    fn a_return_page_with_query_route_and_escapes_is_encoded_exactly_once() {
        let url = mweb_url(CASHIER, "https://shop.example/r?a=%E4%BD%A0&b=付#/x", "");
        assert_eq!(
            url.as_deref().ok().and_then(|url| url.strip_prefix(CASHIER)),
            Some(
                "&redirect_url=https%3A%2F%2Fshop.example%2Fr%3Fa%3D%25E4%25BD%25A0%26b%3D\
                 %E4%BB%98%23%2Fx"
            )
        );
    }

    #[test]
    fn a_sandbox_on_this_machine_is_a_cashier_too() {
        let sandbox =
            "http://127.0.0.1:8990/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";
        assert!(mweb_url(sandbox, "http://localhost:8992/", ",localhost").is_ok());
    }

    #[test]
    fn what_ends_in_an_error_at_wechats_page_is_refused_here() {
        let twice = mweb_url(CASHIER, "https://shop.example/", "").unwrap_or_default();
        for (cashier, back, hosts, refusal) in [
            ("", "https://shop.example/", "", Refusal::MwebUrlMalformed),
            (
                "https://wx.tenpay.com/checkmweb",
                "https://a.example/",
                "",
                Refusal::MwebUrlMalformed,
            ),
            (
                "http://wx.tenpay.com/?prepay_id=1",
                "https://a.example",
                "",
                Refusal::MwebUrlMalformed,
            ),
            (&twice, "https://shop.example/", "", Refusal::RedirectUrlPresent),
            (CASHIER, "https%3A%2F%2Fshop.example", "", Refusal::UrlEncoded),
            (CASHIER, "http://shop.example/", "", Refusal::UrlInsecure),
            (CASHIER, "weixin://pay", "", Refusal::UrlMalformed),
            (CASHIER, "https://evil.example/", ",a.example,b.example", Refusal::UrlForeign),
        ] {
            assert_eq!(mweb_url(cashier, back, hosts), Err(refusal), "{cashier} {back}");
        }
        assert!(mweb_url(CASHIER, "https://B.example:8443/r", ",a.example,b.example").is_ok());
    }

    #[test]
    fn the_return_token_stands_before_the_hash_and_only_once() {
        for (url, expected) in [
            ("https://a.example/r", "https://a.example/r?wxpay_return=t%2B1"),
            ("https://a.example/r?x=1#/y?z", "https://a.example/r?x=1&wxpay_return=t%2B1#/y?z"),
            ("https://a.example/r?wxpay_return=old&x", "https://a.example/r?x&wxpay_return=t%2B1"),
        ] {
            let mut out = String::new();
            put_return_url(&mut out, url, "t+1");
            assert_eq!(out, expected);
        }
    }
}
