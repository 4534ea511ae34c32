//! Why a page's input is not used.

/// What is wrong with what the page was about to use, found before WeChat would find it.
///
/// Each variant's code ([`Refusal::CODES`]) is part of the npm package's interface (`WxpayError`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The appid is empty or has other signs than letters and digits. Use the service account's.
    AppidMalformed,
    /// The state is empty, longer than 128, or has other signs than letters and digits.
    StateMalformed,
    /// The scope is neither `snsapi_base` nor `snsapi_userinfo`.
    ScopeUnknown,
    /// Not an absolute http(s) address, or with blanks, a backslash or user information in it.
    UrlMalformed,
    /// The address is percent-encoded already. Give it plain: it is encoded exactly once, here.
    UrlEncoded,
    /// The address is http, and not this machine's. WeChat Pay pages have to be https.
    UrlInsecure,
    /// The return page's host is not one registered as H5 payment domain.
    UrlForeign,
    /// The address is not a whole `mweb_url`: it may have been cut off.
    MwebUrlMalformed,
    /// The `mweb_url` carries a `redirect_url` already; a second one would be ignored or refused.
    RedirectUrlPresent,
    /// `appId` is missing.
    AppIdMissing,
    /// `timeStamp` is not ten digits: it is missing, or in milliseconds.
    TimeStampMalformed,
    /// `nonceStr` is missing or longer than 32.
    NonceStrMalformed,
    /// `package` is not `prepay_id=…`.
    PackageMalformed,
    /// `signType` is not one of `MD5`, `HMAC-SHA256`, `RSA`; without it jweixin says `SHA1`.
    SignTypeMalformed,
    /// `paySign` is missing.
    PaySignMissing,
}

impl Refusal {
    /// The stable names, in the order of the variants, as `WxpayError.code` has them.
    pub const CODES: [&str; 15] = [
        "appid_malformed",
        "state_malformed",
        "scope_unknown",
        "url_malformed",
        "url_encoded",
        "url_insecure",
        "url_foreign",
        "mweb_url_malformed",
        "redirect_url_present",
        "app_id_missing",
        "time_stamp_malformed",
        "nonce_str_malformed",
        "package_malformed",
        "sign_type_malformed",
        "pay_sign_missing",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_own_code() {
        for (variant, code) in [
            (Refusal::AppidMalformed, "appid_malformed"),
            (Refusal::StateMalformed, "state_malformed"),
            (Refusal::ScopeUnknown, "scope_unknown"),
            (Refusal::UrlMalformed, "url_malformed"),
            (Refusal::UrlEncoded, "url_encoded"),
            (Refusal::UrlInsecure, "url_insecure"),
            (Refusal::UrlForeign, "url_foreign"),
            (Refusal::MwebUrlMalformed, "mweb_url_malformed"),
            (Refusal::RedirectUrlPresent, "redirect_url_present"),
            (Refusal::AppIdMissing, "app_id_missing"),
            (Refusal::TimeStampMalformed, "time_stamp_malformed"),
            (Refusal::NonceStrMalformed, "nonce_str_malformed"),
            (Refusal::PackageMalformed, "package_malformed"),
            (Refusal::SignTypeMalformed, "sign_type_malformed"),
            (Refusal::PaySignMissing, "pay_sign_missing"),
        ] {
            assert_eq!(Refusal::CODES.get(variant as usize), Some(&code));
        }
    }
}
