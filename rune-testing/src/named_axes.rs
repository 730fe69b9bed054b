//! Functions over named axes, and their transformations: those of `scripts/vectors named-axes`, in Rust.

use rune_ir::{Array, DType, Element, Shape, with_element};
use rune_trace::{
    Tensor, VmapOptions, all_gather, all_gather_tiled, all_to_all, all_to_all_tiled, axis_index, axis_size, grad,
    grad_argnums, jvp, pmax, pmean, pmin, ppermute, pshuffle, psum, psum_scatter, psum_scatter_tiled, pswapaxes, vmap,
    vmap_named, vmap_with,
};
use serde_json::Value;

/// A function of a mapped value, and of a value that is the same for all batch elements, or mapped too.
pub type Function = fn(&Tensor, &Tensor) -> Tensor;

/// One line of the vectors.
pub struct Case {
    pub function: String,
    pub of: String,
    pub inputs: [Tensor; 2],
    pub outputs: Vec<Array>,
}

pub fn cases() -> Vec<Case> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../rune-trace/tests/data/named_axes.jsonl");
    let file = if std::path::Path::new(file).exists() { file.to_owned() } else { file.replace("/..", "") };
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let case = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let arrays = |key: &str| row[key].as_array().unwrap().iter().map(array).collect::<Vec<_>>();
        let inputs: Vec<Tensor> = arrays("in").into_iter().map(Tensor::from).collect();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let [x, c] = &inputs[..] else { panic!("two inputs") };
        Case { function: text("fn"), of: text("of"), inputs: [x.clone(), c.clone()], outputs: arrays("out") }
    };
    text.lines().map(case).collect()
}

fn array(json: &Value) -> Array {
    let dtype: DType = json[0].as_str().unwrap().parse().unwrap();
    let shape: Shape = json[1].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let number = |x: &Value| x.as_f64().unwrap_or_else(|| x.as_str().unwrap().parse().unwrap());
    let elements = json[2].as_array().unwrap();
    with_element!(dtype, T => Array::from_vec(shape, elements.iter().map(|x| T::from_f64(number(x))).collect()))
}

