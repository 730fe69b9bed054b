//! The model of the drawing: boxes, and lines between them.

use rune::Program;
use rune::ir::op::Literal;
use rune::ir::{Instruction, Op, Transform, Var};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// The kind of a box, which determines its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    Input,
    Constant,
    /// Matrix products and convolutions.
    Product,
    Reduction,
    /// Moves elements without computing.
    Move,
    Elementwise,
    /// Runs sub-programs.
    Control,
    Output,
}

pub struct Node {
    pub kind: NodeKind,
    pub title: String,
    /// The text under the title: attributes and known operands.
    pub detail: String,
    /// The whole instruction, and its source location.
    pub hover: String,
    /// The sub-programs that it runs, by their index in the list of all.
    pub programs: Vec<usize>,
    /// Whether it belongs to a backward pass.
    pub backward: bool,
    /// The number of its used results, from which lines start.
    pub results: usize,
    /// The length of the longest of their types, in characters.
    pub longest: usize,
    /// The number of lines that end in it.
    pub operands: usize,
}

pub struct Edge {
    pub from: usize,
    /// The index of the result.
    pub result: usize,
    pub to: usize,
    /// The index of the operand among those drawn.
    pub operand: usize,
    /// The type of the value, on the first line from its result.
    pub label: Option<String>,
}

pub struct Graph {
    pub nodes: Vec<Node>,
    /// In the order of `to`; `from < to`.
    pub edges: Vec<Edge>,
}

/// Returns all sub-programs of a program, each after those that it uses, without duplicates.
pub fn sub_programs(program: &Program) -> Vec<Arc<Program>> {
    fn visit(program: &Program, all: &mut Vec<Arc<Program>>) {
        for (_, sub) in program.instructions().iter().flat_map(|i| i.op.programs()) {
            if !all.contains(sub) {
                visit(sub, all);
                all.push(sub.clone());
            }
        }
    }
    let mut all = Vec::new();
    visit(program, &mut all);
    all
}

/// Returns the graph of a program with folded sub-programs.
pub fn graph(program: &Program, programs: &[Arc<Program>]) -> Graph {
    let mut graph = Graph { nodes: Vec::new(), edges: Vec::new() };
    let literals = literals(program);
    let lines = lines(program);
    // The box and the result that define a variable.
    let mut made: HashMap<Var, (usize, usize)> = HashMap::new();
    for (i, v) in program.inputs().enumerate() {
        let hover = format!("input x{i}: {}", program.ty(v));
        made.insert(v, (graph.add(NodeKind::Input, format!("x{i}"), hover), 0));
    }
    for i in 0..program.constants().len() {
        let v = Var((program.inputs().len() + i) as u32);
        let hover = format!("constant c{i}: {}", program.ty(v));
        made.insert(v, (graph.add(NodeKind::Constant, format!("c{i}"), hover), 0));
    }
    for (instruction, line) in program.instructions().iter().zip(lines) {
        if literals.contains_key(&instruction.first) {
            continue;
        }
        let place = instruction.origin.loc.as_ref().map(|loc| format!("\n{loc}")).unwrap_or_default();
        let scope = instruction.origin.name_stack().map(|scope| format!("\nin {scope}")).unwrap_or_default();
        let node = graph.add(kind(&instruction.op), instruction.op.name().to_owned(), format!("{line}{place}{scope}"));
        let own = instruction.op.programs().into_iter();
        let own: Vec<usize> = own.filter_map(|(_, sub)| programs.iter().position(|p| p == sub)).collect();
        graph.nodes[node].detail = detail(instruction, &literals, &own, programs);
        graph.nodes[node].programs = own;
        graph.nodes[node].backward = instruction.origin.transforms.iter().any(|t| t == Transform::Transpose);
        for v in instruction.op.operands().into_iter().filter(|v| !literals.contains_key(v)) {
            graph.connect(made[v], node, program.ty(*v).to_string());
        }
        made.extend(instruction.results().enumerate().map(|(i, v)| (v, (node, i))));
    }
    for (i, v) in program.outputs().iter().enumerate() {
        let hover = format!("output {i}: {}", program.ty(*v));
        let node = graph.add(NodeKind::Output, format!("output {i}"), hover);
        graph.connect(made[v], node, program.ty(*v).to_string());
    }
    graph.number_results();
    graph
}

impl Graph {
    fn add(&mut self, kind: NodeKind, title: String, hover: String) -> usize {
        let (detail, programs) = (String::new(), Vec::new());
        self.nodes.push(Node {
            kind,
            title,
            detail,
            hover,
            programs,
            backward: false,
            results: 1,
            longest: 0,
            operands: 0,
        });
        self.nodes.len() - 1
    }
    fn connect(&mut self, (from, result): (usize, usize), to: usize, label: String) {
        let first = !self.edges.iter().any(|e| (e.from, e.result) == (from, result));
        let operand = self.nodes[to].operands;
        self.nodes[to].operands += 1;
        self.edges.push(Edge { from, result, to, operand, label: first.then_some(label) });
    }
}

