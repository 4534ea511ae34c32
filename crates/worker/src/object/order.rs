//! One object per order number, and the letters it answers.
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use wxpay_core::{
    Ack, Api, Fen, OutRefundNo, OutTradeNo, UnixSeconds,
    v2::{notify::RawNotification, refund_notify::RawRefundNotification},
    v3::Headers,
};
use wxpay_merchant::{
    Buyer, Effect, Input, Offer, Order, PageStatus, RefundAdmission, RefundAsk, Terms,
};

use super::{
    desk::{Decided, Desk},
    disk::Disk,
    mail,
    store::Store,
    view,
};
use crate::{
    clock,
    config::{Config, Speaker},
};

/// The binding's name in wrangler.toml.
pub(crate) const BINDING: &str = "ORDER";

/// What the front asks of an order.
#[derive(Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Create it, or find it the same.
    Create(Terms),
    /// A buyer wants to pay; `terms` where the order may not exist yet.
    Checkout { terms: Option<Terms>, buyer: Buyer },
    /// A page asks how it stands.
    Status,
    /// The shop asks for everything.
    Read,
    /// The shop wants it closed.
    Close,
    /// The shop changes the amount.
    Reprice(Fen),
    /// The shop wants money to go back.
    Refund(RefundAsk),
    /// The shop asks how a refund goes.
    ReadRefund(OutRefundNo),
    /// The shop wants a letter sent again.
    Resend(u64),
    /// A bill, which nobody signed, has a payment of this attempt that no book has.
    OnBill(OutTradeNo),
    /// A notification's body (V2), which the front has verified already.
    Notified(String),
    /// A refund notification's body (V2), which the front could open.
    RefundNotified(String),
    /// A notification (V3), which the front has verified already.
    NotifiedV3 { headers: Headers, body: String },
    /// Panic here.
    #[cfg(feature = "fault-injection")]
    Panic,
}

/// What the order says. Views are JSON that the front passes on as it is.
#[derive(Serialize, Deserialize)]
pub(crate) enum Told {
    /// It exists. `created` is true only for the letter that made it.
    Created { created: bool, expires_at: UnixSeconds },
    /// What the buyer may be answered; whether the order's own time is over.
    /// `second_key`: which of two keys WeChat has, as far as the order's isolate knows.
    Offer { offer: Offer, expired: bool, second_key: bool },
    /// What a page may read.
    Status(Box<RawValue>),
    /// What the shop may read, with what an answer's status depends on.
    Record { status: PageStatus, settled: bool, view: Box<RawValue> },
    /// A refund; `taken` is true only for the letter that made it.
    Refund { taken: bool, view: Box<RawValue> },
    /// A refund that cannot be.
    NotRefunded(RefundAdmission),
    /// A refund that cannot be sent: V2 asks for the merchant's certificate.
    CertificateMissing,
    /// It was done.
    Done,
    /// There is one, but with other terms.
    Differs,
    /// There is none.
    NotFound,
    /// What became of a notification.
    Ack(Ack),
}

/// The Durable Object class.
#[durable_object(alarm)]
pub struct OrderObject {
    state: State,
    env: Env,
    store: Rc<Store>,
}

impl DurableObject for OrderObject {
    fn new(state: State, env: Env) -> Self {
        let store = Rc::new(Store::new(Disk::of(&state)));
        Self { state, env, store }
    }

    async fn fetch(&self, _: Request) -> worker::Result<Response> {
        mail::refuse()
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // First of all: what fails below, be it for a variable set wrongly, the runtime tries a few
        // times and then forgets. WeChat's or the shop's silence is no error.
        self.store.set_safety_alarm(clock::now())?;
        self.desk()?.alarm().await?;
        Response::empty()
    }
}

mail::letterbox!(OrderObject);

impl OrderObject {
    fn desk(&self) -> worker::Result<Desk> {
        Ok(Desk {
            store: Rc::clone(&self.store),
            config: Config::of(&self.env)?,
            env: self.env.clone(),
        })
    }

    async fn answer(&self, ask: Ask) -> worker::Result<Told> {
        let desk = self.desk()?;
        match ask {
            Ask::Create(terms) => Ok(match desk.create(terms)? {
                Some((order, created)) => Told::Created { created, expires_at: order.expires_at() },
                None => Told::Differs,
            }),
            Ask::Checkout { terms, buyer } => desk.checkout(terms, buyer).await,
            Ask::Status => match desk.tell(Input::PageAsks).await? {
                Some(order) => Ok(Told::Status(view::raw(&view::StatusView::of(&order))?)),
                None => Ok(Told::NotFound),
            },
            Ask::Read => record(&desk, self.store.order()?),
            Ask::Close => record(&desk, desk.tell(Input::CloseAsked).await?),
            Ask::Reprice(amount) => record(&desk, desk.tell(Input::Repriced(amount)).await?),
            Ask::Refund(ask) => desk.refund(ask).await,
            Ask::ReadRefund(number) => refund(self.store.order()?, &number, false),
            Ask::Resend(seq) => Ok(match self.store.resend(seq, clock::now())? {
                true => Told::Done,
                false => Told::NotFound,
            }),
            Ask::OnBill(number) => {
                if let Some((_, effects)) = desk.decide(Input::OnBill(number))? {
                    self.carry_out_later(desk, effects);
                }
                Ok(Told::Done)
            }
            Ask::Notified(body) => self.notified(desk, body),
            Ask::RefundNotified(body) => self.refund_notified(desk, body),
            Ask::NotifiedV3 { headers, body } => self.notified_v3(desk, headers, body).await,
            #[cfg(feature = "fault-injection")]
            #[expect(clippy::panic, reason = "what this feature is for")]
            Ask::Panic => panic!("asked to, inside the object"),
        }
    }

