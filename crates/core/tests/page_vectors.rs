//! `page::detect` against every user agent in `tests/vectors/user_agents`.

use std::collections::BTreeSet;
use wxpay_core::page::{Hints, detect};

const USER_AGENTS: &str = include_str!("../../../tests/vectors/user_agents/user_agents.tsv");
const EXPECTED: &str = include_str!("../../../tests/vectors/user_agents/expected.tsv");

fn table<const COLUMNS: usize>(text: &'static str) -> Vec<[&'static str; COLUMNS]> {
    let row = |line: &'static str| {
        let columns: Vec<_> = line.split('\t').collect();
        columns.try_into().unwrap_or_else(|columns| panic!("{columns:?}"))
    };
    text.lines().skip(1).map(row).collect()
}

/// id, name, flow, user agent, hints, source.
fn user_agents() -> Vec<[&'static str; 6]> {
    table(USER_AGENTS)
}

/// id, client, platform, version, channel.
fn expected() -> Vec<[&'static str; 5]> {
    table(EXPECTED)
}

/// `touch platform=Linux`: what the page knows besides its user agent.
fn hints(words: &str) -> Hints<'_> {
    let mut hints = Hints::default();
    for word in words.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("touch", "") => hints.touch = true,
            ("mobile", "") => hints.mobile = true,
            ("platform", platform) => hints.platform = platform,
            ("environment", environment) => hints.environment = environment,
            _ => panic!("{word}"),
        }
    }
    hints
}

#[test]
fn every_user_agent_of_the_table_gets_its_client_and_its_way_to_pay() {
    let mut wrong = String::new();
    for (row, expected) in user_agents().into_iter().zip(expected()) {
        let [id, name, _, user_agent, words, _] = row;
        let context = detect(user_agent, hints(words));
        let found = [
            id,
            context.client.word(),
            context.platform.word(),
            context.version,
            context.channel.word(),
        ];
        if found != expected {
            wrong += &format!("{name} [{words}] {user_agent}\n  {found:?}, not {expected:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_two_tables_have_the_same_rows_and_the_same_ways_to_pay() {
    let (user_agents, expected) = (user_agents(), expected());
    assert_eq!(user_agents.len(), expected.len());
    for ([id, name, flow, ..], [expected_id, .., channel]) in user_agents.into_iter().zip(expected)
    {
        assert_eq!(id, expected_id, "{name}");
        assert_eq!(channel_of_flow(flow), channel, "{name}: {flow}");
    }
}

#[test]
fn the_table_is_large_names_its_sources_and_has_every_client() {
    let rows = user_agents();
    assert!(rows.len() >= 60, "{}", rows.len());
    let ids: BTreeSet<_> = rows.iter().map(|[id, ..]| id).collect();
    assert_eq!(ids.len(), rows.len(), "an id stands twice");
    let agents: BTreeSet<_> =
        rows.iter().map(|[_, _, _, agent, words, _]| (agent, words)).collect();
    assert_eq!(agents.len(), rows.len(), "a user agent stands twice with the same hints");
    for [id, name, .., source] in &rows {
        assert!(!source.trim().is_empty(), "{id} {name}");
    }
    let constructed = rows.iter().filter(|[.., source]| source.starts_with("constructed"));
    assert!(constructed.count() <= 5, "rows are to be found, not made up");
    let clients: BTreeSet<_> = expected().into_iter().map(|[_, client, ..]| client).collect();
    assert_eq!(clients.len(), 14, "{clients:?}");
}

/// The first table's own words for the flow, so that `expected.tsv` cannot drift from it.
fn channel_of_flow(flow: &str) -> &'static str {
    match flow {
        "JSAPI" | "JSAPI by tap" => "jsapi",
        "NATIVE" => "native",
        "mini-program pay" | "none/QR" => "mini-program",
        "none" | "none (Alipay)" => "unsupported",
        _ if flow.starts_with("MWEB") => "mweb",
        _ => "",
    }
}
