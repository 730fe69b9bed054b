//! The drawing as SVG.

use super::escaped;
use super::model::{Graph, NodeKind, graph, sub_programs};
use super::place::{MIN_VERTICAL, Picture, place};
use super::{layers, order};
use rune::Program;
use std::fmt::Write;
use std::sync::Arc;

/// Colours are literal, because few programs besides browsers support variables.
const STYLE: &str = "
  .graph text { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2430; }
  .graph .title { font-size: 13px; font-weight: 600; text-anchor: middle; }
  .graph .detail { font-size: 10px; text-anchor: middle; fill: #4d5566; }
  .graph .label { font-size: 10px; fill: #5b6577; paint-order: stroke; stroke: #fff; stroke-width: 3px; }
  .graph .page { fill: #fff; }
  .graph g rect { stroke: #8a93a6; stroke-width: 1px; fill: #f3f4f7; }
  .graph .line { fill: none; stroke: #9aa3b5; stroke-width: 1.3px; }
  .graph .arrow { fill: #7c869a; }
  .graph .input rect { fill: #dcebfd; stroke: #5b8fd0; }
  .graph .constant rect { fill: #eef1f5; stroke: #9aa3b5; stroke-dasharray: 3 2; }
  .graph .product rect { fill: #ffe3c2; stroke: #d08a3c; }
  .graph .reduction rect { fill: #dff3dc; stroke: #6aa860; }
  .graph .move rect { fill: #fff; stroke: #b6bdca; }
  .graph .control rect { fill: #ecdffb; stroke: #9168c8; stroke-width: 2px; }
  .graph .output rect { fill: #fde0e4; stroke: #cf6a7b; }
  .graph .backward rect { stroke-dasharray: 5 2; stroke-width: 1.6px; }
  .graph g:hover > rect { stroke: #1f2430; stroke-width: 2px; }
  @media (prefers-color-scheme: dark) {
    .graph text { fill: #eceff5; }
    .graph .detail { fill: #b9c1d0; }
    .graph .label { fill: #a9b3c6; stroke: #15181f; }
    .graph .page { fill: #15181f; }
    .graph g rect { fill: #262b36; }
    .graph .line { stroke: #6b768c; }
    .graph .arrow { fill: #8d98ae; }
    .graph .input rect { fill: #1d3555; }
    .graph .constant rect { fill: #1c2029; }
    .graph .product rect { fill: #54391a; }
    .graph .reduction rect { fill: #1f4229; }
    .graph .move rect { fill: #15181f; stroke: #6b768c; }
    .graph .control rect { fill: #3b2b56; stroke: #a98ae0; }
    .graph .output rect { fill: #562733; }
    .graph g:hover > rect { stroke: #eceff5; }
  }
";

/// Returns an SVG file of a program with folded sub-programs.
pub fn file(program: &Program) -> String {
    let programs = sub_programs(program);
    drawing(program, &programs, false)
}

/// Returns the `svg` element of the drawing. With `links`, boxes that run sub-programs link to `#program-N`, and boxes
/// and lines have numbers for a script to find them.
pub fn drawing(program: &Program, programs: &[Arc<Program>], links: bool) -> String {
    let graph = graph(program, programs);
    let rows = order::order(&graph, &layers::rows(&graph));
    let picture = place(&graph, &rows);
    write(&graph, &picture, program, links).expect("text can be written to")
}

fn write(graph: &Graph, picture: &Picture, program: &Program, links: bool) -> Result<String, std::fmt::Error> {
    let Picture { width, height, boxes, lines } = picture;
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">"
    )?;
    writeln!(svg, "<title>{}</title>\n<style>{STYLE}</style>", escaped(program.name()))?;
    writeln!(svg, "<rect class=\"page\" width=\"100%\" height=\"100%\"/>")?;
    writeln!(
        svg,
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 1 L7 4 L0 7 z\" class=\"arrow\"/></marker></defs>"
    )?;
    for (edge, points) in graph.edges.iter().zip(lines) {
        let ends = if links { format!(" data-ends=\"{} {}\"", edge.from, edge.to) } else { String::new() };
        writeln!(svg, "<path class=\"line\"{ends} marker-end=\"url(#arrow)\" d=\"{}\"/>", curve(points)?)?;
    }
    for (i, (node, place)) in graph.nodes.iter().zip(boxes).enumerate() {
        let class = match node.kind {
            NodeKind::Input => "input",
            NodeKind::Constant => "constant",
            NodeKind::Product => "product",
            NodeKind::Reduction => "reduction",
            NodeKind::Move => "move",
            NodeKind::Elementwise => "elementwise",
            NodeKind::Control => "control",
            NodeKind::Output => "output",
        };
        let link = node.programs.first().filter(|_| links);
        if let Some(program) = link {
            let all = node.programs.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
            write!(svg, "<a href=\"#program-{program}\" data-programs=\"{all}\">")?;
        }
        let backward = if node.backward { " backward" } else { "" };
        let number = if links { format!(" data-node=\"{i}\"") } else { String::new() };
        write!(svg, "<g class=\"{class}{backward}\"{number}><title>{}</title>", escaped(&node.hover))?;
        let radius = if matches!(node.kind, NodeKind::Input | NodeKind::Output) { 14.0 } else { 5.0 };
        write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius}\"/>",
            place.x - place.width / 2.0,
            place.top,
            place.width,
            place.height
        )?;
        let (x, y) = (place.x, place.top + 18.5);
        write!(svg, "<text class=\"title\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&node.title))?;
        if !node.detail.is_empty() {
            let y = y + 14.5;
            write!(svg, "<text class=\"detail\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&node.detail))?;
        }
        writeln!(svg, "</g>{}", if link.is_some() { "</a>" } else { "" })?;
    }
    // Labels are drawn above all lines.
    for (edge, points) in graph.edges.iter().zip(lines) {
        if let Some(label) = &edge.label {
            let (x, y) = (points[0].0 + 6.0, points[0].1 + 13.0);
            writeln!(svg, "<text class=\"label\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(label))?;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Returns a curve down from each point to the next, vertical at both ends.
fn curve(points: &[(f64, f64)]) -> Result<String, std::fmt::Error> {
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let [(x0, y0), (x1, y1)] = pair else { continue };
        if (x0 - x1).abs() < 0.5 {
            write!(path, " L{x1:.1} {y1:.1}")?;
        } else {
            let y0 = y0 + MIN_VERTICAL;
            let middle = (y0 + y1) / 2.0;
            write!(path, " L{x0:.1} {y0:.1}")?;
            write!(path, " C{x0:.1} {middle:.1} {x1:.1} {middle:.1} {x1:.1} {y1:.1}")?;
        }
    }
    Ok(path)
}
