//! Every operation over the axis, and its derivatives, against the vectors of JAX for `vmap`.

use super::{bits, difference};
use rune::prelude::*;
use rune::{Argnum, DType, Shape, grad_argnums, jit, jvp, pmax, pmean, pmin, psum_scatter_tiled};
use rune_distributed::{World, check_equal, spmd};
use rune_testing::named_axes::{Case, cases, direction, function, numbers};

type Binary<'f> = Box<dyn Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'f>;

/// Returns the function whose result is multiplied by weights and summed. Each lane has its part of the weights.
fn weighted<'f>(f: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'f, lane: usize) -> Binary<'f> {
    Box::new(move |x: &Tensor, c: &Tensor| {
        let y = f(x, c);
        (&y * numbers(&y, |i| ((i + lane * y.size()) % 5 + 1) as f64 / 2.0)).sum()
    })
}

/// Returns what this rank computes in a case, with functions over ranks instead of lanes. Returns `None` if the case
/// has several axes, or sums over lanes where ranks have their own arguments.
fn on_rank(case: &Case, rank: usize) -> Option<Vec<Tensor>> {
    let (f, both) = function(&case.function);
    if both {
        return None;
    }
    let [x, c] = &case.inputs;
    let (own, own_c) = (x.i(rank as isize), || c.i(rank as isize));
    let by_both = (Argnum::<0>, Argnum::<1>);
    Some(match case.of.as_str() {
        "vmap" => vec![spmd(f, "i")(&own, c)],
        "vmap of both" => vec![spmd(f, "i")(&own, &own_c())],
        "grad of vmap of both" => {
            let (dx, dc) = grad_argnums(by_both, weighted(spmd(f, "i"), rank))(&own, &own_c());
            vec![dx, dc]
        }
        "vmap of grad" => {
            let each = |x: &Tensor, c: &Tensor| grad_argnums(by_both, weighted(f, 0))(x, c);
            let (dx, dc) = spmd(each, "i")(&own, c);
            vec![dx, dc]
        }
        "jvp of vmap" => {
            let tangents = (direction(0, x).i(rank as isize), direction(1, c));
            vec![jvp(spmd(f, "i"), (&own, c), (&tangents.0, &tangents.1)).1]
        }
        "vmap of jvp" => {
            let tangent = |x: &Tensor, c: &Tensor| jvp(f, (x, c), (&direction(0, x), &direction(1, c))).1;
            vec![spmd(tangent, "i")(&own, c)]
        }
        "grad of grad" => {
            let inner = |x: &Tensor, c: &Tensor| grad(weighted(spmd(f, "i"), rank))(x, c);
            vec![grad(weighted(inner, rank))(&own, c)]
        }
        _ => return None,
    })
}

