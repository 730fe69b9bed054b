//! Every operation, including each one in a composite function, has the user's line as its origin.

use rune_trace::{
    ConvOptions, ConvPadding, DType, PadMode, PoolOptions, Tensor, einsum, make_program, random, stepped, where_,
};

macro_rules! from_here {
    ($x:expr; $($f:expr,)*) => {$(
        let program = make_program($f, $x).unwrap();
        assert!(!program.instructions().is_empty());
        for instruction in program.instructions() {
            let loc = instruction.origin.loc.as_ref().unwrap();
            assert_eq!(loc.file, file!(), "of {} in {}", instruction.op.name(), stringify!($f));
        }
    )*};
}

#[test]
fn operations_come_from_the_users_line() {
    let x = &Tensor::full([2, 3], 0.5, DType::F32);
    from_here! { x;
        |x: &Tensor| 1.0 - (-(x * 2.0) + x / x),
        |x: &Tensor| { let mut y = x.clone(); y += 1.0; y -= x; y },
        |x: &Tensor| x.sinh() + x.cosh() + x.asin() + x.acos() + x.atan() + x.asinh() + x.acosh() + x.atanh(),
        |x: &Tensor| x.erf_inv() + x.cast(DType::F64).erf_inv().cast(DType::F32),
        |x: &Tensor| x.hypot(x) + x.logaddexp(0.0) + x.floor_divide(2.0) + x.remainder(2.0) + x.nan_to_num(),
        |x: &Tensor| x.relu() + x.relu6() + x.gelu() + x.gelu_exact() + x.silu() + x.elu(1.0) + x.selu() + x.mish(),
        |x: &Tensor| x.softmax(-1) + x.log_softmax(-1) + x.standardize(0, 1e-5) + x.clamp(0, 1) + x.isclose(1, 0.1, 0.1).cast(DType::F32),
        |x: &Tensor| where_(x.gt(0), x, 0.0).lerp(2.0, x),
        |x: &Tensor| x.mean() + x.var() + x.std() + x.norm() + x.logsumexp() + x.median(0).sum() + x.argmax().cast(DType::F32),
        |x: &Tensor| x.sort_descending(0) + x.argsort_descending(1).cast(DType::F32),
        |x: &Tensor| x.cumsum(0) + x.flatten().searchsorted(x, true).cast(DType::F32),
        |x: &Tensor| x.i((stepped(.., -2), 1..)).reshape(-1),
        |x: &Tensor| x.i(([1, 0], [-1, 1])) + x.i((.., Tensor::from([0, 1]))).sum_axes(1),
        |x: &Tensor| x.i((x.argmax().clamp(0, 1), 0)),
        |x: &Tensor| x.at((stepped(.., 2), 1)).set(2.0) + x.at((.., 1..)).add(1.0) + x.at([0, 0]).max(x),
        |x: &Tensor| x.take(&Tensor::from([[0]]), 1).sum() + x.take_along_axis(&x.argsort(1), 1),
        |x: &Tensor| Tensor::stack(&[x, x], 1).split(2, 2 - 2)[0].repeat(2, 0).tile(&[2, 1, 1]),
        |x: &Tensor| Tensor::stack(&x.unstack(0), 0) + Tensor::concat(&x.chunk(2, 1), 1),
        |x: &Tensor| x.pad(&[(1, 1), (0, 2)], 0).roll(1, 0).flip(..).tril(0).triu(-1).trace(),
        |x: &Tensor| x.pad_with(&[(1, 1), (1, 1)], PadMode::Edge).diagonal(1, 0, 1).diag(1),
        |x: &Tensor| x.pad_with(&[(1, 1), (1, 1)], PadMode::Reflect),
        |x: &Tensor| Tensor::meshgrid(&[x.flatten(), x.flatten()]).remove(0),
        |x: &Tensor| x.matmul(x.t()).outer(x) + x.vdot(x),
        |x: &Tensor| x.unsqueeze(0).unsqueeze(0).matmul(x.t().expand([4, -1, -1])),
        |x: &Tensor| einsum("ij,kj,il->kl", &[x, x, x]) + einsum("ii->", &[&x.i((.., ..2))]) + einsum("i...,j...->...", &[x, x]).sum(),
        |x: &Tensor| x.unsqueeze(0).conv(&x.unsqueeze(0), &ConvOptions::new().padding(ConvPadding::Same)),
        |x: &Tensor| x.unsqueeze(0).avg_pool(2, &PoolOptions::new().count_padding(false)),
        |x: &Tensor| x.cast(DType::I32).one_hot(3, x.dtype()),
        |x: &Tensor| Tensor::arange(3..9, DType::I32).cast(DType::F32).reshape([2, 3]) + Tensor::eye(3, DType::F32).i(..2) * x,
    }
    from_here! { &random::key(0);
        |key: &Tensor| random::split(&random::fold_in(key, 3), 2),
        |key: &Tensor| { let [a, b] = random::split_into(key); random::normal(&a, 3, DType::F32) + random::gumbel(&b, 3, DType::F32) },
        |key: &Tensor| random::uniform(key, 3, DType::F32, 0.0, 0.3) + random::truncated_normal(key, 3, DType::F32, 0, 1),
        |key: &Tensor| random::randint(key, 5, 0, Tensor::scalar(7i64), DType::I32),
        |key: &Tensor| random::permutation(key, &Tensor::zeros([4, 2], DType::F32), 0),
        |key: &Tensor| random::categorical(key, &Tensor::zeros([4, 2], DType::F32), 0),
        |key: &Tensor| random::bernoulli(key, 0.5, [4]),
    }
}
