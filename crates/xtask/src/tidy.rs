//! What no compiler keeps.

mod code_map;
mod layout;
mod rules;
mod source;
mod table;

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::{Failure, folder, say};

/// A file of the repository: its path from the root, and its text; binary files have none.
pub(crate) struct File {
    path: String,
    text: String,
}

/// Looks at everything, and prints every finding.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let metadata = folder::metadata()?;
    let files = tracked(metadata.workspace_root.as_std_path())?;
    let packages = code_map::packages(&metadata);
    let findings: Vec<String> = code_map::check(&files, &packages)
        .into_iter()
        .chain(rules::check(&files))
        .chain(layout::check(&files, &packages))
        .chain(source::check(&files))
        .collect();
    for finding in &findings {
        println!("tidy: {finding}");
    }
    if findings.is_empty() {
        say(&format!("tidy: {} files in order", files.len()));
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// What git keeps, as it lies in the folder now.
fn tracked(root: &Path) -> Result<Vec<File>, Failure> {
    // In a container the folder often belongs to someone else, which git refuses unless told.
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(root);
    let listed = git.output().map_err(|error| format!("tidy needs git: {error}"))?;
    if !listed.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim()).into());
    }
    let paths = String::from_utf8(listed.stdout)?;
    let mut files = Vec::new();
    for path in paths.split_terminator('\0') {
        // Deleted, but not yet in the index.
        let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
        files.push(File { path: path.to_owned(), text: String::from_utf8(bytes).unwrap_or_default() });
    }
    Ok(files)
}

/// The text of the file at this path; nothing where there is none.
fn text_of<'a>(files: &'a [File], path: &str) -> &'a str {
    files.iter().find(|file| file.path == path).map_or("", |file| &file.text)
}

#[cfg(test)]
pub(crate) fn files(of: &[(&str, &str)]) -> Vec<File> {
    of.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() }).collect()
}
