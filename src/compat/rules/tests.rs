//! Tests that compare the list of rules with the folder and with the list of buf.

use super::*;
use crate::rule::tests::{Listing, as_buf_lists, documented, list_and_folder_agree};

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
    documented(&table());
}

#[test]
fn the_tables_are_those_of_buf() {
    let lists = [
        include_str!("../../../tests/fixtures/rules/breaking-v1beta1.json"),
        include_str!("../../../tests/fixtures/rules/breaking-v1.json"),
        include_str!("../../../tests/fixtures/rules/breaking-v2.json"),
    ];
    as_buf_lists(&table(), lists);
}
