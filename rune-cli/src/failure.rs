//! Error reports and exit codes.

use crate::style;
use anstream::eprintln;
use clap::error::ErrorKind;
use serde_json::json;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// A request on the command line that cannot be fulfilled. The exit code is 2.
#[derive(Debug)]
pub struct Usage {
    subcommand: &'static str,
    message: String,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Usage {}

pub fn usage(subcommand: &'static str, message: impl fmt::Display) -> anyhow::Error {
    Usage { subcommand, message: message.to_string() }.into()
}

/// A problem at a position in a file.
#[derive(Debug)]
pub struct InFile {
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    pub message: String,
    /// The text of the line.
    pub text: String,
}

impl InFile {
    /// Returns a problem at this byte of a file's text.
    pub fn at(file: &str, text: &str, byte: usize, message: String) -> InFile {
        let before = &text[..byte];
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.matches('\n').count() + 1;
        InFile::at_line(file, text, line, before[start..].chars().count() + 1, message)
    }
    /// Returns a problem at this line and column of a file's text.
    pub fn at_line(file: &str, text: &str, line: usize, column: usize, message: String) -> InFile {
        let text = text.lines().nth(line - 1).unwrap_or_default().to_owned();
        InFile { file: file.to_owned(), line, column, message, text }
    }
    /// Returns the part of the line around the position, and the offset of the position in it.
    fn excerpt(&self) -> (String, usize) {
        /// The number of characters to show before and after the position.
        const CONTEXT_CHARS: usize = 70;
        let at = self.column - 1;
        let from = if at > CONTEXT_CHARS { at - CONTEXT_CHARS / 2 } else { 0 };
        let shown: String = self.text.chars().skip(from).take(2 * CONTEXT_CHARS).collect();
        let cut = if from > 0 { "…" } else { "" };
        (format!("{cut}{shown}"), at - from + cut.chars().count())
    }
}

impl fmt::Display for InFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}
impl std::error::Error for InFile {}

/// Everything has been reported; only the exit code 1 remains.
#[derive(Debug)]
pub struct AlreadyReported;

impl fmt::Display for AlreadyReported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}
impl std::error::Error for AlreadyReported {}

/// The reason why a command failed.
pub enum Failure {
    Usage(clap::Error),
    Error(anyhow::Error),
    /// The reader of the output has stopped, or everything has been reported.
    Silent(ExitCode),
}

impl Failure {
    pub fn of(error: anyhow::Error, cli: &mut clap::Command) -> Failure {
        if let Some(Usage { subcommand, message }) = error.downcast_ref() {
            cli.build();
            let command = cli.find_subcommand_mut(subcommand).expect("a subcommand has this name");
            return Failure::Usage(command.error(ErrorKind::ValueValidation, message));
        }
        if error.downcast_ref::<AlreadyReported>().is_some() {
            return Failure::Silent(ExitCode::FAILURE);
        }
        match error.downcast_ref::<io::Error>() {
            Some(e) if e.kind() == io::ErrorKind::BrokenPipe => Failure::Silent(ExitCode::SUCCESS),
            Some(_) | None => Failure::Error(error),
        }
    }
    /// Reports the failure on the standard error.
    pub fn report(self, json: bool) -> ExitCode {
        match self {
            Failure::Silent(code) => code,
            Failure::Usage(error) if json && error.use_stderr() => {
                eprintln!("{}", json!({ "error": { "message": reason(&error) } }));
                ExitCode::from(2)
            }
            Failure::Usage(error) => error.exit(),
            Failure::Error(error) => {
                report(&error, json);
                ExitCode::FAILURE
            }
        }
    }
}

/// Returns the problem with a command line, without the usage.
fn reason(error: &clap::Error) -> String {
    let message = error.render().to_string();
    let parts = message.trim_end().split("\n\n").map(str::trim);
    let parts: Vec<&str> = parts.filter(|p| !p.starts_with("Usage:") && !p.starts_with("For more")).collect();
    parts.join("; ").trim_start_matches("error: ").to_owned()
}

/// Reports an error on the standard error.
pub fn report(error: &anyhow::Error, json: bool) {
    let place = error.downcast_ref::<InFile>();
    if json {
        let message = match place {
            Some(InFile { file, line, column, message, .. }) => {
                json!({ "message": message, "file": file, "line": line, "column": column })
            }
            None => json!({ "message": message(error) }),
        };
        return eprintln!("{}", json!({ "error": message }));
    }
    let (red, bold, dim) = (style::ERROR, style::BOLD, style::DIM);
    let Some(place) = place else { return eprintln!("{red}error:{red:#} {}", message(error)) };
    let InFile { file, line, column, message, .. } = place;
    eprintln!("{red}error:{red:#} {bold}{file}:{line}:{column}:{bold:#} {message}");
    let (text, at) = place.excerpt();
    let margin = " ".repeat(line.to_string().len());
    eprintln!("{dim}{margin} |{dim:#}\n{dim}{line} |{dim:#} {text}");
    eprintln!("{dim}{margin} |{dim:#} {}{red}^{red:#}", " ".repeat(at));
}

/// Returns the message of an error, followed by those causes that it does not include.
fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |message, cause| match message.as_str() {
        "" => cause,
        _ if message.contains(&cause) => message,
        // The message already names the file.
        _ if cause.split_once(": ").is_some_and(|(file, _)| message.ends_with(&format!(" {file}"))) => {
            format!("{message}: {}", cause.split_once(": ").map_or("", |(_, reason)| reason))
        }
        _ => format!("{message}: {cause}"),
    })
}
