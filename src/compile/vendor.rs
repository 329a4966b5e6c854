//! What to do about an import that a module of a registry may have: nothing is fetched here, so
//! the user is told how to have it in a folder of their own.

use crate::input::Sources;

/// Where dependencies go if the user has not said.
const USUAL: &str = "third_party";

/// How to get what the dependencies of `sources` have; none if there are no dependencies.
pub(super) fn advice(sources: &Sources) -> Option<String> {
    let (first, others) = sources.deps().split_first()?;
    let vendor = sources.vendor();
    let folder = vendor.as_deref().unwrap_or(USUAL);
    let from = if others.is_empty() { "the dependency has it" } else { "a dependency has it" };
    let mut advice = format!("if {from}: `buf export {first} -o {folder}`");
    for dep in others {
        advice.push_str(&format!(", `buf export {dep} -o {folder}`"));
    }
    if vendor.is_none() {
        let settings = format!("`[deps]` `vendor = \"{folder}\"`");
        advice.push_str(&format!(", and name that folder in wireproof.toml: {settings}"));
    }
    Some(advice)
}
