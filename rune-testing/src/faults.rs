//! Reads the modules in `tests/data/iree-faults/`. Their inputs, results and flags are in comments.

use rune_ir::Array;

/// Returns the values of the lines `// name: value` of a module.
pub fn lines<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let prefix = format!("// {name}: ");
    text.lines().filter_map(|l| l.strip_prefix(&prefix)).collect()
}

/// Reads an array such as `2x3xf32=1 2 3 4 5 6`. A single number applies to every element.
pub fn array(text: &str) -> Array {
    let (ty, numbers) = text.split_once('=').expect("a type and numbers");
    let (dims, dtype) = ty.rsplit_once('x').map_or((None, ty), |(dims, dtype)| (Some(dims), dtype));
    let shape: Vec<usize> = dims.iter().flat_map(|d| d.split('x')).map(|n| n.parse().expect("a size")).collect();
    let numbers: Vec<f64> = numbers.split(' ').map(|n| n.parse().expect("a number")).collect();
    let at = |i: usize| numbers[i % numbers.len()];
    match dtype {
        "f32" => Array::from_fn(shape, |i| at(i) as f32),
        "i16" => Array::from_fn(shape, |i| at(i) as i16),
        "i32" => Array::from_fn(shape, |i| at(i) as i32),
        "ui8" => Array::from_fn(shape, |i| at(i) as u8),
        "i1" => Array::from_fn(shape, |i| at(i) != 0.0),
        _ => panic!("no case has the dtype {dtype}"),
    }
}
