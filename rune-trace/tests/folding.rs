//! Products and convolutions under `vmap` become one wide operation, with no more transposes than in JAX.

use rune_trace::{ConvOptions, DType, Program, Shape, Tensor, grad, make_program, vmap, vmap_axes};

fn zeros(shape: impl Into<Shape>) -> Tensor {
    Tensor::zeros(shape, DType::F32)
}

/// Returns the number of products and convolutions, and the number of transposes, of the simplified program.
fn counts(program: Program) -> (usize, usize) {
    let program = program.simplify();
    println!("{program}");
    let count = |names: &[&str]| program.instructions().iter().filter(|x| names.contains(&x.op.name())).count();
    (count(&["dot_general", "conv"]), count(&["transpose"]))
}

/// Returns the counts for a matrix product with these mapped axes of the operands and the result.
fn product(a: Option<i64>, b: Option<i64>, out: i64, shapes: [&[usize]; 2]) -> (usize, usize) {
    let wide = vmap_axes((a, b), out, |a: &Tensor, b: &Tensor| a.matmul(b));
    counts(make_program(wide, (&zeros(shapes[0]), &zeros(shapes[1]))).unwrap())
}

/// Comments show the number of transposes in JAX, including those that its `reshape` adds.
#[test]
fn a_batched_product_is_one_product() {
    assert_eq!(product(Some(0), None, 0, [&[8, 4], &[4, 5]]), (1, 0)); // 0
    assert_eq!(product(Some(0), None, 0, [&[8, 3, 4], &[4, 5]]), (1, 0)); // 0
    assert_eq!(product(None, Some(0), 0, [&[5, 4], &[8, 4]]), (1, 0)); // 1
    assert_eq!(product(None, Some(0), 0, [&[5, 4], &[8, 4, 3]]), (1, 1)); // 1
    assert_eq!(product(None, Some(1), 0, [&[5, 4], &[4, 8]]), (1, 0)); // 1
    assert_eq!(product(Some(0), Some(0), 0, [&[8, 3, 4], &[8, 4, 5]]), (1, 0)); // 0
    assert_eq!(product(Some(1), Some(2), 0, [&[3, 8, 4], &[4, 5, 8]]), (1, 0)); // 0
    assert_eq!(product(Some(1), Some(1), 1, [&[3, 8, 4], &[4, 8, 5]]), (1, 1)); // 1
}

/// The product of each row of one operand with each row of the other is a matrix product.
#[test]
fn all_pairs_are_one_product() {
    let with_each = |x: &Tensor, ys: &Tensor| vmap_axes((None, Some(0)), 0, |x: &Tensor, y: &Tensor| x.dot(y))(x, ys);
    let pairs = vmap_axes((Some(0), None), 0, with_each);
    assert_eq!(counts(make_program(pairs, (&zeros([6, 4]), &zeros([7, 4]))).unwrap()), (1, 0)); // 0
}

/// Attention heads between positions and features: only the result is transposed.
#[test]
fn attention_over_heads_moves_its_result_only() {
    let attention = |q: &Tensor, k: &Tensor, v: &Tensor| (q.matmul(k.t()) / 2.0).softmax(-1).matmul(v);
    let heads = |q: &Tensor, k: &Tensor, v: &Tensor| vmap_axes(1, 1, attention)(q, k, v);
    let x = zeros([10, 2, 4]);
    assert_eq!(counts(make_program(heads, (&x, &x, &x)).unwrap()), (2, 1)); // 2
    let x = zeros([3, 10, 2, 4]);
    assert_eq!(counts(make_program(vmap(heads), (&x, &x, &x)).unwrap()), (2, 1)); // 2
}

#[test]
fn gradients_of_each_example_are_products_of_batches() {
    let loss = |w: &(Tensor, Tensor), x: &Tensor, y: &Tensor| {
        let error = x.matmul(&w.0).tanh().matmul(&w.1) - y;
        (&error * &error).sum()
    };
    let args = ((zeros([4, 5]), zeros([5, 2])), zeros([8, 4]), zeros([8, 2]));
    let (w, x, y) = (&args.0, &args.1, &args.2);
    let each = vmap_axes((None, Some(0), Some(0)), 0, grad(loss));
    assert_eq!(counts(make_program(each, (w, x, y)).unwrap()), (5, 0)); // 2
    let batch =
        move |w: &(Tensor, Tensor), x: &Tensor, y: &Tensor| vmap_axes((None, Some(0), Some(0)), 0, loss)(w, x, y).sum();
    assert_eq!(counts(make_program(grad(batch), (w, x, y)).unwrap()), (5, 0)); // 2
}

fn conv(x: &Tensor, k: &Tensor) -> Tensor {
    x.conv(k, &ConvOptions::new())
}

/// Batches of images, of kernels, of both, and derivatives with respect to either: always one convolution.
#[test]
fn a_batched_convolution_is_one_convolution() {
    let wide = |a: Option<i64>, b: Option<i64>, x: &[usize], k: &[usize]| {
        counts(make_program(vmap_axes((a, b), 0, conv), (&zeros(x), &zeros(k))).unwrap())
    };
    assert_eq!(wide(Some(0), None, &[6, 2, 3, 8, 8], &[4, 3, 3, 3]), (1, 0)); // 0
    assert_eq!(wide(None, Some(0), &[2, 3, 8, 8], &[6, 4, 3, 3, 3]), (1, 1)); // 1
    assert_eq!(wide(Some(0), Some(0), &[6, 2, 3, 8, 8], &[6, 4, 3, 3, 3]), (1, 2)); // 2
    // Single images with their own kernels: only axes of size 1 are moved.
    assert_eq!(wide(Some(0), Some(0), &[6, 1, 3, 8, 8], &[6, 4, 3, 3, 3]), (1, 0)); // 2
    let one = |x: &Tensor, k: &Tensor| conv(&x.unsqueeze(0), k).squeeze(0);
    let images = vmap_axes((Some(0), None), 0, one);
    assert_eq!(counts(make_program(images, (&zeros([6, 3, 8, 8]), &zeros([4, 3, 3, 3]))).unwrap()), (1, 0)); // 0
    let loss = |k: &Tensor, x: &Tensor| conv(x, k).tanh().sum();
    let each = vmap_axes((None, Some(0)), 0, grad(loss));
    let (k, x) = (zeros([4, 3, 3, 3]), zeros([6, 2, 3, 8, 8]));
    assert_eq!(counts(make_program(each, (&k, &x)).unwrap()), (2, 1)); // 1
    let batch = move |k: &Tensor, x: &Tensor| vmap_axes((None, Some(0)), 0, loss)(k, x).sum();
    assert_eq!(counts(make_program(grad(batch), (&k, &x)).unwrap()), (2, 0)); // 0
}