impl Graph {
    /// Numbers the used results of each box from 0.
    fn number_results(&mut self) {
        let mut used: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        self.edges.iter().for_each(|edge| used[edge.from].push(edge.result));
        for of in &mut used {
            of.sort_unstable();
            of.dedup();
        }
        for edge in &mut self.edges {
            edge.result = used[edge.from].binary_search(&edge.result).unwrap_or_default();
            let (node, label) = (&mut self.nodes[edge.from], edge.label.as_deref().unwrap_or_default());
            node.results = used[edge.from].len();
            node.longest = node.longest.max(label.chars().count());
        }
    }
}

/// Returns the variables whose elements all equal one known number, except outputs. They are written at their uses.
fn literals(program: &Program) -> HashMap<Var, Literal> {
    let mut known: HashMap<Var, Literal> = HashMap::new();
    for instruction in program.instructions() {
        let value = if let Op::Constant { value } = &instruction.op {
            Some(*value)
        } else if let Op::BroadcastInDim { x, .. } = &instruction.op {
            known.get(x).copied()
        } else {
            None
        };
        if let Some(value) = value {
            known.insert(instruction.first, value);
        }
    }
    let mut needed: Vec<Var> = program.outputs().to_vec();
    // An output and everything that it depends on are drawn.
    for instruction in program.instructions().iter().rev() {
        if needed.contains(&instruction.first) && known.remove(&instruction.first).is_some() {
            needed.extend(instruction.op.operands().into_iter().copied());
        }
    }
    known
}

/// Returns the line of each instruction in the program's text.
fn lines(program: &Program) -> Vec<String> {
    let text = program.to_string();
    let own = text.lines().filter_map(|line| line.strip_prefix("    ").filter(|l| !l.starts_with(' ')));
    own.filter(|line| line.contains("= rune.")).map(str::to_owned).collect()
}

fn kind(op: &Op) -> NodeKind {
    let name = op.name();
    if !op.programs().is_empty() {
        return NodeKind::Control;
    }
    match name {
        "dot_general" | "conv" => NodeKind::Product,
        "broadcast_in_dim"
        | "reshape"
        | "transpose"
        | "slice"
        | "pad"
        | "concatenate"
        | "reverse"
        | "dynamic_slice"
        | "dynamic_update_slice"
        | "gather"
        | "convert"
        | "bitcast_convert" => NodeKind::Move,
        "constant" | "iota" => NodeKind::Constant,
        "sort" | "top_k" => NodeKind::Reduction,
        _ if ["reduce", "arg", "cum", "scatter"].iter().any(|start| name.starts_with(start)) => NodeKind::Reduction,
        _ => NodeKind::Elementwise,
    }
}

/// Returns known operands, sub-programs and attributes as a short text.
fn detail(
    instruction: &Instruction,
    literals: &HashMap<Var, Literal>,
    own: &[usize],
    programs: &[Arc<Program>],
) -> String {
    // Longer texts would make boxes too wide. The limit is higher for a box with sub-programs.
    let longest = if own.is_empty() { 34 } else { 64 };
    let mut parts: Vec<String> = Vec::new();
    parts.extend(own.iter().map(|&i| {
        let n = programs[i].instructions().len();
        format!("{} ({n} instruction{})", programs[i].name(), if n == 1 { "" } else { "s" })
    }));
    let operands = instruction.op.operands();
    if operands.iter().any(|v| literals.contains_key(v)) {
        let operand = |v: &&Var| literals.get(v).map_or_else(|| "·".to_owned(), |l| short_number(*l));
        parts.push(format!("({})", operands.iter().map(operand).collect::<Vec<_>>().join(", ")));
    }
    if let Op::Slice { start, limit, strides, .. } = &instruction.op {
        let axis = |i: usize| match strides[i] {
            1 => format!("{}:{}", start[i], limit[i]),
            stride => format!("{}:{}:{stride}", start[i], limit[i]),
        };
        parts.push((0..start.len()).map(axis).collect::<Vec<_>>().join(", "));
    }
    for (name, value) in instruction.op.attributes() {
        match (name, &value) {
            // The types, or the title, already show these.
            ("shape" | "slice_sizes" | "out" | "dtype" | "value" | "start" | "limit" | "strides", _) => {}
            ("dims", Json::Object(dims)) if dims.contains_key("lhs_contract") => {
                let pair =
                    |of: &str| format!("{}·{}", list(&dims[&format!("lhs_{of}")]), list(&dims[&format!("rhs_{of}")]));
                parts.push(format!("over {}", pair("contract")));
                if dims["lhs_batch"].as_array().is_some_and(|batch| !batch.is_empty()) {
                    parts.push(format!("for {}", pair("batch")));
                }
            }
            (_, Json::Object(_)) => {}
            _ => parts.push(format!("{name} {}", list(&value))),
        }
    }
    let parts = parts.join(", ");
    if parts.chars().count() <= longest { parts } else { parts.chars().take(longest - 1).chain(['…']).collect() }
}

/// Formats JSON without spaces, quotes and outer brackets.
fn list(value: &Json) -> String {
    let text = value.to_string().replace('"', "");
    text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).map(str::to_owned).unwrap_or(text)
}

fn short_number(literal: Literal) -> String {
    let exact = literal.number();
    let short = format!("{:.4}", literal.to_f64());
    if exact.len() <= short.len() { exact } else { short }
}
