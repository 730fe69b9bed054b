//! The drawing as a self-contained page. A click unfolds a sub-program.

use super::model::sub_programs;
use super::{escaped, svg};
use rune::{Program, Type};
use std::sync::Arc;

const STYLE: &str = include_str!("page.css");
/// Zoom, search, highlighting of connections, and opening of link targets.
const SCRIPT: &str = include_str!("page.js");

const TOOLS: &str = "<p class=\"tools\"><input id=\"search\" type=\"search\" placeholder=\"Search: operation, type, source line ( / )\">\
    <output id=\"found\"></output> <button id=\"out\" title=\"Smaller ( - )\">−</button> <button id=\"in\" title=\"Larger ( + )\">+</button> \
    <button id=\"full\" title=\"As it is ( 0 )\">100 %</button> <button id=\"fit\" title=\"As wide as the window ( f )\">fit</button> \
    <span class=\"hint\">Drag to move, Ctrl and the wheel to zoom. The pointer on a box shows the instruction, its source, and its lines.</span></p>";

/// The classes of boxes, and their meaning.
const KEY: [(&str, &str); 8] = [
    ("input", "input"),
    ("constant", "constant"),
    ("product", "product"),
    ("reduction", "reduction"),
    ("elementwise", "elementwise"),
    ("move", "moves elements"),
    ("control", "runs sub-programs: click"),
    ("output", "output"),
];

pub fn file(program: &Program) -> String {
    let programs = sub_programs(program);
    let name = escaped(program.name());
    let key = KEY.map(|(class, what)| format!("<span class=\"{class}\">{what}</span>"));
    let sections: Vec<String> = programs.iter().enumerate().map(|(i, sub)| section(i, sub, &programs)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{name}</title><style>{STYLE}</style></head>\n\
         <body><header><h1>{name}</h1><p><code>{}</code></p>\n\
         <p class=\"key\">{} <span class=\"backward\">backward pass</span></p>\n{TOOLS}</header>\n\
         <main>{}</main>\n{}\n<script>{SCRIPT}</script></body></html>\n",
        escaped(&signature(program)),
        key.join(" "),
        svg::drawing(program, &programs, true),
        sections.join("\n"),
    )
}

fn section(i: usize, program: &Program, programs: &[Arc<Program>]) -> String {
    format!(
        "<details id=\"program-{i}\"><summary><b>{}</b> <code>{}</code></summary>\n{}</details>",
        escaped(program.name()),
        escaped(&signature(program)),
        svg::drawing(program, programs, true),
    )
}

fn signature(program: &Program) -> String {
    let list = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> {}", list(program.input_types()), list(&program.output_types()))
}
