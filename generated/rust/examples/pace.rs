//! Measures how fast the properties of `wireproof roundtrip` are tested for this contract, with the
//! types that prost generated as the limit. `cargo xtask bench roundtrip` runs it, and reads the JSON
//! that it prints:
//!
//! ```sh
//! cargo run --release -p agent-contract --example pace             # or: … pace CASES RUNS
//! ```
//!
//! All of it is measured in one thread, alternately.

#[macro_use]
#[path = "../tests/contract_types.rs"]
mod contract_types;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use agent_contract::agent;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use prost::{DecodeError, Message};
use wireproof::roundtrip::{self, Version, arbitrary};
use wireproof::value::{MessageType, Types};
use wireproof::workspace::{Load, Options, load};

/// Reads a message and writes it again.
type Again = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

fn again<M: Message + Default>(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    Ok(M::decode(bytes)?.encode_to_vec())
}

macro_rules! types {
    (json: { $($name:literal => $message:ty,)* }) => {
        BTreeMap::from([$(($name, again::<$message> as Again)),*])
    };
}

/// Returns what prost generated for each message of the contract.
fn generated() -> BTreeMap<&'static str, Again> {
    with_contract_types! { types: }
}

/// A message type, and generated messages of it.
struct Sample {
    of: MessageType,
    again: Again,
    messages: Vec<Vec<u8>>,
}

/// A side of the comparison: works on each message once.
type Side<'s> = &'s dyn Fn(u64) -> Result<(), Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let number = |at, default| std::env::args().nth(at).map_or(Ok(default), |text| text.parse());
    let (cases, runs): (u32, u32) = (number(1, 500)?, number(2, 5)?);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Load::Ready(loaded) = load(".", &Options::new(&root))? else {
        return Err("the contract does not compile".into());
    };
    let own = loaded.schema.messages();
    let own = own.filter(|message| !message.is_map_entry() && !message.file().is_import());
    // The annotations of Google's APIs are in the workspace, too.
    let names = own.map(|message| message.full_name().to_owned());
    let names: Vec<String> = names.filter(|name| name.starts_with("agent.")).collect();
    let types = Types::new(&loaded.schema);
    let samples = samples(&names, &types, cases)?;
    let pool = wireproof::schema::runtime::pool(loaded.schema.files().map(|file| file.proto()))?;
    let name = "the contract".to_owned();
    let versions = [Version { name, types, pool: Some(pool), messages: names.clone() }];

    let of_prost = |_| {
        for Sample { again, messages, .. } in &samples {
            for bytes in messages {
                black_box(again(black_box(bytes))?);
            }
        }
        Ok(())
    };
    let of_values = |_| {
        for Sample { of, messages, .. } in &samples {
            for bytes in messages {
                let message = of.decode(black_box(bytes)).map_err(|error| error.to_string())?;
                black_box(of.encode(&message));
            }
        }
        Ok(())
    };
    // Those with one edge value each come before the cases.
    let tried = Cell::new(0);
    let of_properties = |seed| {
        tried.set(0);
        for name in &names {
            // One type is one task, which runs in this thread.
            let message = Some(name.clone());
            let options = roundtrip::Options { cases, seed, message, ..Default::default() };
            let report = roundtrip::run(&versions, &[], &options, &|_, _| ());
            if report.cases < u64::from(cases) || !report.counterexamples.is_empty() {
                return Err(format!("{name}: {:?}", report.counterexamples).into());
            }
            tried.set(tried.get() + report.cases);
        }
        Ok(())
    };
    let [prost, values, properties] = medians([&of_prost, &of_values, &of_properties], runs)?;
    let messages = samples.iter().map(|sample| sample.messages.len()).sum::<usize>();
    let bytes = samples.iter().flat_map(|sample| &sample.messages).map(Vec::len).sum::<usize>();
    let rate_of = |count: u64, time: Duration| (count as f64 / time.as_secs_f64()).round();
    let rate = |time| rate_of(messages as u64, time);
    let result = serde_json::json!({
        "types": samples.len(),
        "messages": messages,
        "bytes": bytes,
        "prost": rate(prost),
        "values": rate(values),
        "properties": rate_of(tried.get(), properties),
    });
    println!("{result}");
    Ok(())
}

/// Generates messages of every type.
fn samples(names: &[String], types: &Types, cases: u32) -> Result<Vec<Sample>, Box<dyn Error>> {
    let generated = generated();
    let mut runner = TestRunner::deterministic();
    let mut samples = Vec::new();
    for name in names {
        let again = *generated.get(&**name).ok_or_else(|| format!("{name} is not in the list"))?;
        let of = types.message(name).ok_or("a declared type is known")?;
        let strategy = arbitrary(&of);
        let one = |_| Ok(of.encode(&strategy.new_tree(&mut runner)?.current()));
        let messages = (0..cases).map(one).collect::<Result<_, proptest::test_runner::Reason>>();
        let messages = messages.map_err(|reason| reason.to_string())?;
        samples.push(Sample { of, again, messages });
    }
    Ok(samples)
}

/// Runs the sides alternately, `runs` times each after a first time that is not measured. Returns
/// the median time of each.
fn medians<const N: usize>(
    sides: [Side<'_>; N],
    runs: u32,
) -> Result<[Duration; N], Box<dyn Error>> {
    let mut times = [const { Vec::new() }; N];
    for run in 0..=runs {
        for (side, times) in sides.iter().zip(&mut times) {
            let started = Instant::now();
            side(run.into())?;
            if run > 0 {
                times.push(started.elapsed());
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    }))
}