/// Functions of one batch element of an axis `i` of size 4. `x` and `c` have the shape `[4, 3]`.
pub const ONE: [(&str, Function); 32] = [
    ("psum", |x, c| psum(&(x * x * c), "i")),
    ("psum_unmapped", |x, c| x * psum(&(c * c), "i")),
    ("pmean", |x, c| pmean(&x.sin(), "i") * c),
    ("pmax", |x, c| pmax(&(x * c), "i") + x),
    ("pmin", |x, c| pmin(&(x * c), "i") * x),
    ("pmax_ties", |x, c| pmax(&x.round(), "i") * c + pmax(&x.maximum(0.0), "i")),
    ("axis_index", |x, c| x * axis_index("i").cast(x.dtype()) + c),
    ("axis_size", |x, c| x / axis_size("i") as f64 + c),
    ("all_gather", |x, c| all_gather(&(x * c), "i", 1).tanh()),
    ("all_gather_last", |x, c| (all_gather(x, "i", -1) * c.unsqueeze(-1)).sum_axes(-1) * x),
    ("all_gather_unmapped", |x, c| all_gather(c, "i", 0) * x),
    ("all_gather_tiled", |x, c| all_gather_tiled(&(x * x), "i", 1) + c.tile(&[1, 4])),
    ("rotation", |x, c| x * ppermute(&(x * c), "i", &[(0, 1), (1, 2), (2, 3), (3, 0)])),
    ("rotation_unmapped", |x, c| x * ppermute(c, "i", &[(0, 1), (1, 2), (2, 3), (3, 0)])),
    ("ppermute_some", |x, c| (x * 0.5).exp() * ppermute(&(x * c), "i", &[(3, 0), (0, 2)])),
    ("ppermute_some_unmapped", |x, c| x + ppermute(&(c * c), "i", &[(3, 0), (0, 2)])),
    ("pshuffle", |x, c| pshuffle(&x.sin(), "i", &[2, 0, 3, 1]) * c),
    ("reversed", |x, c| pshuffle(&(x * x), "i", &[3, 2, 1, 0]) * c),
    ("psum_scatter", |x, c| psum_scatter(&(x * x * c), "i", 0)),
    ("psum_scatter_unmapped", |x, c| psum_scatter(&(c * c), "i", 0) * x),
    ("psum_scatter_tiled", |x, c| psum_scatter_tiled(&Tensor::concat(&[x, c], 0), "i", 0).square()),
    ("all_to_all", |x, c| all_to_all(&(x * x), "i", 0, 1) * c.t().i((.., ..1))),
    ("all_to_all_unmapped", |x, c| all_to_all(&(c * c), "i", 0, 0) * x),
    ("all_to_all_tiled", |x, c| all_to_all_tiled(&Tensor::concat(&[&(x * x), c], 0), "i", 0, 1)),
    ("pswapaxes", |x, c| pswapaxes(&(x * c), "i", 0) * x),
    ("batch_norm", batch_norm),
    ("softmax", |x, c| {
        let e = (x - pmax(x, "i")).exp();
        &e / psum(&e, "i") * c
    }),
    ("contrast", |x, c| x.matmul(all_gather_tiled(&x.sin(), "i", 0).t()).tanh() + c.sum()),
    ("gradient_inside", |x, c| {
        let inner = grad(|y: &Tensor| (psum(&y.powi(3), "i") * c).sum());
        x * pmean(&inner(x), "i")
    }),
    ("vmap_inside", |x, c| vmap(|r: &Tensor, s: &Tensor| r * psum(&(r * s), "i"))(x, c)),
    ("named_inside", |x, c| vmap_named("j", |r: &Tensor, s: &Tensor| r * psum(&(r * s), "i") + pmean(r, "j"))(x, c)),
    ("same_name_inside", |x, c| psum(x, "i") * vmap_named("i", |r: &Tensor, s: &Tensor| psum(&(r * s), "i"))(x, c)),
];

fn batch_norm(x: &Tensor, c: &Tensor) -> Tensor {
    let mean = pmean(x, "i");
    let var = pmean(&(x - &mean).square(), "i");
    (x - mean) * (var + 1e-3).rsqrt() * c
}

/// Functions of one batch element of two axes: `i` of size 2 outside `j` of size 3.
pub const TWO: [(&str, Function); 9] = [
    ("psum_both", |x, c| x * psum(&(x * c), ["i", "j"])),
    ("pmean_outer", |x, c| x - pmean(&(x * c), "i")),
    ("pmean_inner", |x, c| x - pmean(&(x * c), "j")),
    ("pmean_both", |x, c| x.sin() * pmean(&(x * c), ["j", "i"])),
    ("max_of_sums", |x, c| pmax(&psum(x, "j"), "i") * c),
    ("index_both", |x, c| {
        let as_float = |index: Tensor| index.cast(x.dtype());
        x * as_float(axis_index(["i", "j"])) + as_float(axis_index(["j", "i"])) * c
    }),
    ("size_both", |x, c| x * axis_size(["i", "j"]) as f64 + c),
    ("gather_of_gather", |x, c| (all_gather(&all_gather(x, "i", 0), "j", 0) * c).sum_axes(0).square()),
    ("shuffle_both", |x, c| pshuffle(&pshuffle(x, "j", &[1, 0, 2]), "i", &[1, 0]) * x * c),
];

/// Returns the function with this name, and whether it has two mapped axes.
pub fn function(name: &str) -> (Function, bool) {
    let find = |table: &[(&str, Function)]| table.iter().find(|(n, _)| *n == name).map(|(_, f)| *f);
    match (find(&ONE), find(&TWO)) {
        (Some(f), None) => (f, false),
        (None, Some(f)) => (f, true),
        _ => panic!("`{name}` is not one function"),
    }
}

