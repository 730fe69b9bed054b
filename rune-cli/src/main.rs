//! The command line of rune: compiling programs in files, and running them.

mod compile;
mod input;
mod npy;
mod program;
mod run;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use std::io;
use std::process::ExitCode;

/// Compiles and runs array programs.
///
/// A program is the JSON that `Program::save` writes, or the text that a program prints. `-` is the standard input.
#[derive(Parser)]
#[command(name = "rune-cli", version, arg_required_else_help = true, max_term_width = 120, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage. LOG_JIT=1 shows what is compiled.";

#[derive(Subcommand)]
enum Command {
    Compile(compile::Compile),
    Run(run::Run),
}

fn main() -> ExitCode {
    let warnings = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN);
    warnings.with_writer(io::stderr).without_time().with_target(false).with_ansi(false).init();
    let done = match Cli::parse().command {
        Command::Compile(command) => command.run(),
        Command::Run(command) => command.run(),
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        usage.exit();
    }
    // Who reads the output may have seen enough.
    if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {}", message(&error));
    ExitCode::FAILURE
}

/// What an error says, and its causes where it does not say them itself.
fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        _ if said.contains(&cause) => said,
        _ => format!("{said}: {cause}"),
    })
}

/// The command line says what cannot be.
fn usage(subcommand: &str, message: impl std::fmt::Display) -> anyhow::Error {
    let mut cli = Cli::command();
    cli.build();
    let command = cli.find_subcommand_mut(subcommand).expect("the name is of a subcommand");
    command.error(ErrorKind::ValueValidation, message).into()
}
