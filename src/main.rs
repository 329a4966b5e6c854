//! The `wireproof` binary. All code is in the library, so that other programs can call it, too.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wireproof::main(std::env::args_os())
}
