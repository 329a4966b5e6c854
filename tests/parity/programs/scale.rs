//! How much is tried, from where, and on how many threads.
//!
//! `WIREPROOF_PARITY_PAIRS` sets the number of pairs, `WIREPROOF_PARITY_SEED` the seed (both
//! printed by every run); `WIREPROOF_ALL=1`, which `cargo xtask test --all` sets, makes the long
//! tests long.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Whether the long tests are wanted.
pub(crate) fn long() -> bool {
    std::env::var("WIREPROOF_ALL").is_ok_and(|value| value == "1")
}

/// How many pairs are tried: what the environment says, else few, or many in the long run.
pub(crate) fn pairs(few: u32, many: u32) -> u32 {
    number("WIREPROOF_PARITY_PAIRS")
        .map_or(if long() { many } else { few }, |n| u32::try_from(n).expect("a count"))
}

/// The seeds to run with: a fixed one and a fresh one, or the one that the environment names.
pub(crate) fn seeds() -> Vec<u64> {
    if let Some(seed) = number("WIREPROOF_PARITY_SEED") {
        return vec![seed];
    }
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    vec![FIXED, now.as_nanos() as u64 % 1_000_000_000]
}

/// The seed that every run of the gate shares.
const FIXED: u64 = 20_261_124;

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable}={value} is no number")))
}

/// A runner of `cases` that depends on nothing but its seed.
pub(crate) fn runner(seed: u64, worker: u64, cases: u32) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&worker.to_le_bytes());
    let config =
        Config { cases, max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// How many programs run at once.
pub(crate) const WORKERS: u64 = 2;

/// Asks `question` of every item, on [`WORKERS`] threads, and returns the answers in any order.
pub(crate) fn parallel<T: Sync, A: Send>(
    items: &[T],
    question: impl Fn(&T) -> Option<A> + Sync,
) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = question(item);
                    answers.lock().expect("no thread panics with it").extend(answer);
                }
            });
        }
    });
    answers.into_inner().expect("no thread panics with it")
}
