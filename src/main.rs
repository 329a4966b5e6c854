//! The `wireproof` binary: everything is in the library, so that an xtask of yours can call it too.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wireproof::main(std::env::args_os())
}
