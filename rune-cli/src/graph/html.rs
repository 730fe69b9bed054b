//! The picture as a page that needs nothing else: sub-programs are unfolded at a click.

use super::model::sub_programs;
use super::{escaped, svg};
use rune::{Program, Type};
use std::sync::Arc;

const STYLE: &str = "
body { margin: 0; font-family: system-ui, sans-serif; color: #1f2430; background: #fff; }
header { position: sticky; top: 0; left: 0; background: #fffe; border-bottom: 1px solid #d7dce5; padding: 8px 20px; z-index: 1; }
h1 { font-size: 18px; margin: 0 0 2px; } p { margin: 2px 0; font-size: 13px; color: #4d5566; }
code { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: 12px; }
details { border-top: 1px solid #d7dce5; padding: 8px 20px; } summary { cursor: pointer; font-size: 14px; }
.key span { display: inline-block; border: 1px solid; border-radius: 4px; padding: 0 6px; margin-right: 6px; font-size: 12px; color: #1f2430; }
button { font-size: 12px; }
";

/// Zoom, and opening what a link points to.
const SCRIPT: &str = "
let zoom = 1;
const all = () => document.querySelectorAll('svg.graph');
all().forEach(svg => svg.dataset.width = svg.getAttribute('width'));
function scale(factor) {
  zoom = factor ? zoom * factor : 1;
  all().forEach(svg => { svg.style.width = svg.dataset.width * zoom + 'px'; svg.style.height = 'auto'; });
}
function unfold() {
  const section = document.getElementById(location.hash.slice(1));
  if (section) { section.open = true; section.scrollIntoView(); }
}
addEventListener('hashchange', unfold);
unfold();
";

const KEY: [(&str, &str, &str); 7] = [
    ("#dcebfd", "#5b8fd0", "input"),
    ("#ffe3c2", "#d08a3c", "product"),
    ("#dff3dc", "#6aa860", "reduction"),
    ("#f3f4f7", "#8a93a6", "elementwise"),
    ("#ffffff", "#b6bdca", "moves elements"),
    ("#ecdffb", "#9168c8", "runs sub-programs: click"),
    ("#fde0e4", "#cf6a7b", "output"),
];

pub fn file(program: &Program) -> String {
    let programs = sub_programs(program);
    let name = escaped(program.name());
    let key =
        KEY.map(|(fill, line, what)| format!("<span style=\"background:{fill};border-color:{line}\">{what}</span>"));
    let sections: Vec<String> = programs.iter().enumerate().map(|(i, sub)| section(i, sub, &programs)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title><style>{STYLE}</style></head>\n\
         <body><header><h1>{name}</h1><p><code>{}</code></p>\n\
         <p class=\"key\">{} dashed: backward pass. The source is shown where the pointer rests.\n\
         <button onclick=\"scale(1.25)\">+</button> <button onclick=\"scale(0.8)\">−</button> <button onclick=\"scale(0)\">100 %</button></p>\
         </header>\n{}\n{}\n<script>{SCRIPT}</script></body></html>\n",
        escaped(&signature(program)),
        key.concat(),
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
