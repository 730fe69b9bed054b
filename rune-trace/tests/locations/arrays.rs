//! Array functions.

use super::at_fault;
use super::support::{Seen, panic_of, public_functions, without_caller};
use rune_trace::op::Triangular;
use rune_trace::random::{CategoricalOptions, ChoiceOptions, CovarianceRoot, Resolution};
use rune_trace::{
    ConvOptions, DType, PadMode, PoolOptions, Tensor, all_gather, all_gather_tiled, all_to_all, all_to_all_tiled,
    axis_index, axis_size, einsum, linalg, pmax, pmean, pmin, ppermute, pshuffle, psum, psum_scatter,
    psum_scatter_tiled, pswapaxes, random, stepped, where_,
};

/// Functions that accept all arguments, or that cannot be called incorrectly.
const NEVER: &[&str] = &[
    "activations::relu",
    "conv::ConvOptions::dilations",
    "conv::ConvOptions::groups",
    "conv::ConvOptions::layout",
    "conv::ConvOptions::new",
    "conv::ConvOptions::padding",
    "conv::ConvOptions::strides",
    "creation::ones_like",
    "creation::scalar",
    "creation::zeros_like",
    "elementwise::cast",
    "names::astype",
    "elementwise::detach",
    "elementwise::isnan",
    "elementwise::stop_gradient",
    "keys::key",
    "ndarray::to_ndarray",
    "filters::Gaussian::new",
    "filters::Gaussian::order",
    "filters::Gaussian::radius",
    "filters::Gaussian::truncate",
    "ragged::RaggedDotDims::check",
    "pool::PoolOptions::count_padding",
    "pool::PoolOptions::dilations",
    "pool::PoolOptions::layout",
    "pool::PoolOptions::new",
    "pool::PoolOptions::padding",
    "pool::PoolOptions::strides",
    "reductions::all",
    "reductions::any",
    "reductions::logsumexp",
    "reductions::max",
    "reductions::mean",
    "reductions::min",
    "reductions::norm",
    "reductions::prod",
    "reductions::std",
    "reductions::sum",
    "reductions::var",
    "shape::at_least_rank",
    "shape::flatten",
    "shape::transpose",
    "update::at",
];

