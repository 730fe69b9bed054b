//! `rune-cli inspect --graph`: a drawing of a program.

mod html;
mod layers;
mod model;
mod order;
mod place;
mod straight;
mod svg;

use crate::failure::usage;
use crate::output::{check_folder, write_file};
use anyhow::Result;
use rune::Program;
use std::path::Path;

/// Draws a program to a file with the extension .svg or .html. In HTML, a click unfolds a sub-program.
pub fn draw(program: &Program, path: &Path) -> Result<()> {
    let picture = match path.extension().and_then(|e| e.to_str()) {
        Some("svg") => svg::file(program),
        Some("html") => html::file(program),
        _ => return Err(usage("inspect", "--graph draws into OUT.svg or OUT.html")),
    };
    check_folder(path)?;
    write_file(path, picture.as_bytes())
}

/// Escapes text for markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
