//! The functions of `scripts/vectors custom`, which have their own derivatives, and JAX's results for them and their
//! transformations.

use rune_ir::{Array, DType};
use rune_trace::{
    Argnum, Function, Tensor, custom_jvp, custom_tangent, custom_vjp, grad, grad_argnums, jvp, vmap, vmap_axes, where_,
};
use serde_json::Value;

/// A function of a vector and a number.
pub type F<'f> = dyn Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'f;

/// Returns all functions with their names.
pub fn functions() -> Vec<(&'static str, Box<F<'static>>)> {
    vec![
        ("log1pexp", Box::new(|x, y| log1pexp(x) * y)),
        ("by_result", Box::new(by_result)),
        ("safe_norm", Box::new(|x, y| safe_norm(&(x * y)))),
        ("straight_through", Box::new(|x, y| straight_through(&(x * 3.0 * y)) * x)),
        ("pair", Box::new(pair)),
        ("nested", Box::new(|x, y| nested(&(x * x), y))),
        ("clip", Box::new(|x, y| clip(x, &(-y * y), &(y * y)) * x * y)),
        ("reversal", Box::new(|x, y| reversal(&(x * y)) * x)),
        ("fixed_point", Box::new(|x, y| fixed_point(&(x * x + y * y, 1.0 + x * x)))),
        ("many", Box::new(many)),
        ("vjp_in_vjp", Box::new(|x, y| outer_custom(&(x * y), y))),
    ]
}

fn log1pexp(x: &Tensor) -> Tensor {
    let f = |x: &Tensor| x.exp().log1p();
    custom_jvp(f, |(x,), (dx,)| (f(x), (1.0 - 1.0 / (1.0 + x.exp())) * dx))(x)
}

fn by_result(x: &Tensor, y: &Tensor) -> Tensor {
    let f = custom_tangent(
        |x: &Tensor, y: &Tensor| (x * y).exp().log1p(),
        |(x, y), z, (dx, dy)| (1.0 - (-z).exp()) * (dx * y + dy * x),
    );
    f(x, &y.broadcast_to(x.shape().clone())) * x
}

pub fn safe_norm(x: &Tensor) -> Tensor {
    let norm = |x: &Tensor| (x * x).sum().sqrt();
    custom_jvp(norm, |(x,), (dx,)| {
        let n = norm(x);
        let zero = n.eq(0.0);
        let dn = where_(&zero, 0.0, (x * dx).sum() / where_(&zero, 1.0, &n));
        (n, dn)
    })(x)
}

pub fn straight_through(x: &Tensor) -> Tensor {
    custom_tangent(|x: &Tensor| x.round(), |_, _, (dx,)| dx.clone())(x)
}

fn pair(x: &Tensor, y: &Tensor) -> Tensor {
    let f = |x: &Tensor, (y, n): &(Tensor, Tensor)| (x * y, (x.sin(), n + 1));
    let custom = custom_jvp(f, |(x, p), (dx, dp)| {
        let (y, n) = p;
        (f(x, p), (2.0 * dx * y + 3.0 * x * &dp.0 * n.cast(DType::F64), (5.0 * dx * x, n.clone())))
    });
    let (a, (b, n)) = custom(x, &(y.clone(), Tensor::scalar(4i32)));
    a + b * n.cast(DType::F64)
}

fn nested(x: &Tensor, y: &Tensor) -> Tensor {
    let thrice = custom_tangent(|x: &Tensor| 3.0 * x, |_, _, (dx,)| 3.0 * dx);
    let f = custom_jvp(
        |x: &Tensor, y: &Tensor| x.sin() * y,
        |(x, y), (dx, dy)| (log1pexp(x) * y, log1pexp(&(x * y)) * dx + x.sin() * thrice(dy)),
    );
    f(x, y)
}

pub fn clip(x: &Tensor, low: &Tensor, high: &Tensor) -> Tensor {
    custom_vjp(
        |x: &Tensor, _: &Tensor, _: &Tensor| x.clone(),
        |x: &Tensor, low: &Tensor, high: &Tensor| (x.clone(), (low.clone(), high.clone())),
        |(low, high), ct| (ct.clamp(low, high), low.zeros_like(), high.zeros_like()),
    )(x, low, high)
}

fn reversal(x: &Tensor) -> Tensor {
    custom_vjp(|x: &Tensor| x.clone(), |x: &Tensor| (x.clone(), ()), |_, ct| -0.5 * ct)(x)
}

fn newton((a, z): &(Tensor, Tensor)) -> Tensor {
    (0..20).fold(z.clone(), |z, _| (&z + a / &z) / 2.0)
}

/// Computes the root of `a` iteratively, starting at `z`. Its derivative is that of the equation, not of the steps.
pub fn fixed_point(p: &(Tensor, Tensor)) -> Tensor {
    custom_vjp(
        newton,
        |p: &(Tensor, Tensor)| {
            let z = newton(p);
            (z.clone(), (z, p.1.clone()))
        },
        |(z, z0), ct| (ct / (2.0 * z), z0.zeros_like()),
    )(p)
}

