//! Names, amounts, the header, and the README's table.

use super::super::*;

#[test]
fn every_fault_can_be_asked_for_by_its_name_and_by_its_amount() {
    let mut amounts = Vec::new();
    for fault in Fault::all() {
        let asked = FaultChanges::read(&fault.name).unwrap();
        let shown = serde_json::to_value(asked.apply(Faults::default())).unwrap();
        assert_eq!(shown[fault.key], fault.value, "{}", fault.name);
        if let Some(amount) = fault.amount {
            assert_eq!(FaultChanges::of_amount(amount), asked, "{}", fault.name);
            assert!(amount <= 999_999_999, "both APIs take it");
            amounts.push(amount);
        }
    }
    let all = amounts.len();
    amounts.sort_unstable();
    amounts.dedup();
    assert_eq!(amounts.len(), all, "no amount stands for two faults");
}

#[test]
fn amounts_that_stand_for_nothing_are_amounts() {
    for amount in [0, 1, 990, AMOUNTS_ABOVE, 990_001_000, 990_001_999, 999_999_999] {
        assert_eq!(FaultChanges::of_amount(amount), FaultChanges::default(), "{amount}");
    }
}

#[test]
fn a_header_is_a_list_and_a_mistake_in_it_is_named() {
    let asked = FaultChanges::read(" notify=duplicate,times=3 , query = userpaying,").unwrap();
    assert_eq!((asked.notify, asked.times), (Some(NotifyFault::Duplicate), Some(3)));
    assert_eq!(asked.query, Some(QueryFault::Userpaying));
    for (text, reason) in [
        ("lost", "expected key=value"),
        ("notify=sometimes", "unknown variant `sometimes`"),
        ("notfiy=lost", "unknown field `notfiy`"),
        ("times=many", "expected u32"),
    ] {
        let error = FaultChanges::read(text).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn the_readme_has_a_row_for_every_fault_and_a_fault_for_every_row() {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("\n## Faults (故障)").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let is_fault = |line: &&str| {
        let name = line.strip_prefix("| `").and_then(|rest| rest.split('`').next());
        name.is_some_and(|name| name.contains('=') && name != "error=CODE")
    };
    let rows: Vec<&str> = section.lines().filter(is_fault).collect();
    let expected: Vec<String> = Fault::all()
        .into_iter()
        .filter(|fault| fault.key != "error")
        .map(|Fault { name, zh, en, amount, .. }| {
            let amount = amount.map_or_else(String::new, |amount| amount.to_string());
            format!("| `{name}` | {amount} | {zh} | {en} |")
        })
        .collect();
    assert!(section.contains("| `error=CODE` |"), "whose codes ERRORS.md has");
    assert_eq!(rows, expected, "the table should be:\n{}", expected.join("\n"));
}
