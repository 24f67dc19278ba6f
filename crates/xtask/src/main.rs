#![doc = include_str!("../README.md")]

mod dev;
mod folder;
mod test;
mod tidy;

use std::process::ExitCode;

/// What went wrong, for a person.
pub(crate) type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "cargo xtask dev [ARGUMENTS OF `sluice dev`] | test | tidy";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    let done = match words.as_slice() {
        // Who is used to `--` before a program's own arguments may write it.
        ["dev", "--", ..] => dev::run(&arguments[2..]),
        ["dev", ..] => dev::run(&arguments[1..]),
        ["test"] => test::run(),
        ["tidy"] => tidy::run(),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// One line about what happens now, apart from what the programs print.
pub(crate) fn say(line: &str) {
    println!("xtask: {line}");
}
