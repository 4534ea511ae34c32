//! One object per order number, and the letters it answers.
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use wxpay_core::v2::notify::{self, Ack, RawNotification};
use wxpay_merchant::{Buyer, Input, Order, Terms};

use super::{desk::Desk, mail, store::Store};
use crate::config::Config;

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
    /// A notification's body, which the front has verified already.
    Notified(String),
    /// Panic here.
    #[cfg(feature = "fault-injection")]
    Panic,
}

/// What the order says.
#[derive(Serialize, Deserialize)]
pub(crate) enum Told {
    /// As it is now. `created` is true only for the letter that made it.
    Order { order: Box<Order>, created: bool },
    /// With its history.
    Record { order: Box<Order>, history: Box<RawValue> },
    /// There is one, but with other terms.
    Differs,
    /// There is none.
    NotFound,
    /// What to say to a notification.
    Ack { success: bool, xml: String },
}

/// The Durable Object class.
#[durable_object(alarm)]
pub struct OrderObject {
    state: State,
    env: Env,
}

impl DurableObject for OrderObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let ask: Ask = mail::read(&request).await?;
        mail::answer(&self.answer(ask).await?)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // Errors of storage are retried by the runtime; WeChat's silence is not an error.
        self.desk()?.tell(Input::Alarm).await?;
        Response::empty()
    }
}

impl OrderObject {
    fn desk(&self) -> worker::Result<Desk> {
        Ok(Desk { store: Store(self.state.storage()), config: Config::of(&self.env)? })
    }

    async fn answer(&self, ask: Ask) -> worker::Result<Told> {
        let desk = self.desk()?;
        match ask {
            Ask::Create(terms) => desk.create(terms).await,
            Ask::Checkout { terms, buyer } => {
                if let Some(terms) = terms
                    && let Told::Differs = desk.create(terms).await?
                {
                    return Ok(Told::Differs);
                }
                let shop = desk.config.shop.clone();
                desk.told(Input::Checkout(buyer, shop)).await
            }
            Ask::Status => desk.told(Input::PageAsks).await,
            Ask::Close => {
                desk.told(Input::CloseAsked).await?;
                desk.record()
            }
            Ask::Read => desk.record(),
            Ask::Notified(body) => self.notified(desk, body).await,
            #[cfg(feature = "fault-injection")]
            #[expect(clippy::panic, reason = "what this feature is for")]
            Ask::Panic => panic!("asked to, inside the object"),
        }
    }

    /// Written down, then acknowledged; what else follows must not keep WeChat waiting.
    async fn notified(&self, desk: Desk, body: String) -> worker::Result<Told> {
        let news = RawNotification::new(body.into_bytes()).verify(&desk.config.credential);
        let ack = match news {
            Err(error) => notify::ack(&error),
            Ok(news) => match desk.decide(Input::Notified(news)).await? {
                None => Ack::Fail("订单不存在"),
                Some((ack, effects)) => {
                    self.state.wait_until(async move {
                        // A failure here is storage's; the alarm, which is set, comes back to it.
                        let _ = desk.carry_out(effects).await;
                    });
                    ack.unwrap_or(Ack::Fail("处理失败"))
                }
            },
        };
        Ok(Told::Ack { success: ack == Ack::Success, xml: ack.to_xml() })
    }
}
