//! Reads lines `PACKAGE BYTES JSON` and answers with the bytes that the stubs write when they have
//! read the bytes, those when they have read the JSON, and the JSON that they write.

use std::fmt::Write as _;

use stubs::{from_json, to_json};

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.expect("it is text");
        let mut words = line.splitn(3, ' ');
        let mut next = || words.next().expect("there are three");
        let (package, bytes, json) = (next(), bytes(next()), next());
        let answer = match package {
            "edition" => answer::<stubs::stubs::edition::Fields>(&bytes, json),
            "delimited" => answer::<stubs::stubs::delimited::Fields>(&bytes, json),
            "older" => answer::<stubs::stubs::older::Fields>(&bytes, json),
            "known" => answer::<stubs::stubs::known::Fields>(&bytes, json),
            other => panic!("{other}"),
        };
        println!("{answer}");
    }
}

fn answer<M: prost::Message + prost::Name + Default>(bytes: &[u8], json: &str) -> String {
    let message = M::decode(bytes).expect("the bytes are a message");
    let by_json = from_json::<M>(json).map_or_else(|error| error.to_string().replace(' ', "_"), |it| hex(&it));
    let said = to_json(&message).unwrap_or_else(|error| error.to_string());
    format!("{} {by_json} {said}", hex(&message))
}

fn hex(message: &impl prost::Message) -> String {
    let bytes = message.encode_to_vec();
    let mut text = String::new();
    bytes.iter().for_each(|byte| write!(text, "{byte:02x}").expect("it can grow"));
    if text.is_empty() { "-".to_owned() } else { text }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("it is hexadecimal");
    if hex == "-" { Vec::new() } else { (0..hex.len()).step_by(2).map(digit).collect() }
}