/// Applies `f` to all batch elements. `c` is the same for all unless `mapped`.
pub fn lanes(
    f: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync,
    both: bool,
    mapped: bool,
) -> impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync {
    let axes = move || (Some(0), mapped.then_some(0));
    let options = move |name: &str| VmapOptions::new().in_axes(axes()).axis_name(name);
    move |x: &Tensor, c: &Tensor| match both {
        true => vmap_with(options("i"), vmap_with(options("j"), |x: &Tensor, c: &Tensor| f(x, c)))(x, c),
        false => vmap_with(options("i"), |x: &Tensor, c: &Tensor| f(x, c))(x, c),
    }
}

/// Returns an array of the type of `like`, whose element `i` is `((7 (i + 3k) mod 11) - 5) / 4`.
pub fn direction(k: usize, like: &Tensor) -> Tensor {
    numbers(like, |i| ((7 * (i + 3 * k)) % 11) as f64 / 4.0 - 1.25)
}

/// Returns the sum of `f(x, c)` times different weights.
pub fn weighted(f: impl Fn(&Tensor, &Tensor) -> Tensor) -> impl Fn(&Tensor, &Tensor) -> Tensor {
    move |x: &Tensor, c: &Tensor| {
        let y = f(x, c);
        (&y * numbers(&y, |i| (i % 5 + 1) as f64 / 2.0)).sum()
    }
}

/// Returns an array of the type of `like` with these elements, in row-major order.
pub fn numbers(like: &Tensor, f: impl Fn(usize) -> f64) -> Tensor {
    Tensor::from(with_element!(like.dtype(), T => Array::from_fn(like.shape().clone(), |i| T::from_f64(f(i)))))
}

/// Returns the results of a case.
pub fn run(case: &Case) -> Vec<Tensor> {
    let (f, both) = function(&case.function);
    let [x, c] = &case.inputs;
    let by_both = (rune_trace::Argnum::<0>, rune_trace::Argnum::<1>);
    let gradients = |(dx, dc): (Tensor, Tensor)| vec![dx, dc];
    match case.of.as_str() {
        "vmap" => vec![lanes(f, both, false)(x, c)],
        "vmap of both" => vec![lanes(f, both, true)(x, c)],
        "vmap of last axes" => {
            let options = VmapOptions::new().in_axes((-1, None)).out_axes(-1).axis_name("i");
            let last: Vec<usize> = (1..x.rank()).chain([0]).collect();
            vec![vmap_with(options, f)(&x.permute(&last[..]), c)]
        }
        "grad of vmap" => gradients(grad_argnums(by_both, weighted(lanes(f, both, false)))(x, c)),
        "grad of vmap of both" => gradients(grad_argnums(by_both, weighted(lanes(f, both, true)))(x, c)),
        "vmap of grad" => {
            let axes = || VmapOptions::new().in_axes((Some(0), None));
            let each = move |x: &Tensor, c: &Tensor| grad_argnums(by_both, weighted(f))(x, c);
            gradients(match both {
                true => vmap_with(axes().axis_name("i"), vmap_with(axes().axis_name("j"), each))(x, c),
                false => vmap_with(axes().axis_name("i"), each)(x, c),
            })
        }
        "jvp of vmap" => vec![jvp(lanes(f, both, false), (x, c), (&direction(0, x), &direction(1, c))).1],
        "vmap of jvp" => {
            let tangent = |x: &Tensor, c: &Tensor| jvp(f, (x, c), (&direction(0, x), &direction(1, c))).1;
            vec![lanes(tangent, both, false)(x, c)]
        }
        "grad of grad" => {
            let inner = |x: &Tensor, c: &Tensor| grad(weighted(lanes(f, both, false)))(x, c);
            vec![grad(weighted(inner))(x, c)]
        }
        other => panic!("no transformation `{other}`"),
    }
}
