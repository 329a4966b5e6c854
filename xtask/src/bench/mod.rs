//! `bench`: measures, and writes the results to `BENCHMARKS.md`.

mod case;
mod codegen;
mod cold;
mod generated;
mod measure;
mod page;
mod roundtrip;
mod rpc;
mod scale;
mod toolchain;
mod tree;

use std::path::Path;

use wireproof::error::Result;

/// Measure, and write the results to BENCHMARKS.md
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, clap::Subcommand)]
enum Subject {
    Roundtrip(roundtrip::RoundtripArgs),
    Rpc(rpc::RpcArgs),
    Toolchain(toolchain::ToolchainArgs),
}

pub(crate) fn run(args: &BenchArgs, root: &Path) -> Result<()> {
    match &args.subject {
        Subject::Roundtrip(args) => roundtrip::run(args, root),
        Subject::Rpc(args) => rpc::run(args, root),
        Subject::Toolchain(args) => toolchain::run(args, root),
    }
}
