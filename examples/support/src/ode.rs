//! Ordinary differential equations, solved by the classical Runge-Kutta method (Kutta, 1901), and differentiated
//! through the solver.

use rune::prelude::*;

/// Solves `dy/dt = f(y, t)` with `y = start` at the first of `times`. Returns the solution at all `times`, with `steps`
/// fourth-order steps between neighbours. `start` has any shape, `times` has `[n]`, and the result has `[n]` followed
/// by the shape of `start`.
pub fn solve(f: impl Fn(&Tensor, &Tensor) -> Tensor, start: &Tensor, times: &Tensor, steps: usize) -> Tensor {
    let one = |t: &Tensor, h: &Tensor, y: &Tensor| {
        let half = h * 0.5;
        let k1 = f(y, t);
        let k2 = f(&(y + &half * &k1), &(t + &half));
        let k3 = f(&(y + &half * &k2), &(t + &half));
        let k4 = f(&(y + h * &k3), &(t + h));
        y + h / 6.0 * (k1 + k2 * 2.0 + k3 * 2.0 + k4)
    };
    let between = |y: &Tensor, (from, to): &(Tensor, Tensor)| {
        let h = (to - from) / steps as f64;
        let next = fori_loop(0, steps, |i, y: &Tensor| one(&(from + &h * i.cast(h.dtype())), &h, y), y);
        (next.clone(), next)
    };
    let n = times.shape()[0];
    let (_, rest) = scan(between, start, &(times.i(..n - 1), times.i(1..)));
    Tensor::concat(&[&start.unsqueeze(0), &rest], 0)
}

/// Predators and prey (Lotka and Volterra): `rates` are the birth rate of the prey, the predation rate, the death rate
/// of the predators, and their growth rate by predation.
pub fn populations(rates: &Tensor, start: &Tensor, times: &Tensor, steps: usize) -> Tensor {
    let change = |y: &Tensor, _: &Tensor| {
        let (hunted, hunters) = (y.i(0), y.i(1));
        let met = &hunted * &hunters;
        let of_hunted = rates.i(0) * hunted - rates.i(1) * &met;
        let of_hunters = rates.i(3) * met - rates.i(2) * hunters;
        Tensor::stack(&[of_hunted, of_hunters], 0)
    };
    solve(change, start, times, steps)
}
