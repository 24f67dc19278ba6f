//! Where curves and figures are kept.

use std::path::PathBuf;

/// `loadtests/results` of the checkout that this program was built in, or of the folder where it runs.
pub fn folder() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if own.is_dir() { own.join("results") } else { PathBuf::from("results") }
}
