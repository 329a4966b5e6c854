//! `bench`: measures, and writes what it measured to `BENCHMARKS.md`.

mod case;
mod cold;
mod generated;
mod measure;
mod page;
mod scale;
mod stubs;
mod toolchain;
mod tree;

use std::path::Path;

use wireproof::error::Result;

/// Measure, and write the figures to BENCHMARKS.md
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, clap::Subcommand)]
enum Subject {
    Toolchain(toolchain::ToolchainArgs),
}

pub(crate) fn run(args: &BenchArgs, root: &Path) -> Result<()> {
    match &args.subject {
        Subject::Toolchain(args) => toolchain::run(args, root),
    }
}
