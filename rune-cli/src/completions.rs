//! `rune-cli completions`.

use crate::output::print_value;
use anyhow::Result;
use clap::Args;
use clap_complete::Shell;
use serde_json::json;

const EXAMPLES: &str = "Examples:
  rune-cli completions bash > ~/.local/share/bash-completion/completions/rune-cli
  rune-cli completions zsh > ~/.zfunc/_rune-cli
  rune-cli completions fish > ~/.config/fish/completions/rune-cli.fish";

/// Writes the shell completions of commands, options and their values
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self, cli: &mut clap::Command, json: bool) -> Result<()> {
        // The script is complete before it is written, because the reader may stop early.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, cli, "rune-cli", &mut script);
        let script = String::from_utf8(script)?;
        if json {
            return print_value(true, "", json!({ "shell": self.shell.to_string(), "script": script }));
        }
        Ok(std::io::Write::write_all(&mut std::io::stdout(), script.as_bytes())?)
    }
}
