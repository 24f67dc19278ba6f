//! The command line: which gateway, and who is asking.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Parser;
use crossterm::event::{Event, KeyCode, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::action::{Role, Who};
use crate::https::{Client, Token, trust};
use crate::screen::Screen;

/// The operators' console.
#[derive(Debug, Parser)]
#[command(name = "sluice-console", version, about = "The operators' console of Sluice")]
pub struct Arguments {
    /// The admin listener, such as https://gateway.example:9443
    #[arg(long, value_name = "URL", required_unless_present = "dev", conflicts_with = "dev")]
    admin_url: Option<String>,
    /// A file that holds the operator's token; without it, the token is asked for
    #[arg(long, value_name = "FILE", conflicts_with = "dev")]
    token_file: Option<PathBuf>,
    /// Who signs the gateway's certificate (PEM); without it, whom the system trusts
    #[arg(long, value_name = "FILE", conflicts_with = "dev")]
    ca: Option<PathBuf>,
    /// Take all of it from a `sluice dev` on this machine
    #[arg(long)]
    dev: bool,
    /// Where that keeps its files
    #[arg(long, value_name = "DIR", default_value = "var", requires = "dev")]
    var: PathBuf,
    /// With --dev: as whom; the first one of the role operator if absent
    #[arg(long, value_name = "ID", conflicts_with = "admin_url")]
    operator: Option<String>,
    /// Print a screen as text and end
    #[arg(long, value_name = "SCREEN", value_parser = screen)]
    pub once: Option<Screen>,
}

fn screen(word: &str) -> Result<Screen, String> {
    let found = Screen::ALL.into_iter().find(|screen| screen.word() == word);
    let known = Screen::ALL.map(Screen::word).join(", ");
    found.ok_or_else(|| format!("screens are {known}"))
}

/// What `sluice dev` hands out; there is more in it.
#[derive(Debug, Deserialize)]
struct Sandbox {
    admin_url: String,
    ca_cert: PathBuf,
    operators: Vec<SandboxOperator>,
}

#[derive(Deserialize)]
struct SandboxOperator {
    id: String,
    role: String,
    token: String,
}

impl std::fmt::Debug for SandboxOperator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SandboxOperator({})", self.id)
    }
}

impl Arguments {
    /// A client to the gateway, and who speaks through it.
    ///
    /// # Errors
    /// In words.
    pub fn connect(&self) -> Result<(Client, Who), String> {
        if self.dev {
            return self.to_sandbox();
        }
        let url = self.admin_url.as_deref().unwrap_or_default();
        let ca = self.ca.as_deref().map(read).transpose()?;
        let tls = trust(ca.as_deref())?;
        let token = match &self.token_file {
            Some(file) => {
                let text = Zeroizing::new(read(file)?);
                let text = std::str::from_utf8(&text).map_err(|_| format!("{}: not text", file.display()))?;
                Token::new(text).map_err(|error| format!("{}: {error}", file.display()))?
            }
            None => ask_for_token()?,
        };
        // Whose the token is, the gateway says.
        Ok((Client::new(url, tls, token)?, Who::default()))
    }

    fn to_sandbox(&self) -> Result<(Client, Who), String> {
        let file = self.var.join("sandbox.json");
        let text = Zeroizing::new(read(&file).map_err(|error| format!("{error}; is `sluice dev` running?"))?);
        let sandbox: Sandbox =
            serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let wanted = |operator: &&SandboxOperator| match &self.operator {
            Some(id) => operator.id == *id,
            None => operator.role == "operator",
        };
        let found = sandbox.operators.iter().find(wanted).ok_or_else(|| {
            let known: Vec<&str> = sandbox.operators.iter().map(|operator| operator.id.as_str()).collect();
            format!("no such operator; there are {}", known.join(", "))
        })?;
        let tls = trust(Some(&read(&sandbox.ca_cert)?))?;
        let client = Client::new(&sandbox.admin_url, tls, Token::new(&found.token)?)?;
        Ok((client, Who { id: Some(found.id.clone()), role: Role::parse(&found.role) }))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// From the keyboard, unseen.
fn ask_for_token() -> Result<Token, String> {
    if !std::io::stdin().is_terminal() {
        return Err("no token: give a file with --token-file".to_owned());
    }
    eprint!("Token (it is not shown): ");
    let failed = |error: std::io::Error| format!("the terminal: {error}");
    enable_raw_mode().map_err(failed)?;
    let typed = type_unseen();
    disable_raw_mode().map_err(failed)?;
    eprintln!();
    Token::new(&typed?)
}

fn type_unseen() -> Result<Zeroizing<String>, String> {
    let mut typed = Zeroizing::new(String::new());
    loop {
        let event = crossterm::event::read().map_err(|error| format!("the terminal: {error}"))?;
        match event {
            Event::Key(key) => match key.code {
                KeyCode::Enter => return Ok(typed),
                KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                    return Err("no token".to_owned());
                }
                KeyCode::Char(character) => typed.push(character),
                KeyCode::Backspace => {
                    typed.pop();
                }
                KeyCode::Esc => return Err("no token".to_owned()),
                _ => {}
            },
            Event::Paste(text) => typed.push_str(&text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once(&"sluice-console").chain(arguments))
    }

    #[test]
    fn either_a_gateway_or_the_sandbox() {
        for (arguments, good) in [
            (&["--dev"][..], true),
            (&["--dev", "--operator", "ada", "--once", "payouts"], true),
            (&["--admin-url", "https://h", "--token-file", "t", "--ca", "c"], true),
            (&["--admin-url", "https://h"], true),
            (&[], false),
            (&["--dev", "--admin-url", "https://h"], false),
            (&["--dev", "--token-file", "t"], false),
            (&["--admin-url", "https://h", "--operator", "ada"], false),
            (&["--dev", "--once", "money"], false),
        ] {
            assert_eq!(parsed(arguments).is_ok(), good, "{arguments:?}");
        }
    }

    #[test]
    fn without_a_running_sandbox_it_says_so() {
        let arguments = parsed(&["--dev", "--var", "/nonexistent"]).expect("arguments");
        let error = arguments.connect().map(|_| ()).expect_err("no sandbox");
        assert!(error.contains("sandbox.json") && error.contains("is `sluice dev` running?"), "{error}");
    }
}
