//! The binary `sluice`.

use std::process::ExitCode;

/// A request makes and drops a hundred small values on several threads, at which the C library's allocator spent a
/// quarter of the gateway's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gateway::cli::run()
}