fn many(x: &Tensor, y: &Tensor) -> Tensor {
    let f = |x: &Tensor, (y, n): &(Tensor, Tensor)| (x * y, n + 1, y.sin());
    let custom = custom_vjp(
        f,
        |x: &Tensor, p: &(Tensor, Tensor)| (f(x, p), (x.clone(), vec![p.clone()])),
        |(x, ps), (da, _, db)| {
            let (y, n) = &ps[0];
            let dy = 3.0 * (da * x).sum() + 5.0 * db * n.cast(DType::F64);
            (2.0 * da * y + x.cos() * db, (dy, n.clone()))
        },
    );
    let (a, n, b) = custom(x, &(y.clone(), Tensor::scalar(4i32)));
    a * n.cast(DType::F64) + b
}

fn inner_custom(x: &Tensor) -> Tensor {
    custom_vjp(|x: &Tensor| x.sin(), |x: &Tensor| (x.sin(), x.clone()), |x, ct| log1pexp(x) * ct)(x)
}

fn outer_custom(x: &Tensor, y: &Tensor) -> Tensor {
    let f = |x: &Tensor, y: &Tensor| inner_custom(x) * y;
    custom_vjp(
        f,
        |x: &Tensor, y: &Tensor| (f(x, y), (x.clone(), y.clone())),
        |(x, y), ct| (inner_custom(x) * ct, (reversal(ct) * y).sum()),
    )(x, y)
}

/// Returns the sum of the elements times weights: that of element `i` is `((i mod 5) + 1) / 2`.
fn weighted(z: &Tensor) -> Tensor {
    let w = Array::from_fn(z.shape().clone(), |i| (i % 5 + 1) as f64 / 2.0);
    (z * Tensor::from(w)).sum()
}

/// Returns the tangent whose element `i` is `((7 (i + 3k) mod 11) - 5) / 4`.
fn tangent(k: usize, x: &Tensor) -> Tensor {
    Array::from_fn(x.shape().clone(), |i| ((7 * (i + 3 * k) % 11) as f64 - 5.0) / 4.0).into()
}

/// Returns the leaves of all results of the transformation with this name.
pub fn transformed(what: &str, f: &F<'_>) -> Vec<Tensor> {
    let x = Tensor::from([0.7f64, -0.4, 1.1]);
    let y = Tensor::scalar(0.6f64);
    let xs = Tensor::from([[0.7f64, -0.4, 1.1], [-1.3, 0.2, 0.5]]);
    let ys = Tensor::from([0.6f64, -1.7]);
    let both = (Argnum::<0>, Argnum::<1>);
    let scalar = |x: &Tensor, y: &Tensor| weighted(&f(x, y));
    let wide = |xs: &Tensor, y: &Tensor| vmap_axes((Some(0), None), 0, f)(xs, y);
    let wide_scalar = |xs: &Tensor, y: &Tensor| weighted(&wide(xs, y));
    let pair = |(a, b): (Tensor, Tensor)| vec![a, b];
    match what {
        "value" => vec![f(&x, &y)],
        "jvp" => pair(jvp(f, (&x, &y), (&tangent(0, &x), &tangent(1, &y)))),
        "grad" => pair(grad_argnums(both, scalar)(&x, &y)),
        "grad_grad" => pair(grad_argnums(both, of_gradient(scalar))(&x, &y)),
        "grad_grad_grad" => pair(grad_argnums(both, of_gradient(of_gradient(scalar)))(&x, &y)),
        "hvp" => pair(jvp(grad_argnums(both, scalar), (&x, &y), (&tangent(0, &x), &tangent(1, &y))).1),
        "vmap" => vec![vmap(f)(&xs, &ys)],
        "vmap_grad" => pair(vmap(grad_argnums(both, scalar))(&xs, &ys)),
        "vmap_x_grad" => pair(vmap_axes((Some(0), None), 0, grad_argnums(both, scalar))(&xs, &y)),
        "grad_vmap_x" => pair(grad_argnums(both, wide_scalar)(&xs, &y)),
        "grad_grad_vmap_x" => pair(grad_argnums(both, of_gradient(wide_scalar))(&xs, &y)),
        "jvp_vmap_x" => pair(jvp(wide, (&xs, &y), (&tangent(0, &xs), &tangent(1, &y)))),
        other => panic!("`{other}` is not known here"),
    }
}

/// Returns the weighted sum of the gradient with respect to the first argument.
fn of_gradient(
    f: impl Function<(Tensor, Tensor), Output = Tensor>,
) -> impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync {
    move |x, y| weighted(&grad(|x: &Tensor, y: &Tensor| f.call(&(x.clone(), y.clone())))(x, y))
}

/// Runs the transformations of each function by `run`, and compares the results with JAX's. Returns the number of
/// comparisons.
pub fn check(vectors: &str, run: impl Fn(&F<'_>, &[&str]) -> Vec<Vec<Tensor>>) -> usize {
    let functions = functions();
    let mut count = 0;
    for line in vectors.lines() {
        let mut row: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        let name = row.remove("name").unwrap();
        let Some((_, f)) = functions.iter().find(|(n, _)| name == *n) else { panic!("{name} is not known here") };
        let transformations: Vec<&str> = row.keys().map(String::as_str).collect();
        for ((what, found), expected) in transformations.iter().zip(run(f, &transformations)).zip(row.values()) {
            let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            let found: Vec<f64> = found.iter().flat_map(|t| t.to_vec::<f64>().unwrap()).collect();
            assert_eq!(found.len(), expected.len(), "{what} of {name}");
            let near = |(x, y): (&f64, &f64)| (x - y).abs() <= 1e-12 * y.abs().max(1.0);
            assert!(found.iter().zip(&expected).all(near), "{what} of {name}: {found:?} should be {expected:?}");
            count += 1;
        }
    }
    count
}
