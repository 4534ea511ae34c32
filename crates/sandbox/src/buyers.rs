//! Buyers (买家): WeChat users with their own openid, name and balance.

use serde::{Deserialize, Serialize};

use crate::{client::BUYER, gateway::Gateway, refund::RefundStatus, time::UnixSeconds};

/// One WeChat user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Buyer {
    pub(crate) openid: String,
    pub(crate) name: String,
    /// Whether pages that ask for `snsapi_userinfo` are shown to this user as snapshots (快照页).
    pub(crate) snapshot: bool,
    /// `None` pays everything.
    wallet: Option<Wallet>,
}

/// 零钱. What refunds bring back is counted when somebody looks, for they end by the clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wallet {
    /// What was put in less what was paid, in fen, before refunds.
    before_refunds: i128,
    /// Orders paid from it.
    paid: Vec<String>,
}

/// A buyer as the control API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuyerReport {
    /// The WeChat user's id for the merchant's appid.
    pub openid: String,
    /// What the consent page, `/sns/userinfo` and the cashier call the user.
    pub name: String,
    /// 零钱 in fen; `None` pays everything.
    pub balance: Option<u64>,
    /// Whether pages that ask for `snsapi_userinfo` are shown as snapshots (快照页).
    pub snapshot: bool,
}

/// What changes about a buyer; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct BuyerChanges {
    /// See [`BuyerReport::name`].
    pub name: Option<String>,
    /// `Some(None)` pays everything.
    pub balance: Option<Option<u64>>,
    /// See [`BuyerReport::snapshot`].
    pub snapshot: Option<bool>,
}

/// Buyers kept. Of those with nothing in their wallet to lose, the oldest go first; who is there from
/// the start stays.
const KEPT: usize = 1_000;
const FROM_THE_START: usize = 3;

/// Whoever was seen, oldest first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Buyers {
    all: Vec<Buyer>,
    /// How often anything changed.
    #[serde(skip)]
    changes: u64,
}

impl Default for Buyers {
    fn default() -> Self {
        let buyer = |openid: &str, name: &str, fen: Option<i128>, snapshot| Buyer {
            openid: openid.to_owned(),
            name: name.to_owned(),
            snapshot,
            wallet: fen.map(|before_refunds| Wallet { before_refunds, paid: Vec::new() }),
        };
        Self {
            all: vec![
                buyer(BUYER, "小明", None, false),
                buyer("oSandboxBuyer_0000000000002B", "小红", Some(100), false),
                buyer("oSandboxBuyer_0000000000003C", "小刚", None, true),
            ],
            changes: 0,
        }
    }
}

impl Buyers {
    pub(crate) fn get(&self, openid: &str) -> Option<&Buyer> {
        self.all.iter().find(|buyer| buyer.openid == openid)
    }

    /// The buyer with this openid; a new one pays everything.
    pub(crate) fn meet(&mut self, openid: &str) {
        if self.get(openid).is_none() {
            self.changes = self.changes.wrapping_add(1);
            let number = self.all.len().saturating_add(1);
            let name = format!("买家{number}");
            let openid = openid.to_owned();
            let mut strangers = self.all.iter().skip(FROM_THE_START);
            if self.all.len() >= KEPT
                && let Some(place) = strangers.position(|buyer| buyer.wallet.is_none())
            {
                self.all.remove(place.saturating_add(FROM_THE_START));
            }
            self.all.push(Buyer { openid, name, snapshot: false, wallet: None });
        }
    }

    fn get_mut(&mut self, openid: &str) -> Option<&mut Buyer> {
        self.changes = self.changes.wrapping_add(1);
        self.all.iter_mut().find(|buyer| buyer.openid == openid)
    }

    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    pub(crate) fn clear(&mut self) {
        *self = Self { changes: self.changes.wrapping_add(1), ..Self::default() };
    }
}

impl Gateway {
    /// Every buyer, with what is in the wallet at `now`.
    #[must_use]
    pub fn buyers(&self, now: UnixSeconds) -> Vec<BuyerReport> {
        let report = |buyer: &Buyer| BuyerReport {
            openid: buyer.openid.clone(),
            name: buyer.name.clone(),
            balance: self.balance(now, &buyer.openid),
            snapshot: buyer.snapshot,
        };
        self.buyers.all.iter().map(report).collect()
    }

    /// Changes the buyer with this openid, or makes one.
    pub fn set_buyer(&mut self, now: UnixSeconds, openid: &str, changes: BuyerChanges) {
        let BuyerChanges { name, balance, snapshot } = changes;
        self.buyers.meet(openid);
        let refunded = self.refunded(now, openid);
        let Some(buyer) = self.buyers.get_mut(openid) else { return };
        buyer.name = name.unwrap_or_else(|| buyer.name.clone());
        buyer.snapshot = snapshot.unwrap_or(buyer.snapshot);
        match balance {
            None => {}
            Some(None) => buyer.wallet = None,
            Some(Some(fen)) => {
                let paid = buyer.wallet.take().map(|wallet| wallet.paid).unwrap_or_default();
                let before_refunds = i128::from(fen).saturating_sub(refunded);
                buyer.wallet = Some(Wallet { before_refunds, paid });
            }
        }
    }

    /// What is in a buyer's wallet at `now`, in fen; `None` pays everything, as does who was never
    /// seen.
    pub(crate) fn balance(&self, now: UnixSeconds, openid: &str) -> Option<u64> {
        let wallet = self.buyers.get(openid)?.wallet.as_ref()?;
        let fen = wallet.before_refunds.saturating_add(self.refunded(now, openid));
        Some(u64::try_from(fen).unwrap_or_default())
    }

