//! Tests of cost estimates.

use rune_ir::{Cost, MAX_DEPTH, Program};
use rune_trace::{Tensor, cond, fori_loop, jvp, lax, make_program, while_loop};

fn cost(text: &str) -> Cost {
    text.parse::<Program>().unwrap().cost()
}

#[test]
fn operations_cost_what_they_compute_and_move() {
    let conv = "def f(x0, x1): # ([2, 8, 8, 4, f32], [6, 3, 3, 4, f32]) -> [2, 8, 8, 6, f32]\n \
                y0 = rune.conv(x0, x1, dims={\"lhs\":[0,3,1,2],\"rhs\":[0,3,1,2],\"out\":[0,3,1,2],\"strides\":[1,1],\
                \"padding\":[[1,1],[1,1]],\"lhs_dilation\":[1,1],\"rhs_dilation\":[1,1],\"feature_groups\":1,\
                \"batch_groups\":1})\n return y0";
    assert_eq!(cost(conv).multiply_adds, (2 * 8 * 8 * 6) * (3 * 3 * 4));
    let moves = "def f(x0): # [4, 6, f32] -> [2, 4, f32]\n z0 = rune.transpose(x0, permutation=[1, 0])\n \
                 z1 = rune.reshape(z0, shape=[6, 4])\n y0 = rune.slice(z1, start=[0, 0], limit=[2, 4], strides=[1, 1])\n \
                 return y0";
    let moves = cost(moves);
    assert_eq!((moves.operations, moves.multiply_adds, moves.flops), (3, 0, 0));
    assert_eq!((moves.bytes_read, moves.bytes_written), (96 + 32, 96 + 32));
    let reduce = "def f(x0): # [4, 6, f64] -> [4, f64]\n y0 = rune.reduce_sum(x0, axes=[1])\n return y0";
    assert_eq!((cost(reduce).flops, cost(reduce).bytes_read, cost(reduce).bytes_written), (24, 192, 32));
}

#[test]
fn sub_programs_cost_what_they_do_each_time() {
    // Each of 63 functions calls the previous one twice. Walking through every call would never end.
    let mut text = "def f0(x0): # [2, f32] -> [2, f32]\n".to_owned();
    text += " y0 = rune.mul(x0, x0)\n return y0";
    let mut program = std::sync::Arc::new(text.parse::<Program>().unwrap());
    for _ in 1..MAX_DEPTH {
        let twice = |x: &Tensor| {
            let once = lax::call(&program, std::slice::from_ref(x));
            lax::call(&program, &once).remove(0)
        };
        program = std::sync::Arc::new(make_program(twice, &Tensor::from([1.0f32, 2.0])).unwrap());
    }
    assert_eq!(program.cost().operations, 1 << 63);
    assert_eq!(program.cost().flops, u64::MAX);
}

#[test]
fn loops_cost_their_turns_and_branches_the_dearest() {
    let x = Tensor::from([1.0f32, 2.0, 3.0, 4.0]);
    let flops = |f: &(dyn Fn(&Tensor) -> Tensor + Send + Sync)| make_program(f, &x).unwrap().cost();
    let step = |y: &Tensor| y.sin() * y;
    let many = flops(&|x: &Tensor| fori_loop(0, 5, |_, y: &Tensor| step(y), x));
    assert!(!many.unbounded);
    // Besides the steps of the body, the loop counts its iterations.
    assert!((5 * 8..=5 * 8 + 5).contains(&many.flops), "{many}");
    let either = flops(&|x: &Tensor| cond(&x.sum().gt(0.0), || step(&step(x)), || step(x)));
    // The steps of the sum, of the comparison, and of its conversion to an index.
    assert!((16 + 5..=16 + 7).contains(&either.flops), "{either}");
    let endless = make_program(|x: &Tensor| while_loop(|y: &Tensor| y.sum().lt(9.0), |y: &Tensor| step(y), x), &x);
    let endless = endless.unwrap();
    assert!(endless.cost().unbounded && endless.cost().to_string().ends_with("further iteration of loops"));
    assert_eq!(endless.cost().flops, 4 + 1 + 8);
    assert_eq!(endless.cost_with(100).flops, 100 * (4 + 1 + 8));
}

#[test]
fn the_tangent_of_a_product_costs_two_products() {
    let (x, w) = (Tensor::from([[1.0f32; 5]; 3]), Tensor::from([[1.0f32; 7]; 5]));
    let product = |x: &Tensor, w: &Tensor| x.matmul(w);
    let forward = make_program(product, (&x, &w)).unwrap().cost().multiply_adds;
    let both = make_program(|x: &Tensor, w: &Tensor| jvp(product, (x, w), (x, w)), (&x, &w)).unwrap();
    assert_eq!((forward, both.cost().multiply_adds), (3 * 5 * 7, 3 * 3 * 5 * 7));
}
