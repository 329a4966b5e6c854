//! Pairs of generated trees through both programs.

use proptest::prelude::*;

use super::action::{self, Action};
use super::mend::mend;
use super::model::Tree;
use super::print::{Sources, print};

/// Two versions of a tree of schemas: how the old one is built, what changed, how they look.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    build: Vec<Action>,
    changes: Vec<Action>,
    seed: u64,
    level: u8,
}

/// Any pair.
pub(super) fn pairs() -> impl Strategy<Value = Pair> {
    let parts = (action::build(), action::changes(), any::<u64>(), 0..=2u8);
    parts.prop_map(|(build, changes, seed, level)| Pair { build, changes, seed, level })
}

impl Pair {
    /// The sources of the old and the new version.
    pub(super) fn sources(&self) -> (Sources, Sources) {
        let mut tree = Tree::default();
        for action in &self.build {
            action.apply(&mut tree);
        }
        // Something there must be: buf has no answer for a folder without files.
        Action { op: action::Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        mend(&mut tree);
        let old = print(&tree, self.seed, self.level);
        for action in &self.changes {
            action.apply(&mut tree);
        }
        if tree.files.is_empty() {
            Action { op: action::Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        }
        mend(&mut tree);
        (old, print(&tree, self.seed.wrapping_mul(31), self.level))
    }
}

#[test]
fn probe_rate() {
    let Some(buf) = super::tools::buf() else { return };
    use proptest::strategy::ValueTree;
    let count = super::scale::pairs(50, 50);
    let mut runner = super::scale::runner(super::scale::seeds()[0], 0, 1);
    let pairs: Vec<Pair> =
        (0..count).map(|_| pairs().new_tree(&mut runner).unwrap().current()).collect();
    let bad = super::scale::parallel(&pairs, |pair| {
        let folder = super::tools::temporary();
        let (old, new) = pair.sources();
        super::tools::write(&folder.path().join("old"), &old);
        super::tools::write(&folder.path().join("new"), &new);
        for side in ["old", "new"] {
            let a = super::tools::run(
                buf,
                folder.path(),
                &["build", side, "-o", "x.binpb", "--error-format", "json"],
            );
            if a.code != 0 {
                let line = a.stdout.lines().next().unwrap_or("").to_owned() + &a.stderr;
                let v: serde_json::Value =
                    serde_json::from_str(a.stdout.lines().next().unwrap_or("{}"))
                        .unwrap_or_default();
                let text =
                    std::fs::read_to_string(folder.path().join(v["path"].as_str().unwrap_or("x")))
                        .unwrap_or_default();
                let n = v["start_line"].as_u64().unwrap_or(1) as usize;
                let shown: Vec<&str> = text.lines().skip(n.saturating_sub(2)).take(3).collect();
                return Some(format!("{line}\n    {}", shown.join("\n    ")));
            }
        }
        None
    });
    println!("{} of {} do not compile", bad.len(), count);
    for b in bad.iter().take(25) {
        println!("{b}");
    }
}
