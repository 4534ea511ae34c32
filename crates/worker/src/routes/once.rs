//! `Idempotency-Key`: a POST of the shop's backend that is sent again is answered again, not done
//! again. Without the header nothing of this happens.
//!
//! All keys of the shop's backend share one space of these: a request sent again after the backend
//! has changed its key is still the same request.
use super::{Call, respond};
use crate::{
    http::{problem::Problem, problem_code::Code, reply::Reply, routing::Route},
    object::{
        mail,
        repeat::{Answer, Ask, BINDING, Told},
    },
    random,
};

/// The header's name.
pub(super) const HEADER: &str = "idempotency-key";

/// Does what the route does, unless it was done under this key before.
pub(super) async fn once(
    call: &mut Call<'_>,
    route: Route<'_>,
    key: &str,
) -> Result<Reply, Problem> {
    if !((1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())) {
        let rule = "`Idempotency-Key`: expected 1 to 255 visible ASCII characters";
        return Err(Problem::with_detail(Code::InvalidField, rule));
    }
    let name = fingerprint(call, "idempotency key", key.as_bytes());
    let body = call.body().await?;
    let mut request = format!("{}?{}\n", call.head.path(), call.query).into_bytes();
    request.extend_from_slice(&body);
    call.given = Some(body);
    let begin = Ask::Begin(fingerprint(call, "idempotent request", &request));
    let first = match mail::ask(call.env, BINDING, &name, &begin).await? {
        Told::Fresh(first) => first,
        Told::Answer(Answer { status, body }) => {
            let reply = Reply::text(status, content_type(status), body);
            return Ok(reply.with_header("idempotency-replayed", "true".to_owned()));
        }
        Told::Reused => return Err(Code::IdempotencyKeyReused.into()),
        Told::InProgress => return Err(Code::IdempotencyInProgress.into()),
        Told::Done => return Err(Problem::internal("an answer to an idempotency key")),
    };
    // A key may be used for something else once its answer is forgotten, hence the time.
    call.seed = Some(format!("{name} {first}"));
    let answered = respond(call, route).await;
    let answer = match &answered {
        Ok(reply) => last_word(reply.clone()),
        Err(problem) => last_word(problem.clone().into_reply(call.request_id)),
    };
    // What was done is done, whether or not the object heard of it: a repeat finds it by its number.
    let _: Result<Told, Problem> = mail::ask(call.env, BINDING, &name, &Ask::Finish(answer)).await;
    answered
}

/// The answer if it stays true: yes, or a no that does not say when to ask again.
fn last_word(reply: Reply) -> Option<Answer> {
    let again = reply.headers.iter().any(|(name, _)| *name == "retry-after");
    let last = reply.status < 500 && !again;
    last.then_some(Answer { status: reply.status, body: reply.body })
}

fn content_type(status: u16) -> &'static str {
    if status < 400 { "application/json" } else { "application/problem+json" }
}

fn fingerprint(call: &Call<'_>, purpose: &str, input: &[u8]) -> String {
    random::hex(&call.config.token_key.fingerprint(purpose, input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_true_is_the_last_word() {
        let kept = |code: Code| last_word(Problem::from(code).into_reply("r"));
        let created = last_word(Reply::text(201, "application/json", "{}".to_owned()));
        assert_eq!(created, Some(Answer { status: 201, body: "{}".to_owned() }));
        assert_eq!(kept(Code::InvalidField).map(|answer| answer.status), Some(400));
        assert_eq!(kept(Code::OrderDiffers).map(|answer| answer.status), Some(409));
        for passing in [Code::OrderHeld, Code::OrderUnknown, Code::Internal, Code::Misconfigured] {
            assert_eq!(kept(passing), None, "{passing:?}");
        }
    }
}
