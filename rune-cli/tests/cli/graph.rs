//! Tests of drawings of programs.

use crate::folder::{Folder, SQUARE};
use rune::{DType, Program, Tensor, grad, lax, make_program, name_scope, scan};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const BATCH: usize = 2;
const TOKENS: usize = 16;
const HEADS: usize = 4;
const FEATURES: usize = 64;

fn ones(shape: &[usize]) -> Tensor {
    Tensor::ones(shape, DType::F32)
}

fn normalized(x: &Tensor, scale: &Tensor) -> Tensor {
    name_scope("norm", || {
        let mean = x.mean_keepdims(-1);
        let centred = x - mean;
        let variance = (&centred * &centred).mean_keepdims(-1);
        centred * (variance + 1e-5).rsqrt() * scale
    })
}

fn attention(x: &Tensor, qkv: &Tensor, out: &Tensor) -> Tensor {
    name_scope("attention", || {
        let size = FEATURES / HEADS;
        let of_heads = |x: &Tensor| x.reshape([BATCH, TOKENS, HEADS, size]).permute([0, 2, 1, 3]);
        let parts = x.matmul(qkv).split(3, -1);
        let (q, k, v) = (of_heads(&parts[0]), of_heads(&parts[1]), of_heads(&parts[2]));
        let scores = q.matmul(k.permute([0, 1, 3, 2])) * (size as f64).sqrt().recip();
        let read = scores.softmax(-1).matmul(&v);
        read.permute([0, 2, 1, 3]).reshape([BATCH, TOKENS, FEATURES]).matmul(out)
    })
}

type Weights = (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor);

/// A transformer block whose activation is a sub-program.
fn block(x: &Tensor, (scale1, scale2, qkv, out, up, down): &Weights) -> Tensor {
    let gelu = make_program(|x: &Tensor| x.gelu(), &ones(&[BATCH, TOKENS, 4 * FEATURES])).unwrap().with_name("gelu");
    let x = x + attention(&normalized(x, scale1), qkv, out);
    let inner = normalized(&x, scale2).matmul(up);
    x + lax::call(&Arc::new(gelu), &[inner])[0].matmul(down)
}

fn arguments() -> (Tensor, Weights) {
    let d = FEATURES;
    let weights = (ones(&[d]), ones(&[d]), ones(&[d, 3 * d]), ones(&[d, d]), ones(&[d, 4 * d]), ones(&[4 * d, d]));
    (ones(&[BATCH, TOKENS, d]), weights)
}

fn transformer_block() -> Program {
    let (x, weights) = arguments();
    make_program(block, (&x, &weights)).unwrap().simplify()
}

/// Returns the attributes of an element, such as `x="1"`.
fn attributes(element: &str) -> HashMap<&str, &str> {
    element
        .split(' ')
        .filter_map(|a| a.split_once("=\""))
        .filter_map(|(k, v)| Some((k, v.split('"').next()?)))
        .collect()
}

/// Returns the boxes of a drawing: left, top, right, bottom.
fn boxes(svg: &str) -> Vec<[f64; 4]> {
    let rects =
        svg.split("<rect ").skip(1).filter_map(|e| e.split('>').next()).map(attributes).filter(|a| a.contains_key("x"));
    rects
        .map(|a| {
            let number = |name: &str| a[name].parse::<f64>().unwrap();
            let (x, y) = (number("x"), number("y"));
            [x, y, x + number("width"), y + number("height")]
        })
        .collect()
}

/// Returns the areas of the types beside lines, in the font of the drawing: left, top, right, bottom.
fn labels(svg: &str) -> Vec<[f64; 4]> {
    let texts = svg.split("<text class=\"label\"").skip(1).filter_map(|e| e.split_once('>'));
    texts
        .map(|(head, rest)| {
            let (a, text) = (attributes(head), rest.split('<').next().unwrap_or_default());
            let (x, y) = (a["x"].parse::<f64>().unwrap(), a["y"].parse::<f64>().unwrap());
            [x, y - 9.0, x + 6.03 * text.chars().count() as f64, y + 2.0]
        })
        .collect()
}

/// Asserts that everything is on the page, and that nothing overlaps.
fn check_places(svg: &str) {
    let all: Vec<[f64; 4]> = boxes(svg).into_iter().chain(labels(svg)).collect();
    for (i, a) in all.iter().enumerate() {
        assert!(a[0] >= 0.0 && a[1] >= 0.0, "{a:?} is on the page");
        for b in &all[i + 1..] {
            let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
            assert!(apart, "{a:?} and {b:?} overlap");
        }
    }
}

