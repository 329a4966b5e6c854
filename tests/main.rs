//! The tests of the product, one binary. What is compared with whom decides where a test is:
//!
//! - The files here run the program, or the library, and check the result against what is written
//!   down: in the test, or in `fixtures/` (a folder per rule for `lint` and `compat`, a file per topic
//!   for `compile`). `docs`, `install`, `hooks` and `ci` test what users copy; `invariants` reads the
//!   sources; `corpus` needs `--corpus`.
//! - `parity` runs the real buf beside wireproof, on the fixtures, on hand-written cases and on
//!   generated schemas, and both must find the same.
//! - `oracle` compares what is compiled with protoc, protox and buf, descriptor by descriptor.
//! - `generate` tests code generation: requests, plugins, files; the generated code is compiled and
//!   called. `vectors` are the messages that the code of every language must read and write.
//! - `hostile` is input made to do harm: bombs, links, git repositories, terminal escapes.
//!
//! Modules that need a Cargo feature are left out without it; `docs` and `gate` need all of them.
//!
//! `fixture` is shared. Tests that need a program say SKIPPED without it, and fail where `CI=true`.

#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod adoption;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod agent;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod approvals;
mod baseline;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod ci;
mod cli;
mod compat;
mod compile;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod contract;
mod corpus;
#[cfg(feature = "generate")]
mod dependencies;
mod diff;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod docs;
mod editions;
mod fixture;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod gate;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod generate;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod hooks;
mod hostile;
mod image;
mod inputs;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod install;
mod invariants;
mod lint;
mod lint_fix;
mod oracle;
mod parity;
mod policies;
mod proof;
mod proto2;
#[cfg(feature = "roundtrip")]
mod roundtrip;
mod sarif;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod valid;
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
mod vectors;
