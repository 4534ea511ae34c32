//! `page::detect` against every user agent in `tests/vectors/user_agents`.

use wxpay_core::page::{Hints, detect};

const USER_AGENTS: &str = include_str!("../../../tests/vectors/user_agents/user_agents.tsv");
const EXPECTED: &str = include_str!("../../../tests/vectors/user_agents/expected.tsv");

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

#[test]
fn every_user_agent_of_the_table_gets_its_client_and_its_way_to_pay() {
    let expected: Vec<Vec<&str>> = rows(EXPECTED).collect();
    assert_eq!(expected.len(), 45);
    for (row, expected) in rows(USER_AGENTS).zip(expected) {
        let [id, name, flow, user_agent] = row.as_slice() else { panic!("{row:?}") };
        let context = detect(user_agent, Hints::default());
        let found = [
            id,
            context.client.word(),
            context.platform.word(),
            context.version,
            context.channel.word(),
        ];
        assert_eq!(found.as_slice(), expected.as_slice(), "{name}: {user_agent}");
        assert_eq!(channel_of_flow(flow), context.channel.word(), "{name}: {flow}");
    }
}

/// The table's own words for the flow, so that `expected.tsv` cannot drift from it.
fn channel_of_flow(flow: &str) -> &'static str {
    match flow {
        "JSAPI" | "JSAPI by tap" => "jsapi",
        "NATIVE" => "native",
        "mini-program pay" | "none/QR" => "mini-program",
        "none" | "none (Alipay)" => "unsupported",
        _ if flow.contains("MWEB") || flow == "same" => "mweb",
        _ => "",
    }
}
