//! Loops and branches and their derivatives, compared with JAX (`scripts/vectors loops`).

use crate::engine::jit;
use rune::associative_scan;
use rune::prelude::*;
use rune_examples::{
    ode::populations,
    recurrent::{Recurrent, loss},
};
use serde_json::Value;

struct Expected(Value);

impl Expected {
    fn load(name: &str) -> Expected {
        let path = format!("{}/tests/data/loops/{name}.json", env!("CARGO_MANIFEST_DIR"));
        Expected(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }
    /// Asserts that the leaves of a result equal those of JAX.
    #[track_caller]
    fn assert_equals(&self, name: &str, found: &impl Tree) {
        let expected: Vec<Vec<f64>> = serde_json::from_value(self.0[name].clone()).unwrap();
        let found = found.leaves();
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(expected) {
            let found: Vec<f64> = found.to_vec().unwrap();
            assert_eq!(found.len(), expected.len(), "{name}");
            for (a, b) in found.iter().zip(expected) {
                assert!((a - b).abs() <= 1e-10 * (1.0 + b.abs()), "{name}: {a}, and {b} in JAX");
            }
        }
    }
}

fn argument(seed: f64, shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    Tensor::from_slice(shape, &(0..n).map(|i| (i as f64 * 1.3 + seed).sin() * 0.5).collect::<Vec<_>>())
}

#[test]
fn a_recurrent_network_has_the_gradient_of_jax_and_of_the_unrolled_loop() {
    let shapes = [[2, 4].as_slice(), &[4, 4], &[4], &[4, 2]];
    let parameters = |seed: usize| {
        let [input, hidden, bias, output] = std::array::from_fn(|i| argument((seed + i) as f64, shapes[i]));
        Recurrent { input, hidden, bias, output }
    };
    let (model, xs, ys) = (parameters(0), argument(4.0, &[6, 3, 2]), argument(5.0, &[6, 3, 2]));
    let by_scan = |model: &Recurrent, xs: &Tensor| loss(&model.apply(xs), &ys);
    let by_hand = |model: &Recurrent, xs: &Tensor| loss(&model.unrolled(xs), &ys);
    let both = (Argnum::<0>, Argnum::<1>);
    let second = |f: fn(&Recurrent, &Tensor) -> Tensor, model: &Recurrent, v: &Recurrent| {
        hvp(|m: &Recurrent| loss(&f(m, &xs), &ys), model, v)
    };
    let jax = Expected::load("recurrent");
    jax.assert_equals("outputs", &model.apply(&xs));
    jax.assert_equals("gradient", &grad_argnums(both, by_scan)(&model, &xs));
    jax.assert_equals("gradient", &grad_argnums(both, by_hand)(&model, &xs));
    jax.assert_equals("hvp", &second(Recurrent::apply, &model, &parameters(6)));
    jax.assert_equals("hvp", &second(Recurrent::unrolled, &model, &parameters(6)));
    let compiled = jit(|model: &Recurrent, xs: &Tensor| grad_argnums(both, by_scan)(model, xs));
    jax.assert_equals("gradient", &compiled(&model, &xs));
}

#[test]
fn a_solver_of_differential_equations_is_differentiated() {
    let (rates, start) = (Tensor::from([1.1, 0.4, 0.4, 0.1]), Tensor::from([10.0, 5.0]));
    let times = Tensor::linspace(0.0, 3.0, 7, DType::F64);
    let error = |rates: &Tensor, start: &Tensor, times: &Tensor| populations(rates, start, times, 4).square().mean();
    let jax = Expected::load("ode");
    jax.assert_equals("solution", &populations(&rates, &start, &times, 4));
    let gradients = grad_argnums((Argnum::<0>, Argnum::<1>, Argnum::<2>), error);
    jax.assert_equals("gradient", &gradients(&rates, &start, &times));
    let by_rates = |rates: &Tensor| populations(rates, &start, &times, 4);
    jax.assert_equals("jacobian", &jit(jacfwd(by_rates))(&rates));
    jax.assert_equals("hessian", &hessian(|rates: &Tensor| error(rates, &start, &times))(&rates));
    check_gradient(|rates: &Tensor| error(rates, &start, &times), &rates, &CheckOptions::default()).unwrap();
}

#[test]
fn branches_and_loops_by_batch_element_are_those_of_jax() {
    let (x, w) = (argument(0.0, &[5, 3]), argument(1.0, &[3, 3]));
    let chosen = |x: &Tensor| cond(&x.sum().gt(0.2), || w.matmul(x).sin(), || x * x * x);
    let among = |x: &Tensor| {
        let i = (x.i(0).abs() * 8.0).floor().cast(DType::I32) - 1;
        switch(&i, &[&|| x.clone(), &|| x.exp(), &|| w.matmul(x) * x])
    };
    let until = |x: &Tensor| while_loop(|y: &Tensor| (y * y).sum().lt(4.0), |y| y * 1.4 + w.matmul(y) * 0.1, x);
    let summed = |x: &Tensor| {
        let affine = |(a, b): &(Tensor, Tensor), (c, d): &(Tensor, Tensor)| (a * c, b * c + d);
        let (a, b) = associative_scan(affine, &(x.clone(), x.cos()), false);
        let (c, d) = associative_scan(affine, &(x.clone(), x.cos()), true);
        Tensor::stack(&[a, b, c, d], 0)
    };
    let total = |y: &Tensor| (y * argument(9.0, y.shape())).sum();
    let jax = Expected::load("branches");
    jax.assert_equals("cond", &vmap(chosen)(&x));
    jax.assert_equals("cond_gradient", &vmap(grad(|x: &Tensor| total(&chosen(x))))(&x));
    jax.assert_equals("cond_hessian", &vmap(hessian(|x: &Tensor| total(&chosen(x))))(&x));
    jax.assert_equals("switch", &vmap(among)(&x));
    jax.assert_equals("switch_gradient", &grad(|x: &Tensor| total(&vmap(among)(x)))(&x));
    jax.assert_equals("until", &vmap(until)(&x));
    jax.assert_equals("until_jacobian", &vmap(jacfwd(until))(&x));
    jax.assert_equals("associative", &summed(&x));
    jax.assert_equals("associative_gradient", &grad(|x: &Tensor| total(&summed(x)))(&x));
    jax.assert_equals(
        "map_gradient",
        &grad(|x: &Tensor| map(|row: &Tensor| w.matmul(row).sin(), x).square().sum())(&x),
    );
    let power =
        |x: &Tensor| fori_loop(1, 4, |i, y: &Tensor| y * x * i.cast(DType::F64), &Tensor::ones([3], DType::F64)).sum();
    jax.assert_equals("power", &hessian(power)(&x.i(1)));
}