    fn notified(&self, desk: Desk, body: String) -> worker::Result<Told> {
        let Some(credential) = &desk.config.v2 else { return Ok(Told::Ack(Ack::Unverified)) };
        match RawNotification::new(body.into_bytes()).verify(credential) {
            Ok(news) => {
                let decided = desk.decide(Input::Notified(Api::V2, news))?;
                Ok(self.acknowledge(desk, decided))
            }
            Err(error) => Ok(Told::Ack(Ack::from(&error))),
        }
    }

    fn refund_notified(&self, desk: Desk, body: String) -> worker::Result<Told> {
        let Some(credential) = &desk.config.v2 else { return Ok(Told::Ack(Ack::Unverified)) };
        match RawRefundNotification::new(body.into_bytes()).open(credential) {
            Ok(news) => {
                let decided = desk.decide(Input::RefundHinted(news))?;
                Ok(self.acknowledge(desk, decided))
            }
            Err(error) => Ok(Told::Ack(Ack::from(&error))),
        }
    }

    async fn notified_v3(
        &self,
        desk: Desk,
        headers: Headers,
        body: String,
    ) -> worker::Result<Told> {
        let Some(v3) = &desk.config.v3 else { return Ok(Told::Ack(Ack::Unverified)) };
        let told = match v3.notification(headers, body.as_bytes()).await? {
            Ok(told) => told,
            Err(error) => return Ok(Told::Ack(Ack::from(&error))),
        };
        // From here on one step, without an `await`: two of the same cannot both pass.
        if self.store.knows_nonce(&told.nonce)? {
            return Ok(Told::Ack(Ack::Replayed));
        }
        let decided = desk.decide_under(Input::Notified(Api::V3, told.news), Some(told.nonce))?;
        Ok(self.acknowledge(desk, decided))
    }

    /// Written down, then acknowledged; what else follows must not keep WeChat waiting.
    fn acknowledge(&self, desk: Desk, decided: Option<Decided>) -> Told {
        let Some((ack, effects)) = decided else { return Told::Ack(Ack::UnknownOrder) };
        self.carry_out_later(desk, effects);
        Told::Ack(ack.unwrap_or(Ack::Fault))
    }

    fn carry_out_later(&self, desk: Desk, effects: Vec<Effect>) {
        if !effects.is_empty() {
            self.state.wait_until(async move {
                // A failure here is storage's; the alarm, which is set, comes back to it.
                let _ = desk.carry_out(effects).await;
            });
        }
    }
}

impl Desk {
    async fn checkout(&self, terms: Option<Terms>, buyer: Buyer) -> worker::Result<Told> {
        let now = clock::now();
        let (order, created) = match (self.store.order()?, terms) {
            (Some(order), Some(terms)) if *order.terms() != terms => return Ok(Told::Differs),
            (Some(order), _) => (Order::clone(&order), Vec::new()),
            (None, Some(terms)) => {
                let created = Order::create(terms, now);
                (created.order, created.happened)
            }
            (None, None) => return Ok(Told::NotFound),
        };
        // Creation and checkout are written in one step.
        let shop = self.config.shop.clone();
        let mut decision = order.decide(Input::Checkout(buyer.clone(), shop), now);
        decision.happened.splice(0..0, created);
        let (_, effects) = self.save(decision)?;
        self.carry_out(effects).await?;
        let Some(order) = self.store.order()? else { return Ok(Told::NotFound) };
        let now = clock::now();
        Ok(Told::Offer {
            offer: order.offer(&buyer, now),
            expired: now >= order.expires_at(),
            second_key: self.config.signs_by_second_key(),
        })
    }

    async fn refund(&self, ask: RefundAsk) -> worker::Result<Told> {
        let Some(order) = self.store.order()? else { return Ok(Told::NotFound) };
        let number = ask.out_refund_no.clone();
        let by_v2 = || {
            let api = order.payment_api(ask.transaction_id.as_ref());
            matches!(self.config.speaker(api), Speaker::V2)
        };
        match order.admit_refund(&ask, clock::now()) {
            RefundAdmission::Taken if self.config.lacks_certificate() && by_v2() => {
                Ok(Told::CertificateMissing)
            }
            RefundAdmission::Taken => {
                refund(self.tell(Input::RefundAsked(ask)).await?, &number, true)
            }
            RefundAdmission::Known => refund(Some(order), &number, false),
            other => Ok(Told::NotRefunded(other)),
        }
    }
}

fn record(desk: &Desk, order: Option<Rc<Order>>) -> worker::Result<Told> {
    let Some(order) = order else { return Ok(Told::NotFound) };
    let (history, events) = (desk.store.history()?, desk.store.letters(&order)?);
    let view = view::raw(&view::OrderView::of(&order, history, events))?;
    Ok(Told::Record { status: order.page_status(), settled: order.amount_is_settled(), view })
}

fn refund(order: Option<Rc<Order>>, number: &OutRefundNo, taken: bool) -> worker::Result<Told> {
    let refund = order.as_ref().and_then(|order| order.refund(number));
    let Some(refund) = refund else { return Ok(Told::NotFound) };
    Ok(Told::Refund { taken, view: view::raw(&view::RefundView::of(refund))? })
}
