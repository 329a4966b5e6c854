//! Tests that compare the list of rules with the folder and with the list of buf.

use super::*;
use crate::rule::tests::{Listing, assert_documented, assert_matches_buf, list_and_folder_agree};

#[test]
fn the_list_and_the_folder_agree() {
    let rules = |(module, rules): &(&'static str, &'static [CompatRule])| -> Listing {
        (module, rules.iter().map(|rule| &rule.rule).collect())
    };
    let files: Vec<Listing> = FILES.iter().map(rules).collect();
    list_and_folder_agree(&files, "src/compat/rules");
}

#[test]
fn every_rule_is_documented_under_three_headings() {
    assert_documented(&table());
}

#[test]
fn the_rules_of_proof_are_listed_and_documented() {
    let ids: Vec<&str> = proof_table().iter().map(|rule| rule.id).collect();
    assert_eq!(ids, PROOF_RULES);
    assert_eq!(all().count(), table().len() + ids.len());
    assert_documented(&proof_table());
}

#[test]
fn the_tables_are_those_of_buf() {
    let lists = [
        include_str!("../../../tests/fixtures/rules/breaking-v1beta1.json"),
        include_str!("../../../tests/fixtures/rules/breaking-v1.json"),
        include_str!("../../../tests/fixtures/rules/breaking-v2.json"),
    ];
    assert_matches_buf(&table(), lists);
}
