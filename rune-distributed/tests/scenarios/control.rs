//! Exchanges in loops, branches and batches.

use super::{bits, difference};
use rune::prelude::*;
use rune::{Tier, checkpoint, custom_vjp, fori_loop, jit, pmean, value_and_grad, vmap_named};
use rune_distributed::{World, check_equal, spmd};

fn own_input(world: &World) -> Tensor {
    Tensor::from([1.0f32, 2.0, 3.0]) * (world.rank() as f32 + 1.0) * 0.1
}

fn all_inputs(world: &World) -> Tensor {
    let ranks: Vec<f32> = (0..world.world_size()).map(|rank| (rank as f32 + 1.0) * 0.1).collect();
    Tensor::from_slice([ranks.len(), 1], &ranks) * Tensor::from([[1.0f32, 2.0, 3.0]])
}

/// Compares ranks with lanes: a function over the axis, its gradient, and both compiled.
fn agrees(world: &World, title: &str, f: impl Fn(&Tensor) -> Tensor + Send + Sync + Clone) {
    let (x, all) = (own_input(world), all_inputs(world));
    let on_lanes = |f| vmap_named("i", f);
    let expected = on_lanes(f.clone())(&all).i(world.rank() as isize);
    let expected_gradient = grad(|all: &Tensor| on_lanes(f.clone())(all).square().sum())(&all).i(world.rank() as isize);
    let outside = |x: &Tensor| spmd(f.clone(), "i")(x).square().sum();
    let results = [
        ("eagerly", spmd(f.clone(), "i")(&x), &expected),
        ("compiled", jit(spmd(f.clone(), "i"))(&x), &expected),
        ("of a compiled function", spmd(jit(f.clone()), "i")(&x), &expected),
        ("gradient", grad(outside)(&x), &expected_gradient),
        ("compiled gradient", jit(grad(outside))(&x), &expected_gradient),
    ];
    for (how, found, expected) in results {
        if let Some(why) = difference(&found, expected) {
            panic!("{title}, {how}: {why}");
        }
    }
}

pub fn loops_branches_and_batches(world: &World) {
    agrees(world, "scan", |x: &Tensor| {
        let rows = Tensor::from([[1.0f32, 0.5, 0.2], [0.3, 0.4, 0.5], [0.2, 0.1, 0.9]]);
        let (last, all) = scan(
            |carry: &Tensor, row: &Tensor| {
                let next = (carry * row).sin() + pmean(carry, "i") * 0.5;
                (next.clone(), psum(&(next * row), "i"))
            },
            x,
            &rows,
        );
        last + all.sum_axes(0)
    });
    agrees(world, "fori_loop", |x: &Tensor| fori_loop(0, 3, |_, x: &Tensor| x + psum(&x.square(), "i") * 0.1, x));
    agrees(world, "cond", |x: &Tensor| {
        // All ranks take the same branch, because all have the same sum.
        let total = psum(&x.sum(), "i");
        cond(&total.gt(0.0), || x * psum(x, "i"), || x - pmean(x, "i"))
    });
    agrees(world, "vmap inside", |x: &Tensor| {
        let each = |y: &Tensor| y * psum(&y.sin(), "i");
        vmap(each)(x)
    });
    agrees(world, "named vmap inside", |x: &Tensor| vmap_named("j", |y: &Tensor| psum(y, ["i", "j"]) * y)(x));
    agrees(world, "a jitted function inside", |x: &Tensor| jit(|x: &Tensor| x * psum(x, "i"))(x));
    agrees(world, "index and size", |x: &Tensor| {
        x * axis_index("i").cast(x.dtype()) + axis_size("i") as f64 + pmean(x, "i")
    });

    agrees(world, "checkpoint", |x: &Tensor| checkpoint(|x: &Tensor| (psum(&x.sin(), "i") * x).tanh())(x));
    agrees(world, "custom_vjp", |x: &Tensor| {
        let clipped = custom_vjp(
            |x: &Tensor| x * psum(x, "i"),
            |x: &Tensor| (x * psum(x, "i"), x.clone()),
            |x: &Tensor, ct: &Tensor| psum(&(ct * x), "i") + ct,
        );
        clipped(x) * 2.0
    });

    // `vmap` around `spmd` exchanges each lane.
    let x = own_input(world);
    let f = |y: &Tensor| psum(&y.square(), "i") * y;
    let rows = vmap(spmd(f, "i"))(&x);
    let each: Vec<Tensor> = (0..3).map(|i| spmd(f, "i")(&x.i(i))).collect();
    assert_eq!(difference(&rows, &Tensor::stack(&each, 0)), None);
    // An enclosing axis of lanes has the same name: the ranks are the inner axis.
    let both = vmap_named("i", spmd(f, "i"))(&x);
    assert_eq!(bits(&both), bits(&rows));
}

/// A loop and its gradient, compiled by the engine of a tier.
pub fn compiled_by(world: &World, tier: Tier) {
    let f = |x: &Tensor| {
        let body = |carry: &Tensor, row: &Tensor| ((carry * row).sin() + pmean(carry, "i"), psum(row, "i"));
        let (last, all) = scan(body, x, &Tensor::from([[1.0f32, 0.5, 0.2], [0.3, 0.4, 0.5]]));
        (last * all_gather(x, "i", 0).sum_axes(0) + all.sum_axes(0)).square().sum()
    };
    let (x, all) = (own_input(world), all_inputs(world));
    let on_lanes = |all: &Tensor| vmap_named("i", f)(all).sum();
    let (value, gradient) = jit(value_and_grad(spmd(f, "i"))).tier(tier)(&x);
    assert_eq!(difference(&value, &vmap_named("i", f)(&all).i(world.rank() as isize)), None, "{tier}");
    assert_eq!(difference(&gradient, &grad(on_lanes)(&all).i(world.rank() as isize)), None, "{tier}");
}

/// The value is exchanged although only one rank reads it.
pub fn results_that_one_rank_reads(world: &World) {
    let loss = |x: &Tensor| pmean(&x.square().sum(), "i");
    let (value, gradient) = value_and_grad(spmd(loss, "i"))(&own_input(world));
    if world.rank() == 0 {
        assert!(value.item::<f32>().unwrap() > 0.0);
    }
    let mean = spmd(|x: &Tensor| pmean(x, "i"), "i")(&gradient);
    if world.rank() + 1 == world.world_size() {
        assert_eq!(mean.size(), 3);
        mean.to_vec::<f32>().unwrap();
    }
    check_equal(&mean).unwrap();
}