/// Checks the results and both derivatives of each function over the axis, inside and outside of `spmd`.
pub fn functions_give_what_jax_gives(world: &World) -> usize {
    assert_eq!(world.world_size(), 4, "the vectors are of four lanes");
    let (mut failures, mut count) = (Vec::new(), 0);
    for case in &cases() {
        let Some(results) = on_rank(case, world.rank()) else { continue };
        count += 1;
        for (found, expected) in results.iter().zip(&case.outputs) {
            let expected = Tensor::from(expected.clone()).i(world.rank() as isize);
            if let Some(why) = difference(found, &expected) {
                failures.push(format!("{} of `{}`: {why}", case.of, case.function));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} fail:\n{}", failures.len(), failures.join("\n"));
    assert!(count > 150, "only {count} cases");
    count
}

/// Checks the same under `jit`, outside and inside of `spmd`.
pub fn compiled_functions_give_what_jax_gives(world: &World) -> usize {
    let (mut failures, mut count) = (Vec::new(), 0);
    let (rank, of_both) = (world.rank() as isize, "grad of vmap of both");
    for case in &cases() {
        let ((f, both), [x, c]) = (function(&case.function), &case.inputs);
        if both || !(case.of == "vmap of both" || case.of == of_both) {
            continue;
        }
        count += 1;
        let (x, c) = (x.i(rank), c.i(rank));
        let by_x = |f: Binary| -> Tensor { jit(grad(f))(&x, &c) };
        let found = match case.of == of_both {
            true => vec![by_x(weighted(spmd(f, "i"), world.rank()))],
            false => vec![jit(spmd(f, "i"))(&x, &c), spmd(jit(f), "i")(&x, &c)],
        };
        let expected = Tensor::from(case.outputs[0].clone()).i(rank);
        for found in found {
            if let Some(why) = difference(&found, &expected) {
                failures.push(format!("jit of {} of `{}`: {why}", case.of, case.function));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} fail:\n{}", failures.len(), failures.join("\n"));
    assert!(count > 50, "only {count} cases");
    count
}

/// Checks each dtype, and arrays that cannot be divided evenly among the ranks, including empty ones.
pub fn every_dtype_and_size(world: &World) {
    let (rank, size) = (world.rank(), world.world_size());
    let dtypes =
        [DType::F32, DType::F64, DType::F16, DType::BF16, DType::I8, DType::I32, DType::I64, DType::U8, DType::C64];
    for dtype in dtypes {
        for n in [0, 1, 5, 4097, 20_001] {
            let of = |rank: usize| -> Tensor {
                let x = Tensor::from_slice([n], &(0..n).map(|i| ((i + 3 * rank) % 7) as f32).collect::<Vec<_>>());
                x.cast(dtype)
            };
            let all: Vec<Tensor> = (0..size).map(of).collect();
            let lanes = Tensor::stack(&all, 0);
            let sum = spmd(|x: &Tensor| psum(x, "i"), "i")(&all[rank]);
            let title = format!("{dtype} of size {n}");
            assert_eq!(bits(&sum), bits(&vmap_named("i", |x: &Tensor| psum(x, "i"))(&lanes).i(0)), "psum of {title}");
            if !dtype.is_complex() {
                let extremes = spmd(|x: &Tensor| (pmax(x, "i"), pmin(x, "i")), "i")(&all[rank]);
                assert_eq!(bits(&extremes.0), bits(&lanes.max_axes(0)), "pmax of {title}");
                assert_eq!(bits(&extremes.1), bits(&lanes.min_axes(0)), "pmin of {title}");
            }
            let gathered = spmd(|x: &Tensor| all_gather(x, "i", 1), "i")(&all[rank]);
            assert_eq!(bits(&gathered), bits(&lanes.t()), "all_gather of {title}");
            let pairs = [(0, size - 1), (1, 0)];
            let moved = spmd(|x: &Tensor| ppermute(x, "i", &pairs), "i")(&all[rank]);
            let expected = pairs.iter().find(|pair| pair.1 == rank).map(|pair| all[pair.0].clone());
            let expected = expected.unwrap_or_else(|| Tensor::zeros([n], dtype));
            assert_eq!(bits(&moved), bits(&expected), "ppermute of {title}");
        }
    }
    let x = Tensor::from_slice([2 * size], &(0..2 * size).map(|i| (i * (rank + 1)) as f32).collect::<Vec<_>>());
    let part = spmd(|x: &Tensor| psum_scatter_tiled(x, "i", 0), "i")(&x).to_vec::<f32>().unwrap();
    let factor = (size * (size + 1) / 2) as f32;
    assert_eq!(part, [(2 * rank) as f32 * factor, (2 * rank + 1) as f32 * factor]);
}

/// Sums that depend on the order give the same bits each time, on all ranks.
pub fn reductions_repeat_bit_for_bit(world: &World) {
    for n in [7, 3000, 30_001] {
        let values: Vec<f32> =
            (0..n).map(|i| ((i * 7919 + world.rank() * 104_729) % 10_007) as f32 * 1e-3 - 5.0).collect();
        let x = Tensor::from_slice([n], &values);
        let scaled = &x * Tensor::from_slice(Shape::from([n]), &values).exp();
        let mean = jit(spmd(|x: &Tensor| pmean(x, "i"), "i"));
        let first = mean(&scaled);
        check_equal(&first).unwrap();
        for _ in 0..5 {
            assert_eq!(bits(&mean(&scaled)), bits(&first), "of {n} elements");
        }
        // The same outside `jit`.
        assert_eq!(bits(&spmd(|x: &Tensor| pmean(x, "i"), "i")(&scaled)), bits(&first), "of {n} elements, eagerly");
    }
}