    /// What refunds of orders paid from a buyer's wallet have brought back by `now`.
    fn refunded(&self, now: UnixSeconds, openid: &str) -> i128 {
        let wallet = self.buyers.get(openid).and_then(|buyer| buyer.wallet.as_ref());
        let paid = wallet.map(|wallet| wallet.paid.as_slice()).unwrap_or_default();
        paid.iter()
            .filter_map(|number| self.ledger.order(number))
            .flat_map(|order| order.refunds.clone())
            .filter(|refund| refund.status(now) == RefundStatus::Success)
            .map(|refund| i128::from(refund.refund_fee))
            .sum()
    }

    /// Takes what an order costs out of a buyer's wallet.
    pub(crate) fn spend(&mut self, openid: &str, out_trade_no: &str, fen: u64) {
        if self.buyers.get(openid).is_some_and(|buyer| buyer.wallet.is_some())
            && let Some(wallet) =
                self.buyers.get_mut(openid).and_then(|buyer| buyer.wallet.as_mut())
        {
            wallet.before_refunds = wallet.before_refunds.saturating_sub(i128::from(fen));
            wallet.paid.push(out_trade_no.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::ClientKind,
        ledger::Unpayable,
        shop::{NO, NOW, Shop},
    };

    const OTHER: &str = "oSandboxBuyer_0000000000002B";

    fn holding(shop: &mut Shop, openid: &str, fen: Option<u64>) {
        let balance = Some(fen);
        shop.gateway.set_buyer(NOW, openid, BuyerChanges { balance, ..BuyerChanges::default() });
    }

    #[test]
    fn who_has_too_little_cannot_pay_and_who_has_just_enough_has_nothing_left() {
        let mut shop = Shop::open();
        shop.order("NATIVE");
        holding(&mut shop, OTHER, Some(989));
        assert_eq!(shop.gateway.pay(NOW, NO, OTHER), Err(Unpayable::NoMoney));
        assert_eq!(shop.query().get("trade_state"), Some("NOTPAY"));
        assert_eq!(shop.gateway.balance(NOW, OTHER), Some(989));
        holding(&mut shop, OTHER, Some(990));
        assert_eq!(shop.gateway.pay(NOW, NO, OTHER), Ok(()));
        assert_eq!(shop.gateway.balance(NOW, OTHER), Some(0));
    }

    #[test]
    fn a_refund_is_in_the_wallet_when_it_has_succeeded_and_topping_up_does_not_count_it_twice() {
        let mut shop = Shop::open();
        shop.order("NATIVE");
        holding(&mut shop, OTHER, Some(1000));
        shop.gateway.pay(NOW, NO, OTHER).unwrap();
        shop.refund("REFUND-1", 400);
        assert_eq!(shop.gateway.balance(NOW, OTHER), Some(10));
        let later = NOW + 60;
        assert_eq!(shop.gateway.balance(later, OTHER), Some(410));
        let balance = Some(Some(500));
        shop.gateway.set_buyer(later, OTHER, BuyerChanges { balance, ..BuyerChanges::default() });
        assert_eq!(shop.gateway.balance(later, OTHER), Some(500));
    }

    #[test]
    fn the_cashier_says_so_and_the_buyer_tries_again_or_lets_another_pay() {
        let mut shop = Shop::open();
        let code_url = shop.order("NATIVE").get("code_url").unwrap().to_owned();
        holding(&mut shop, BUYER, Some(1));
        let scan = format!("/scan?code_url={}", crate::query::encode(&code_url));
        let cashier = shop.get(ClientKind::Wechat, &scan);
        let page = shop.get(ClientKind::Wechat, cashier.header("location").unwrap());
        assert!(!page.text().contains("余额不足"));
        let poor = shop.press(ClientKind::Wechat, &page, "pay");
        assert!(poor.status == 200 && poor.text().contains("余额不足"), "{}", poor.text());

        let choice = poor.text();
        let choice = choice.split("action=\"").find(|action| action.contains("0003C")).unwrap();
        let choice = choice.split('"').next().unwrap().replace("&amp;", "&");
        let request = crate::message::Request::post(&choice, "").through(ClientKind::Wechat);
        let other = shop.gateway.handle(NOW, &request).unwrap();
        let page = shop.get(ClientKind::Wechat, other.header("location").unwrap());
        assert!(page.text().contains("小刚"));
        assert!(shop.press(ClientKind::Wechat, &page, "pay").text().contains("支付成功"));
        let payment = shop.gateway.ledger().order(NO).unwrap().payment.clone().unwrap();
        assert_eq!(payment.openid, "oSandboxBuyer_0000000000003C");
        let client = shop.gateway.clients().one(ClientKind::Wechat);
        assert_eq!(client.openid, "oSandboxBuyer_0000000000003C", "and stays signed in");
    }

    #[test]
    fn an_order_made_for_one_buyer_is_not_offered_to_another() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        let door = crate::cashier::Door::Bridge { origin: "http://localhost:8991".to_owned() };
        let at = crate::cashier::raise(&mut shop.gateway, NO, BUYER, door);
        let page = shop.get(ClientKind::Wechat, &at).text();
        assert!(page.contains("小明") && !page.contains("/cashier/buyer"), "{page}");
    }

    #[test]
    fn of_many_buyers_the_oldest_with_nothing_to_lose_is_forgotten() {
        let mut shop = Shop::open();
        holding(&mut shop, "oRich", Some(1));
        for number in 0..KEPT {
            holding(&mut shop, &format!("o{number}"), None);
        }
        let buyers = shop.gateway.buyers(NOW);
        let knows = |openid: &str| buyers.iter().any(|buyer| buyer.openid == openid);
        assert_eq!(buyers.len(), KEPT);
        assert!(knows(BUYER) && knows("oRich") && knows(&format!("o{}", KEPT - 1)));
        assert!(!knows("o0"));
    }
}
