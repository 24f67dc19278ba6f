//! Where everything lies.

use std::path::PathBuf;
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::Failure;

/// What cargo knows of this workspace.
pub(crate) fn metadata() -> Result<Metadata, Failure> {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    Ok(MetadataCommand::new().manifest_path(manifest).no_deps().exec()?)
}

/// Cargo, as the one that runs us, in the workspace's root.
pub(crate) fn cargo(metadata: &Metadata) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&metadata.workspace_root);
    // `cargo run` sets these for xtask; a package's build would see them change, and be built again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}
