//! The description of the control API (接口描述), as it is served.

use crate::message::Response;

const TEXT: &str = include_str!("../../../openapi.yaml");

/// `GET /sandbox/openapi.yaml`.
pub(super) fn file() -> Response {
    Response::new(200, "application/yaml; charset=utf-8", TEXT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::{body::Body, http::Request};
    use saphyr::{LoadableYamlNode as _, Yaml};
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        Options,
        server::{
            start,
            tests::{send, tell, text, view},
        },
        shop::{NO, Shop},
    };

    /// Where calls are dispatched, and below which path.
    const DISPATCHED: [(&str, &str); 2] =
        [("/sandbox", include_str!("mod.rs")), ("/sandbox/v3", include_str!("../v3.rs"))];

    fn document() -> Yaml<'static> {
        Yaml::load_from_str(TEXT).unwrap().remove(0)
    }

    fn names(mapping: &Yaml<'static>) -> BTreeSet<String> {
        mapping.as_mapping().unwrap().keys().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// `GET /sandbox/orders/{}` and its like: of every arm such as `("GET", ["orders", number])`.
    fn dispatched() -> BTreeSet<String> {
        let mut calls = BTreeSet::from(["GET /sandbox/events".to_owned()]);
        for (base, code) in DISPATCHED {
            for method in ["GET", "POST"] {
                let begin = format!("(\"{method}\", [");
                let arms = code.split(&begin).skip(1);
                for arm in arms.map(|arm| arm.split(']').next().unwrap()) {
                    let pieces = arm.split(", ").map(|piece| {
                        let word = piece.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
                        word.unwrap_or("{}").to_owned()
                    });
                    calls.insert(format!(
                        "{method} {base}/{}",
                        pieces.collect::<Vec<_>>().join("/")
                    ));
                }
            }
        }
        calls
    }

    #[test]
    fn every_call_is_described_and_every_description_is_of_a_call() {
        let document = document();
        let paths = document["paths"].as_mapping().unwrap();
        let described: BTreeSet<String> = paths
            .iter()
            .flat_map(|(path, operations)| {
                let pieces = path.as_str().unwrap().split('/');
                let pieces = pieces.map(|piece| if piece.starts_with('{') { "{}" } else { piece });
                let path = pieces.collect::<Vec<_>>().join("/");
                names(operations)
                    .into_iter()
                    .map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
            })
            .collect();
        assert_eq!(described, dispatched());
    }

    #[test]
    fn every_call_says_in_chinese_and_english_what_it_does() {
        for operations in document()["paths"].as_mapping().unwrap().values() {
            for operation in operations.as_mapping().unwrap().values() {
                let summary = operation["summary"].as_str().unwrap();
                let (chinese, english) = summary.split_once(' ').unwrap();
                assert!(!chinese.is_ascii() && english.is_ascii(), "{summary}");
            }
        }
    }

    /// Every name that `report` has is a property of `schema`; if `all`, the other way round too.
    fn agree(schema: &str, report: &Value, all: bool) {
        let document = document();
        let described = names(&document["components"]["schemas"][schema]["properties"]);
        let told: BTreeSet<String> = report.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            told.difference(&described).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{schema}"
        );
        assert!(!all || described == told, "{schema}: {described:?} and {told:?}");
    }

    #[tokio::test]
    async fn the_fields_of_what_is_told_are_those_that_are_described() {
        let running = start(Options::default()).await.unwrap();
        let base = format!("{}/sandbox", running.addresses().gateway);
        let terms = Shop::open().signed(&Shop::terms("NATIVE"));
        for body in [terms.as_str(), "<xml><mch_id>1</mch_id><sign>1</sign></xml>"] {
            let url = format!("{}/pay/unifiedorder", running.addresses().gateway);
            send(Request::post(url).body(Body::from(body.to_owned())).unwrap()).await;
        }
        let get = async |path: &str| -> Value {
            serde_json::from_slice(view(&format!("{base}/{path}")).await.body()).unwrap()
        };
        tell(format!("{base}/orders/{NO}/pay"), "").await;
        let order = tell(format!("{base}/orders/{NO}/refund"), "").await;
        agree("State", &get("state").await, true);
        agree("Order", &order, true);
        agree("Refund", &order["refunds"][0], true);
        agree("Notice", &order["notifications"][0], true);
        agree("Message", &order["messages"][0], false);
        agree("Message", &order["messages"][1], false);
        agree("Diagnosis", &get("signatures").await[0], true);
        agree("Keys", &get("v3/keys").await, true);
        agree("Platform", &get("settings").await, true);
        let asked = json!({ "out_trade_no": NO, "url": "http://127.0.0.1:1/" });
        let sent = tell(format!("{base}/send"), asked).await;
        agree("Sent", &sent, true);
        agree("Ack", &sent["ack"], false);
        let served = view(&format!("{base}/openapi.yaml")).await;
        assert_eq!(text(&served), TEXT);
        let code =
            view(&format!("{base}/qr?text=weixin%3A%2F%2Fwxpay%2Fbizpayurl%3Fpr%3Dabc")).await;
        assert_eq!(code.headers()["content-type"], "image/svg+xml");
        assert!(text(&code).contains("<svg "));
    }
}
