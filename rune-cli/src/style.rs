//! Colours. They are omitted if the output is not a terminal.

use anstyle::{AnsiColor, Style};

pub const ERROR: Style = AnsiColor::Red.on_default().bold();
pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
const OPERATION: Style = AnsiColor::Cyan.on_default();

/// Applies the choice of colours on the command line. By default, they are on if the output is a terminal and
/// `NO_COLOR` is not set.
pub fn choose(color: clap::ColorChoice) {
    let choice = match color {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Colours the text of a program: keywords bold, operations coloured, comments dim.
pub fn program(text: &str) -> String {
    let mut styled = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let (code, remark) = line.find(" # ").map_or((line, ""), |i| line.split_at(i));
        let word = ["def ", "return"].into_iter().find(|word| code.trim_start().starts_with(word));
        let styled_code = match (word, code.find("rune.")) {
            (Some(word), _) => code.replacen(word, &format!("{BOLD}{word}{BOLD:#}"), 1),
            (None, Some(at)) => {
                let end = code[at..].find('(').map_or(code.len(), |i| at + i);
                format!("{}{OPERATION}{}{OPERATION:#}{}", &code[..at], &code[at..end], &code[end..])
            }
            (None, None) => code.to_owned(),
        };
        styled.push_str(&format!("{styled_code}{DIM}{remark}{DIM:#}\n"));
    }
    styled
}
