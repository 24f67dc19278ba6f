#![doc = include_str!("../README.md")]

mod action;
mod alarms;
mod cli;
mod columns;
mod detail;
mod export;
mod figures;
mod filter;
mod fuzzy;
mod https;
mod item;
mod key;
mod keymap;
mod listen;
mod model;
mod moves;
mod msg;
mod once;
mod perform;
mod plain;
mod remote;
mod run;
mod screen;
mod source;
mod sse;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod update;
mod view;
mod wrap;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tokio::time::Instant;

use self::cli::Arguments;
use self::model::Settings;
use self::perform::Performer;
use self::text::Lang;
use self::view::Theme;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(start(&arguments)),
        Err(error) => Err(error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("sluice-console: {}", plain::plain(&why));
            ExitCode::FAILURE
        }
    }
}

async fn start(arguments: &Arguments) -> Result<(), String> {
    let (client, who) = arguments.connect()?;
    if arguments.once.is_none() && !std::io::stdout().is_terminal() {
        return Err("standard output is no terminal; --once SCREEN prints a screen as text".to_owned());
    }
    let (performer, answers) = Performer::new(client);
    let start = Instant::now();
    let settings = Settings {
        who,
        lang: language(),
        run: uuid::Uuid::now_v7().simple().to_string(),
        size: size(),
        clock: run::clock(start),
    };
    if let Some(screen) = arguments.once {
        let text = once::once(settings, screen, &performer, answers).await?;
        print!("{text}");
        return Ok(());
    }
    let theme = Theme { colour: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) };
    run::run(settings, theme, performer, answers, start).await
}

/// The terminal's; wide enough for whole ids where the text goes into a file.
fn size() -> (u16, u16) {
    let terminal = std::io::stdout().is_terminal().then(crossterm::terminal::size);
    terminal.and_then(Result::ok).unwrap_or((160, 50))
}

/// As the locale says, the most particular variable first.
fn language() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    Lang::of_locale(&set.into_iter().find(|value| !value.is_empty()).unwrap_or_default())
}