/// Draws a program, and keeps the drawing in a file for inspection.
fn draw(program: &Program, name: &str) -> String {
    let folder = Folder::of(&[]);
    program.save(folder.path("f.json")).unwrap();
    assert_eq!(folder.prints(&["inspect", "f.json", "--graph", name]), "");
    let picture = fs::read_to_string(folder.path(name)).unwrap();
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), &picture).unwrap();
    picture
}

#[test]
fn the_picture_of_a_transformer_block_is_readable() {
    let program = transformer_block();
    let svg = draw(&program, "block.svg");
    let boxes = boxes(&svg);
    let literals = program.instructions().iter().filter(|i| i.op.name() == "constant").count();
    assert!(boxes.len() + 2 * literals > program.instructions().len() + 7, "{}", boxes.len());
    check_places(&svg);
    // Every line goes down.
    for line in svg.split(" d=\"M").skip(2).filter_map(|rest| rest.split('"').next()) {
        let numbers: Vec<f64> = line.split([' ', 'C', 'L']).filter_map(|n| n.parse().ok()).collect();
        assert!(numbers[1] < numbers[numbers.len() - 1], "{line}");
    }
    // Types beside the lines, source locations for the pointer, and known numbers in the boxes.
    for part in ["[2, 4, 16, 16, f32]</text>", "graph.rs:", "in attention", "over 2·0", "0.25", "gelu ("] {
        assert!(svg.contains(part), "{part}");
    }
    assert!(!svg.contains(">tanh<") && !svg.contains(">erf<"), "the sub-program is folded");
}

#[test]
fn the_page_needs_nothing_else_and_unfolds_sub_programs() {
    let (x, weights) = arguments();
    let loss = |x: &Tensor, weights: &Weights| block(x, weights).sum();
    let gradient = make_program(grad(loss), (&x, &weights)).unwrap().simplify();
    let page = draw(&gradient, "gradient.html");
    let elsewhere = page.matches("http").count() - page.matches("http://www.w3.org/2000/svg").count();
    assert!(elsewhere == 0 && !page.contains("src=") && !page.contains("@import"), "{elsewhere}");
    let sections = page.matches("<details id=\"program-").count();
    assert!(sections >= 2, "forward and backward of the activation");
    for i in 0..sections {
        assert!(page.contains(&format!("<a href=\"#program-{i}\"")), "program {i} is linked");
    }
    assert!(page.contains(" backward\" data-node="), "the backward pass is marked");
    assert_eq!(page.matches("<svg ").count(), sections + 1);
}

#[test]
fn a_loop_and_its_gradient_are_readable() {
    let rnn = |(w, h): &(Tensor, Tensor), xs: &Tensor| {
        let (_, sums) = scan(|h: &Tensor, x: &Tensor| ((h.matmul(w) + x).tanh(), h.sum()), h, xs);
        sums.sum()
    };
    let arguments = ((ones(&[8, 8]), ones(&[3, 8])), ones(&[10, 3, 8]));
    let gradient = make_program(grad(rnn), (&arguments.0, &arguments.1)).unwrap().simplify();
    let svg = draw(&gradient, "rnn.svg");
    check_places(&svg);
    assert!(svg.matches("<text class=\"title\"").count() >= 6, "{svg}");
    assert!(svg.contains(">scan</text>") && !svg.contains(">tanh</text>"), "the sub-programs are folded");
    let page = draw(&gradient, "rnn.html");
    let loops = page.matches("<a href=\"#program-").count();
    assert!(loops >= 2 && page.contains(">tanh</text>"), "{loops} loops, forward and backward");
}

#[test]
fn pictures_go_into_files_of_two_kinds() {
    let folder = Folder::of(&[("f.rune", SQUARE)]);
    let message = folder.fails(2, &["inspect", "f.rune", "--graph", "f.png"]);
    assert!(message.contains("--graph draws into OUT.svg or OUT.html"), "{message}");
    let message = folder.fails(1, &["inspect", "f.rune", "--graph", "nowhere/f.svg"]);
    assert!(message.contains("cannot write nowhere/f.svg: there is no folder nowhere"), "{message}");
    folder.prints(&["inspect", "f.rune", "--graph", "f.svg"]);
    let svg = fs::read_to_string(folder.path("f.svg")).unwrap();
    assert_eq!(boxes(&svg).len(), 3, "input, instruction, output");
    assert_eq!(folder.files(), ["f.rune", "f.svg"]);
}
