//! Panics on request: built only with the feature `fault-injection`, for the test that a panic
//! harms no other request and no object.
use super::Call;
use crate::{
    http::{problem::Problem, reply::Reply},
    object::{
        mail,
        order::{Ask, BINDING, Told},
    },
};

/// Panics here, or inside the object of that order.
#[expect(clippy::panic, reason = "what this feature is for")]
pub(super) async fn panic(call: &Call<'_>, no: Option<&str>) -> Result<Reply, Problem> {
    match no {
        None => panic!("asked to"),
        Some(no) => {
            let _: Told = mail::ask(call.env, BINDING, no, &Ask::Panic).await?;
            Err(Problem::internal("an object that should have panicked"))
        }
    }
}
