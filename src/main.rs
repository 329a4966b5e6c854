//! The `wireproof` binary. Everything is in the library, so that another program can call it, too.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wireproof::main(std::env::args_os())
}