#[test]
#[rustfmt::skip]
fn functions_of_arrays_panic_at_the_users_line() {
    let mut seen = Seen::default();
    let (f, n, b) = (&Tensor::zeros([2, 3], DType::F32), &Tensor::zeros([2, 3], DType::I32), &Tensor::zeros([2, 3], DType::Bool));
    let (scalar, cube) = (&Tensor::scalar(1.0f32), &Tensor::zeros([2, 3, 4], DType::F32));
    let none = &Tensor::zeros([0, 3], DType::F32);
    let square = &Tensor::zeros([2, 2], DType::F32);
    let key = &random::key(0);
    let (v, m) = (&Tensor::ones([3], DType::F32), &Tensor::eye(3, DType::F32));

    at_fault!(seen, "activations::relu6", b.relu6());
    at_fault!(seen, "activations::leaky_relu", n.leaky_relu(0.1));
    at_fault!(seen, "activations::elu", n.elu(1.0));
    at_fault!(seen, "activations::celu", n.celu(1.0));
    at_fault!(seen, "activations::selu", n.selu());
    at_fault!(seen, "activations::softplus", n.softplus());
    at_fault!(seen, "activations::gelu", n.gelu());
    at_fault!(seen, "activations::gelu_exact", n.gelu_exact());
    at_fault!(seen, "activations::silu", n.silu());
    at_fault!(seen, "activations::mish", n.mish());
    at_fault!(seen, "activations::hard_sigmoid", n.hard_sigmoid());
    at_fault!(seen, "activations::hard_silu", n.hard_silu());
    at_fault!(seen, "activations::hard_tanh", n.cast(DType::Bool).hard_tanh());
    at_fault!(seen, "activations::soft_sign", n.soft_sign());
    at_fault!(seen, "activations::squareplus", n.squareplus(1.0));
    at_fault!(seen, "activations::log_sigmoid", n.log_sigmoid());
    at_fault!(seen, "activations::softmax", f.softmax(2));
    at_fault!(seen, "activations::log_softmax", f.log_softmax(2));
    at_fault!(seen, "activations::standardize", f.standardize(2, 0.0));
    at_fault!(seen, "activations::one_hot", f.one_hot(3, DType::F32));
    at_fault!(seen, "activations::glu", f.glu(1));
    at_fault!(seen, "activations::masked_fill", f.masked_fill(n, 0.0));

    at_fault!(seen, "join::concat", Tensor::concat(&[f, scalar], 0));
    at_fault!(seen, "join::stack", Tensor::stack(&[f, scalar], 0));
    at_fault!(seen, "join::split", f.split(2, 1));
    at_fault!(seen, "join::chunk", f.chunk(0, 1));
    at_fault!(seen, "join::unstack", f.unstack(2));
    at_fault!(seen, "join::repeat", f.repeat(2, 2));
    at_fault!(seen, "join::meshgrid", Tensor::meshgrid(&[f]));

    at_fault!(seen, "creation::zeros", Tensor::zeros([usize::MAX, 8], DType::F32));
    at_fault!(seen, "creation::ones", Tensor::ones([usize::MAX, 8], DType::F32));
    at_fault!(seen, "creation::eye", Tensor::eye(usize::MAX, DType::F32));
    at_fault!(seen, "join::tile", f.tile(&[usize::MAX, 8]));
    at_fault!(seen, "creation::from_slice", Tensor::from_slice([2], &[1.0f32]));
    at_fault!(seen, "creation::from_vec", Tensor::from_vec([2], vec![1.0f32]));
    at_fault!(seen, "creation::full", Tensor::full([2], 300, DType::U8));
    at_fault!(seen, "creation::full_like", n.full_like(0.5));
    at_fault!(seen, "creation::iota", Tensor::iota([2], 1, DType::F32));
    at_fault!(seen, "creation::arange", Tensor::arange(0..3, DType::Bool));
    at_fault!(seen, "creation::arange_step", Tensor::arange_step(0..3, 0, DType::I32));
    at_fault!(seen, "creation::linspace", Tensor::linspace(0.0, 1.0, 3, DType::I32));

    at_fault!(seen, "order::cumsum", f.cumsum(2));
    at_fault!(seen, "order::cumprod", f.cumprod(2));
    at_fault!(seen, "order::cummax", f.cummax(2));
    at_fault!(seen, "order::cummin", f.cummin(2));
    at_fault!(seen, "order::cumlogsumexp", n.cumlogsumexp(2));
    at_fault!(seen, "order::sort", f.sort(2));
    at_fault!(seen, "order::sort_descending", f.sort_descending(2));
    at_fault!(seen, "order::argsort", f.argsort(2));
    at_fault!(seen, "order::argsort_descending", f.argsort_descending(2));
    at_fault!(seen, "order::top_k", f.top_k(4));
    at_fault!(seen, "order::searchsorted", f.searchsorted(f, true));
    at_fault!(seen, "order::median", f.median(2));
    at_fault!(seen, "order::quantile", f.quantile(2.0, 0));

    at_fault!(seen, "continuous::uniform", random::uniform(f, [2], DType::F32, 0.0, 1.0));
    at_fault!(seen, "continuous::normal", random::normal(f, [2], DType::F32));
    at_fault!(seen, "continuous::truncated_normal", random::truncated_normal(f, [2], DType::F32, 0.0, 1.0));
    at_fault!(seen, "continuous::exponential", random::exponential(key, [2], DType::I32));
    at_fault!(seen, "continuous::gumbel", random::gumbel(f, [2], DType::F32));
    at_fault!(seen, "continuous::laplace", random::laplace(key, [2], DType::I32));
    at_fault!(seen, "discrete::bernoulli", random::bernoulli(key, f, [4]));
    at_fault!(seen, "discrete::randint", random::randint(key, [2], 0.5, 1, DType::I32));
    at_fault!(seen, "discrete::shuffle", random::shuffle(key, f, 2));
    at_fault!(seen, "discrete::permutation", random::permutation(key, f, 2));
    at_fault!(seen, "discrete::categorical", random::categorical(key, f, 2));
    at_fault!(seen, "discrete::choice", random::choice(key, f, 3, false));
    at_fault!(seen, "discrete::choice_with", random::choice_with(key, f, [7, 7], &ChoiceOptions { replace: false, ..ChoiceOptions::default() }));
    at_fault!(seen, "discrete::choice_with", random::choice_with(key, f, [2], &ChoiceOptions { p: Some(f.clone()), ..ChoiceOptions::default() }));
    at_fault!(seen, "discrete::categorical_with", random::categorical_with(key, f, &CategoricalOptions { axis: 2, ..CategoricalOptions::default() }));
    at_fault!(seen, "discrete::categorical_with", random::categorical_with(key, f, &CategoricalOptions { shape: Some([7].into()), ..CategoricalOptions::default() }));
    at_fault!(seen, "discrete::bernoulli_with", random::bernoulli_with(key, f, [4], Resolution::High));
    at_fault!(seen, "discrete::bernoulli_with", random::bernoulli_with(key, 0.5, [4], Resolution::Highest));
    at_fault!(seen, "continuous::gumbel_with", random::gumbel_with(f, [2], DType::F32, Resolution::High));
    at_fault!(seen, "gamma::gamma", random::gamma(f, 0.5, [2], DType::F32));
    at_fault!(seen, "gamma::loggamma", random::loggamma(f, 0.5, [2], DType::F32));
    at_fault!(seen, "gamma::beta", random::beta(f, 0.5, 0.25, [2], DType::F32));
    at_fault!(seen, "gamma::dirichlet", random::dirichlet(f, v, [2], DType::F32));
    at_fault!(seen, "gamma::chisquare", random::chisquare(f, 0.5, [2], DType::F32));
    at_fault!(seen, "gamma::f", random::f(f, 0.5, 0.25, [2], DType::F32));
    at_fault!(seen, "gamma::t", random::t(f, 0.5, [2], DType::F32));
    at_fault!(seen, "gamma::generalized_normal", random::generalized_normal(f, 0.5, [2], DType::F32));
    at_fault!(seen, "gamma::ball", random::ball(f, 3, 2.0, [2], DType::F32));
    at_fault!(seen, "counts::rademacher", random::rademacher(f, [2], DType::F32));
    at_fault!(seen, "counts::poisson", random::poisson(f, 0.5, [2], DType::I32));
    at_fault!(seen, "counts::geometric", random::geometric(f, 0.5, [2], DType::I32));
    at_fault!(seen, "counts::binomial", random::binomial(f, 0.5, 0.25, [2], DType::F32));
    at_fault!(seen, "counts::multinomial", random::multinomial(f, 9.0, v));
    at_fault!(seen, "counts::multinomial_with", random::multinomial_with(f, 9.0, v, [2]));
    at_fault!(seen, "more::cauchy", random::cauchy(f, [2], DType::F32));
    at_fault!(seen, "more::logistic", random::logistic(f, [2], DType::F32));
    at_fault!(seen, "more::lognormal", random::lognormal(f, 0.5, [2], DType::F32));
    at_fault!(seen, "more::pareto", random::pareto(f, 0.5, [2], DType::F32));
    at_fault!(seen, "more::rayleigh", random::rayleigh(f, 0.5, [2], DType::F32));
    at_fault!(seen, "more::maxwell", random::maxwell(f, [2], DType::F32));
    at_fault!(seen, "more::double_sided_maxwell", random::double_sided_maxwell(f, 0.5, 0.25, [2], DType::F32));
    at_fault!(seen, "more::triangular", random::triangular(f, 0.5, 0.25, 2.0, [2], DType::F32));
    at_fault!(seen, "more::wald", random::wald(f, 0.5, [2], DType::F32));
    at_fault!(seen, "more::weibull_min", random::weibull_min(f, 0.5, 0.25, [2], DType::F32));
    at_fault!(seen, "more::multivariate_normal", random::multivariate_normal(f, v, m, [2], DType::F32));
    at_fault!(seen, "more::multivariate_normal_with", random::multivariate_normal_with(f, v, m, [2], DType::F32, CovarianceRoot::Eigh));
    at_fault!(seen, "more::orthogonal", random::orthogonal(f, 3, 3, [2], DType::F32));
    at_fault!(seen, "keys::split", random::split(f, 2));
    at_fault!(seen, "keys::split_into", random::split_into::<2>(f));
    at_fault!(seen, "keys::fold_in", random::fold_in(key, f));
    at_fault!(seen, "keys::bits", random::bits(key, [2], DType::F32));

    at_fault!(seen, "reductions::all_axes", f.all_axes(2));
    at_fault!(seen, "reductions::all_keepdims", f.all_keepdims(2));
    at_fault!(seen, "reductions::any_axes", f.any_axes(2));
    at_fault!(seen, "reductions::any_keepdims", f.any_keepdims(2));
    at_fault!(seen, "reductions::sum_axes", f.sum_axes(2));
    at_fault!(seen, "reductions::sum_keepdims", f.sum_keepdims(2));
    at_fault!(seen, "reductions::prod_axes", f.prod_axes(2));
    at_fault!(seen, "reductions::prod_keepdims", f.prod_keepdims(2));
    at_fault!(seen, "reductions::max_axes", f.max_axes(2));
    at_fault!(seen, "reductions::max_keepdims", f.max_keepdims(2));
    at_fault!(seen, "reductions::min_axes", f.min_axes(2));
    at_fault!(seen, "reductions::min_keepdims", f.min_keepdims(2));
    at_fault!(seen, "reductions::mean_axes", f.mean_axes(2));
    at_fault!(seen, "reductions::mean_keepdims", f.mean_keepdims(2));
    at_fault!(seen, "reductions::var_axes", f.var_axes(2));
    at_fault!(seen, "reductions::var_keepdims", f.var_keepdims(2));
    at_fault!(seen, "reductions::std_axes", f.std_axes(2));
    at_fault!(seen, "reductions::std_keepdims", f.std_keepdims(2));
    at_fault!(seen, "reductions::logsumexp_axes", n.logsumexp_axes(2));
    at_fault!(seen, "reductions::logsumexp_keepdims", n.logsumexp_keepdims(2));
    at_fault!(seen, "reductions::norm_axes", n.norm_axes(2));
    at_fault!(seen, "reductions::norm_keepdims", n.norm_keepdims(2));
    at_fault!(seen, "reductions::argmax", none.argmax());
    at_fault!(seen, "reductions::argmax_axis", none.argmax_axis(0));
    at_fault!(seen, "reductions::argmax_keepdims", none.argmax_keepdims(0));
    at_fault!(seen, "reductions::argmin", none.argmin());
    at_fault!(seen, "reductions::argmin_axis", none.argmin_axis(0));
    at_fault!(seen, "reductions::argmin_keepdims", none.argmin_keepdims(0));
    at_fault!(seen, "reductions::var_with", f.var_with(2, 1, false));
    at_fault!(seen, "reductions::std_with", f.std_with(2, 1, false));

    at_fault!(seen, "pool::max_pool", f.max_pool(2, &PoolOptions::new()));
    at_fault!(seen, "pool::min_pool", f.min_pool(2, &PoolOptions::new()));
    at_fault!(seen, "pool::avg_pool", f.avg_pool(2, &PoolOptions::new()));

    at_fault!(seen, "rearrange::pad", f.pad(&[(1, 1)], 0.0));
    at_fault!(seen, "rearrange::pad_with", f.pad_with(&[(9, 9), (9, 9)], PadMode::Reflect));
    at_fault!(seen, "rearrange::flip", f.flip(2));
    at_fault!(seen, "rearrange::roll", f.roll(1, 2));
    at_fault!(seen, "rearrange::tril", scalar.tril(0));
    at_fault!(seen, "rearrange::triu", scalar.triu(0));
    at_fault!(seen, "rearrange::diagonal", f.diagonal(0, 1, 1));
    at_fault!(seen, "rearrange::diag", cube.diag(0));
    at_fault!(seen, "rearrange::trace", scalar.trace());

    at_fault!(seen, "cholesky::cholesky", linalg::cholesky(f));
    at_fault!(seen, "cholesky::cho_solve", linalg::cho_solve(f, f));
    at_fault!(seen, "determinant::slogdet", linalg::slogdet(f));
    at_fault!(seen, "determinant::det", linalg::det(f));
    at_fault!(seen, "factors::lu", linalg::lu(n));
    at_fault!(seen, "factors::qr", linalg::qr(n));
    at_fault!(seen, "factors::qr_full", linalg::qr_full(n));
    at_fault!(seen, "factors::eigh", linalg::eigh(f));
    at_fault!(seen, "factors::eigvalsh", linalg::eigvalsh(f));
    at_fault!(seen, "factors::svd", linalg::svd(n));
    at_fault!(seen, "factors::svd_full", linalg::svd_full(n));
    at_fault!(seen, "factors::svdvals", linalg::svdvals(n));
    at_fault!(seen, "inverse::pinv", linalg::pinv(n, None));
    at_fault!(seen, "inverse::matrix_rank", linalg::matrix_rank(n, None));
    at_fault!(seen, "inverse::lstsq", linalg::lstsq(f, cube, None));
    at_fault!(seen, "norms::norm", linalg::norm(n));
    at_fault!(seen, "norms::vector_norm", linalg::vector_norm(f, 2.0, 2));
    at_fault!(seen, "norms::matrix_norm", linalg::matrix_norm(n, linalg::MatrixOrd::Fro));
    at_fault!(seen, "norms::cond", linalg::cond(none, linalg::MatrixOrd::Two));
    at_fault!(seen, "products::matrix_power", linalg::matrix_power(f, 2));
    at_fault!(seen, "products::multi_dot", linalg::multi_dot(&[f, f, f]));
    at_fault!(seen, "products::cross", linalg::cross(f, f, 0));
    at_fault!(seen, "products::kron", linalg::kron(f, scalar));
    at_fault!(seen, "solve::triangular_solve", linalg::triangular_solve(f, f, Triangular::default()));
    at_fault!(seen, "solve::solve", linalg::solve(f, f));
    at_fault!(seen, "solve::inv", linalg::inv(f));
    at_fault!(seen, "cholesky::cho_factor", linalg::cho_factor(f));
    at_fault!(seen, "determinant::adjugate", linalg::adjugate(f));
    at_fault!(seen, "exponential::expm", linalg::expm(f));
    at_fault!(seen, "exponential::expm_frechet", linalg::expm_frechet(square, f));
    at_fault!(seen, "logarithm::logm", linalg::logm(f));
    at_fault!(seen, "functions::sqrtm", linalg::sqrtm(f));
    at_fault!(seen, "functions::solve_sylvester", linalg::solve_sylvester(square, square, f));
    at_fault!(seen, "functions::polar", linalg::polar(f));
    at_fault!(seen, "functions::eigh_tridiagonal", linalg::eigh_tridiagonal(f, f));
    at_fault!(seen, "householder::geqrf", linalg::geqrf(n));
    at_fault!(seen, "householder::geqp3", linalg::geqp3(n));
    at_fault!(seen, "householder::qr_pivoted", linalg::qr_pivoted(n));
    at_fault!(seen, "householder::qr_pivoted_full", linalg::qr_pivoted_full(n));
    at_fault!(seen, "householder::householder_product", linalg::householder_product(f, f));
    at_fault!(seen, "householder::hessenberg", linalg::hessenberg(f));
    at_fault!(seen, "householder::gehrd", linalg::gehrd(f));
    at_fault!(seen, "products::matrix_transpose", linalg::matrix_transpose(scalar));
    at_fault!(seen, "products::outer", linalg::outer(f, f));
    at_fault!(seen, "products::vecdot", linalg::vecdot(f, square, -1));
    at_fault!(seen, "products::tensorinv", linalg::tensorinv(f, 1));
    at_fault!(seen, "products::tensorsolve", linalg::tensorsolve(f, f));
    at_fault!(seen, "solve::solve_triangular", linalg::solve_triangular(f, f, true));
    at_fault!(seen, "solve::lu_factor", linalg::lu_factor(f));
    at_fault!(seen, "solve::lu_solve", linalg::lu_solve(&linalg::lu_factor(square), cube, false));
    at_fault!(seen, "spectral::eig", linalg::eig(f));
    at_fault!(seen, "spectral::eig_left", linalg::eig_left(f));
    at_fault!(seen, "spectral::eigvals", linalg::eigvals(f));
    at_fault!(seen, "spectral::schur", linalg::schur(f));
    at_fault!(seen, "spectral::rsf2csf", linalg::rsf2csf(square, f));
    at_fault!(seen, "spectral::funm", linalg::funm(f, |x| x.exp()));
    at_fault!(seen, "special::block_diag", linalg::block_diag(&[cube]));
    at_fault!(seen, "special::toeplitz", linalg::toeplitz(f, f));
    at_fault!(seen, "special::hankel", linalg::hankel(f, f));
    at_fault!(seen, "special::circulant", linalg::circulant(f));
    at_fault!(seen, "special::companion", linalg::companion(f));
    at_fault!(seen, "special::fiedler", linalg::fiedler(f));
    at_fault!(seen, "special::leslie", linalg::leslie(f, f));
    at_fault!(seen, "constant::hilbert", linalg::hilbert(2, DType::I32));
    at_fault!(seen, "constant::hadamard", linalg::hadamard(3, DType::F32));
    at_fault!(seen, "constant::pascal", linalg::pascal(3, linalg::PascalKind::Lower, DType::Bool));
    at_fault!(seen, "constant::helmert", linalg::helmert(3, DType::I32));
    at_fault!(seen, "constant::invhilbert", linalg::invhilbert(2, DType::I32));
    at_fault!(seen, "constant::invpascal", linalg::invpascal(2, linalg::PascalKind::Lower, DType::U8));
    at_fault!(seen, "constant::dft", linalg::dft(2, rune_trace::fft::Norm::Ortho, DType::F32));
    at_fault!(seen, "special::convolution_matrix", linalg::convolution_matrix(f, 2, rune_trace::signal::ConvolveMode::Full));
    at_fault!(seen, "special::fiedler_companion", linalg::fiedler_companion(f));
    at_fault!(seen, "factors::qr_multiply", linalg::qr_multiply(n, n, linalg::Side::Left));
    at_fault!(seen, "special::vander", linalg::vander(f, 2, true));
    at_fault!(seen, "tridiagonal::tridiagonal_solve", linalg::tridiagonal_solve(f, f, f, f));
    at_fault!(seen, "tridiagonal::tridiagonal_lu", linalg::tridiagonal_lu(n, n, n));
    at_fault!(seen, "tridiagonal::TridiagonalLu::solve", linalg::tridiagonal_lu(f, f, f).solve(f));

    at_fault!(seen, "matmul::matmul", f.matmul(f));
    at_fault!(seen, "matmul::dot", f.dot(f));
    at_fault!(seen, "matmul::vdot", f.vdot(scalar));
    at_fault!(seen, "matmul::outer", f.outer(n));
    at_fault!(seen, "matmul::tensordot", f.tensordot(f, 0, 1));
    at_fault!(seen, "broadcast::broadcast_to", f.broadcast_to([4]));
    at_fault!(seen, "broadcast::broadcast_with", f.broadcast_with(square));

    at_fault!(seen, "elementwise::abs", b.abs());
    at_fault!(seen, "elementwise::neg", b.neg());
    at_fault!(seen, "elementwise::sign", b.sign());
    at_fault!(seen, "elementwise::floor", n.floor());
    at_fault!(seen, "elementwise::ceil", n.ceil());
    at_fault!(seen, "elementwise::round", n.round());
    at_fault!(seen, "elementwise::round_half_away", n.round_half_away());
    at_fault!(seen, "elementwise::exp", n.exp());
    at_fault!(seen, "elementwise::exp2", n.exp2());
    at_fault!(seen, "elementwise::expm1", n.expm1());
    at_fault!(seen, "elementwise::log", n.log());
    at_fault!(seen, "elementwise::log1p", n.log1p());
    at_fault!(seen, "elementwise::sqrt", n.sqrt());
    at_fault!(seen, "elementwise::rsqrt", n.rsqrt());
    at_fault!(seen, "elementwise::cbrt", n.cbrt());
    at_fault!(seen, "elementwise::sin", n.sin());
    at_fault!(seen, "elementwise::cos", n.cos());
    at_fault!(seen, "elementwise::tan", n.tan());
    at_fault!(seen, "elementwise::tanh", n.tanh());
    at_fault!(seen, "elementwise::sigmoid", n.sigmoid());
    at_fault!(seen, "elementwise::erf", n.erf());
    at_fault!(seen, "elementwise::isfinite", n.isfinite());
    at_fault!(seen, "elementwise::logical_not", f.logical_not());
    at_fault!(seen, "elementwise::reciprocal", n.reciprocal());
    at_fault!(seen, "elementwise::square", b.square());
    at_fault!(seen, "elementwise::powi", b.powi(2));
    at_fault!(seen, "elementwise::log2", n.log2());
    at_fault!(seen, "elementwise::log10", n.log10());
    at_fault!(seen, "elementwise::sinh", n.sinh());
    at_fault!(seen, "elementwise::cosh", n.cosh());
    at_fault!(seen, "elementwise::asin", n.asin());
    at_fault!(seen, "elementwise::acos", n.acos());
    at_fault!(seen, "elementwise::atan", n.atan());
    at_fault!(seen, "elementwise::asinh", n.asinh());
    at_fault!(seen, "elementwise::acosh", n.acosh());
    at_fault!(seen, "elementwise::atanh", n.atanh());
    at_fault!(seen, "elementwise::isinf", n.isinf());
    at_fault!(seen, "elementwise::nan_to_num", n.nan_to_num());
    at_fault!(seen, "elementwise::clamp", f.clamp(n, n));
    at_fault!(seen, "elementwise::hypot", f.hypot(n));
    at_fault!(seen, "elementwise::lerp", f.lerp(n, 0.5));
    at_fault!(seen, "elementwise::logaddexp", f.logaddexp(n));
    at_fault!(seen, "elementwise::floor_divide", f.floor_divide(n));
    at_fault!(seen, "elementwise::remainder", f.remainder(n));
    at_fault!(seen, "elementwise::erf_inv", n.erf_inv());
    at_fault!(seen, "elementwise::bitcast", f.bitcast(DType::Bool));
    at_fault!(seen, "elementwise::isclose", f.isclose(n, 0.0, 0.0));
    at_fault!(seen, "elementwise::where_", where_(n, f, f));

    at_fault!(seen, "operators::add", f.add(n));
    at_fault!(seen, "operators::sub", f.sub(n));
    at_fault!(seen, "operators::mul", f.mul(n));
    at_fault!(seen, "operators::div", f.div(n));
    at_fault!(seen, "operators::rem", f.rem(n));
    at_fault!(seen, "operators::pow", f.pow(n));
    at_fault!(seen, "operators::maximum", f.maximum(n));
    at_fault!(seen, "operators::minimum", f.minimum(n));
    at_fault!(seen, "operators::atan2", f.atan2(n));
    at_fault!(seen, "operators::bitand", f.bitand(f));
    at_fault!(seen, "operators::bitor", f.bitor(f));
    at_fault!(seen, "operators::bitxor", f.bitxor(f));
    at_fault!(seen, "operators::shift_left", f.shift_left(f));
    at_fault!(seen, "operators::shift_right", f.shift_right(f));
    at_fault!(seen, "operators::eq", f.eq(n));
    at_fault!(seen, "operators::ne", f.ne(n));
    at_fault!(seen, "operators::lt", f.lt(n));
    at_fault!(seen, "operators::le", f.le(n));
    at_fault!(seen, "operators::gt", f.gt(n));
    at_fault!(seen, "operators::ge", f.ge(n));
    // Rust's operators.
    at_fault!(seen, "operators::add", f + n);
    at_fault!(seen, "operators::sub", 1.5 - n);
    at_fault!(seen, "operators::mul", f * square);
    at_fault!(seen, "operators::div", f.clone() / n.clone());
    at_fault!(seen, "operators::bitand", f & f);
    at_fault!(seen, "operators::add", { let mut x = f.clone(); x += n; x });

    at_fault!(seen, "collectives::psum", psum(f, "nobody"));
    at_fault!(seen, "collectives::pmean", pmean(f, "nobody"));
    at_fault!(seen, "collectives::pmax", pmax(f, "nobody"));
    at_fault!(seen, "collectives::pmin", pmin(f, "nobody"));
    at_fault!(seen, "collectives::axis_index", axis_index("nobody"));
    at_fault!(seen, "collectives::axis_size", axis_size("nobody"));
    at_fault!(seen, "collectives::all_gather", all_gather(f, "nobody", 0));
    at_fault!(seen, "collectives::all_gather_tiled", all_gather_tiled(f, "nobody", 0));
    at_fault!(seen, "collectives::ppermute", ppermute(f, "nobody", &[]));
    at_fault!(seen, "collectives::pshuffle", pshuffle(f, "nobody", &[]));
    at_fault!(seen, "collectives::psum_scatter", psum_scatter(f, "nobody", 0));
    at_fault!(seen, "collectives::psum_scatter_tiled", psum_scatter_tiled(f, "nobody", 0));
    at_fault!(seen, "collectives::all_to_all", all_to_all(f, "nobody", 0, 0));
    at_fault!(seen, "collectives::all_to_all_tiled", all_to_all_tiled(f, "nobody", 0, 0));
    at_fault!(seen, "collectives::pswapaxes", pswapaxes(f, "nobody", 0));

    at_fault!(seen, "einsum::einsum", einsum("ij,ij->k", &[f, f]));
    at_fault!(seen, "conv::conv", f.conv(f, &ConvOptions::new()));
    at_fault!(seen, "conv::conv_transpose", f.conv_transpose(f, &ConvOptions::new()));
    at_fault!(seen, "shape::reshape", f.reshape([4]));
    at_fault!(seen, "shape::flatten_axes", f.flatten_axes(1, 0));
    at_fault!(seen, "shape::squeeze", f.squeeze(0));
    at_fault!(seen, "shape::unsqueeze", f.unsqueeze(9));
    at_fault!(seen, "shape::expand", f.expand([4, 3]));
    at_fault!(seen, "shape::permute", f.permute([0]));
    at_fault!(seen, "shape::swapaxes", f.swapaxes(0, 2));
    at_fault!(seen, "shape::t", scalar.t());
    at_fault!(seen, "shape::moveaxis", f.moveaxis(0, 2));
    at_fault!(seen, "read::i", f.i((0, 3)));
    at_fault!(seen, "read::take", f.take(f, 0));
    at_fault!(seen, "read::take_along_axis", f.take_along_axis(f, 0));
    at_fault!(seen, "items::stepped", stepped(.., 0));
    at_fault!(seen, "update::At::get", f.at((0, 3)).get());
    at_fault!(seen, "update::At::set", f.at(0).set(square));
    at_fault!(seen, "update::At::add", f.at(0).add(square));
    at_fault!(seen, "update::At::mul", f.at(0).mul(square));
    at_fault!(seen, "update::At::min", f.at(0).min(square));
    at_fault!(seen, "update::At::max", f.at(0).max(square));

    super::numpy::faults(&mut seen);
    super::complex::faults(&mut seen);
    super::signals::faults(&mut seen);
    let public = public_functions(concat!(env!("CARGO_MANIFEST_DIR"), "/src/array_fns"), &["index/plan.rs", "special", "stats"]);
    seen.finish(&public, &[NEVER, super::numpy::NEVER, super::complex::NEVER, super::signals::NEVER].concat());
}

/// The primitives only apply themselves.
#[test]
fn primitives_hand_the_users_line_on() {
    let without = without_caller(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tensor/lax.rs"));
    assert_eq!(without, [] as [String; 0]);
    let (line, wrong) = (line!() + 1, &Tensor::scalar(1));
    let (_, place) = panic_of(|| drop(rune_trace::lax::exp(wrong))).unwrap();
    assert_eq!(place, format!("{}:{line}", file!()));
}
