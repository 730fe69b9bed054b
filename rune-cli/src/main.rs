//! rune's command line: transforms, inspects, compiles and runs programs in files.

mod bench;
mod cache;
mod compile;
mod completions;
mod devices;
mod diff;
mod export;
mod failure;
mod fmt;
mod graph;
mod import;
mod input;
mod inspect;
mod interrupt;
mod output;
mod profile;
mod program;
mod progress;
mod random;
mod results;
mod run;
mod stats;
mod style;
mod target;
mod targets;
mod transform;
mod units;
mod verify;

use clap::{CommandFactory, Parser, Subcommand};
use failure::Failure;
use rune::set_debug_sink;
use std::process::ExitCode;
use std::sync::Arc;

/// Transforms, inspects, compiles and runs array programs.
///
/// A program is JSON, as written by `Program::save`, or a program's text. `-` is the standard input or output, so pipes
/// connect commands.
#[derive(Parser)]
#[command(name = "rune-cli", version, arg_required_else_help = true, max_term_width = 120, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Write results and errors as JSON, one value per line
    #[arg(long, global = true)]
    json: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN", hide_possible_values = true)]
    color: clap::ColorChoice,
}

const EXAMPLES: &str = "Examples:
  rune-cli run f.json --input \"2x3xf32=1 2 3 4 5 6\"
  rune-cli grad f.json | rune-cli simplify - | rune-cli compile - -o df.vmfb
  rune-cli inspect f.json --stage asm --dispatch 0

Exit codes: 0 done, 1 failed, 2 wrong usage. LOG_JIT=1 prints what is compiled.";

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Compile(compile::Compile),
    Bench(bench::Bench),
    Profile(profile::Profile),
    Inspect(inspect::Inspect),
    Verify(verify::Verify),
    Diff(diff::Diff),
    Fmt(fmt::Fmt),
    Import(import::Import),
    Export(export::Export),
    Simplify(transform::Simplify),
    #[command(about = transform::GRAD, after_help = transform::GRAD_EXAMPLES)]
    Grad(transform::Gradient),
    #[command(about = transform::VALUE_AND_GRAD, after_help = transform::GRAD_EXAMPLES)]
    ValueAndGrad(transform::Gradient),
    #[command(about = transform::JVP, after_help = transform::JVP_EXAMPLES)]
    Jvp(transform::Derivative),
    #[command(about = transform::VJP, after_help = transform::VJP_EXAMPLES)]
    Vjp(transform::Derivative),
    Vmap(transform::Vmap),
    Linearize(transform::Linearize),
    #[command(about = transform::TRANSPOSE, after_help = transform::TRANSPOSE_EXAMPLES)]
    Transpose(transform::Derivative),
    Devices(devices::Devices),
    Targets(targets::Targets),
    Cache(cache::Cache),
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let warnings = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN);
    warnings.with_writer(std::io::stderr).without_time().with_target(false).with_ansi(false).init();
    let Cli { command, json, color } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // `--json` applies even if other arguments are wrong.
            let json = std::env::args_os().take_while(|arg| arg != "--").any(|arg| arg == "--json");
            return Failure::Usage(error).report(json);
        }
    };
    style::choose(color);
    interrupt::listen();
    // Results go to the standard output. On a terminal, the prints of repeated runs would bury the results.
    let quiet = matches!(command, Command::Bench(_) | Command::Diff(_) | Command::Profile(_));
    let prints = move |text: &str| {
        if !quiet {
            eprint!("{text}")
        }
    };
    set_debug_sink(Some(Arc::new(prints)));
    let done = match command {
        Command::Run(command) => command.run(json),
        Command::Compile(command) => command.run(json),
        Command::Bench(command) => command.run(json),
        Command::Profile(command) => command.run(json),
        Command::Inspect(command) => command.run(json),
        Command::Verify(command) => command.run(json),
        Command::Diff(command) => command.run(json),
        Command::Fmt(command) => command.run(json),
        Command::Import(command) => command.run(json),
        Command::Export(command) => command.run(json),
        Command::Simplify(command) => command.run(json),
        Command::Grad(command) => command.run(false, json),
        Command::ValueAndGrad(command) => command.run(true, json),
        Command::Jvp(command) => command.jvp(json),
        Command::Vjp(command) => command.vjp(json),
        Command::Vmap(command) => command.run(json),
        Command::Linearize(command) => command.run(json),
        Command::Transpose(command) => command.transpose(json),
        Command::Devices(command) => command.run(json),
        Command::Targets(command) => command.run(json),
        Command::Cache(command) => command.run(json),
        Command::Completions(command) => command.run(&mut Cli::command(), json),
    };
    interrupt::wait_if_ending();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => Failure::of(error, &mut Cli::command()).report(json),
    }
}
