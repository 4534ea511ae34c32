//! 下载交易账单, 下载资金账单 · `POST /pay/downloadbill`, and `POST /pay/downloadfundflow` over mTLS.
//!
//! Source: protocol pages of these names, read 2026-11. The answer is the bill itself, as it comes, or
//! XML that says why there is none; [`BillReader`](crate::bill::BillReader) and
//! [`FundFlowReader`](crate::fund_flow::FundFlowReader) read either.
use super::{Credential, Fields, SignType, SignedRequest};
use crate::{NonceStr, bill::DownloadBill, fund_flow::DownloadFundFlow};

impl DownloadBill {
    /// The signed request of V2.
    pub fn to_v2_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = Fields::new()
            .with("bill_date", self.day.compact())
            .with("bill_type", self.kind.as_str())
            .with("tar_type", "GZIP");
        credential.request("/pay/downloadbill", fields, nonce_str)
    }
}

impl DownloadFundFlow {
    /// The signed request of V2. It needs the merchant's certificate, and is signed by HMAC-SHA256
    /// whatever was agreed for the rest.
    pub fn to_v2_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = Fields::new()
            .with("bill_date", self.day.compact())
            .with("account_type", self.account.as_str())
            .with("tar_type", "GZIP");
        credential.alone(SignType::HmacSha256).request("/pay/downloadfundflow", fields, nonce_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        BeijingDay, Mchid,
        bill::BillKind,
        fund_flow::Account,
        v2::{SubMerchant, sign, test_support::*, xml},
    };

    #[test]
    fn the_request_names_day_and_kind() {
        let day = BeijingDay::parse("2026-11-23").unwrap();
        let nonce_str = NonceStr::new("n0").unwrap();
        for kind in [BillKind::All, BillKind::Success, BillKind::Refund] {
            let request = DownloadBill { day, kind }.to_v2_request(&credential(), &nonce_str);
            let fields = xml::decode(request.body().as_bytes()).unwrap();
            assert_eq!(fields.get("bill_date"), Some("20261123"));
            assert_eq!(fields.get("bill_type").and_then(BillKind::parse), Some(kind));
            assert!(!request.needs_certificate());
        }
    }

    #[test]
    fn the_request_is_for_our_own_account_and_signed_by_hmac_whatever_was_agreed() {
        let md5 = Credential::new(
            credential().appid().clone(),
            credential().mchid().clone(),
            SignType::Md5,
            key(),
        )
        .with_sub_merchant(SubMerchant { mchid: Mchid::new("1900000109").unwrap(), appid: None });
        let day = BeijingDay::parse("2026-11-23").unwrap();
        let wish = DownloadFundFlow { day, account: Account::Basic };
        let request = wish.to_v2_request(&md5, &NonceStr::new("n0").unwrap());
        assert!(request.needs_certificate());
        let fields = xml::decode(request.body().as_bytes()).unwrap();
        assert_eq!(fields.get("bill_date"), Some("20261123"));
        assert_eq!(fields.get("sub_mch_id"), None);
        assert_eq!(sign::verify(&fields, SignType::HmacSha256, &key()), Ok(()));
    }
}
