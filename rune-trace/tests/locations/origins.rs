//! Every instruction of a function has the line of the call as its origin, also in sub-programs.

use super::from_here;
use super::support::{Traced, public_functions};
use rune_trace::op::{CheckpointPolicy, Triangular, VmapMethod};
use rune_trace::random::{CategoricalOptions, ChoiceOptions, CovarianceRoot, Resolution};
use rune_trace::{
    Argnum, ConvOptions, ConvPadding, DType, DebugOptions, PadMode, PoolOptions, ScanOptions, Shape, Tensor,
    VmapOptions, all_gather, all_gather_tiled, all_to_all, all_to_all_tiled, associative_scan, associative_scan_axis,
    axis_index, checkpoint, checkpoint_name, checkpoint_with, complex, cond, custom_jvp, custom_linear_solve,
    custom_root, custom_tangent, custom_vjp, debug, debug_print, debug_to, einsum, fori_loop, grad, grad_argnums,
    grad_aux, grad_aux_argnums, grad_holomorphic, hessian, hessian_argnums, hessian_aux, hessian_aux_argnums, hvp,
    io_callback, jacfwd, jacfwd_argnums, jacfwd_aux, jacfwd_aux_argnums, jacfwd_holomorphic, jacrev, jacrev_argnums,
    jacrev_aux, jacrev_aux_argnums, jacrev_holomorphic, jvp, jvp_aux, linalg, linear_transpose, linearize, map,
    no_grad, pmax, pmean, pmin, ppermute, pshuffle, psum, psum_scatter, psum_scatter_tiled, pswapaxes, pure_callback,
    pure_callback_with, random, scan, scan_with, stepped, switch, value_and_grad, value_and_grad_argnums,
    value_and_grad_aux, value_and_grad_aux_argnums, value_and_grad_holomorphic, vjp, vjp_aux, vmap, vmap_axes,
    vmap_named, vmap_sized, vmap_with, where_, while_loop,
};

#[test]
#[rustfmt::skip]
fn operations_of_arrays_come_from_the_line_of_the_call() {
    let mut seen = Traced::default();
    let x = &Tensor::from([[0.5f32, 0.25, 0.125], [0.5, 0.75, 0.875]]);
    let (n, b) = (&Tensor::from([[1, 0, 1], [2, 1, 3]]), &Tensor::ones([2, 3], DType::Bool));
    let m = &Tensor::eye(3, DType::F32);
    let v = &Tensor::from([0.5f32, 0.25, 0.25]);
    let (image, key) = (&Tensor::ones([1, 2, 5, 5], DType::F32), &random::key(0));

    from_here!(seen, ["activations::relu", "activations::relu6", "activations::leaky_relu"], x, |x: &Tensor| x.relu() + x.relu6() + x.leaky_relu(0.1));
    from_here!(seen, ["activations::elu", "activations::celu", "activations::selu"], x, |x: &Tensor| x.elu(1.0) + x.celu(1.0) + x.selu());
    from_here!(seen, ["activations::softplus", "activations::gelu", "activations::gelu_exact", "activations::silu"], x, |x: &Tensor| x.softplus() + x.gelu() + x.gelu_exact() + x.silu());
    from_here!(seen, ["activations::mish", "activations::hard_sigmoid", "activations::hard_silu", "activations::hard_tanh"], x, |x: &Tensor| x.mish() + x.hard_sigmoid() + x.hard_silu() + x.hard_tanh());
    from_here!(seen, ["activations::soft_sign", "activations::squareplus", "activations::log_sigmoid"], x, |x: &Tensor| x.soft_sign() + x.squareplus(1.0) + x.log_sigmoid());
    from_here!(seen, ["activations::softmax", "activations::log_softmax", "activations::standardize"], x, |x: &Tensor| x.softmax(0) + x.log_softmax(1) + x.standardize(0, 0.1));
    from_here!(seen, ["activations::one_hot", "activations::glu", "activations::masked_fill"], n, |n: &Tensor| (n.one_hot(4, DType::F32).glu(-1), n.masked_fill(&n.gt(0), 1)));

    from_here!(seen, ["join::concat", "join::stack", "join::split", "join::chunk"], x, |x: &Tensor| (Tensor::concat(&[x, x], 0), Tensor::stack(&[x, x], 0), x.split(3, 1), x.chunk(2, 1)));
    from_here!(seen, ["join::unstack", "join::repeat", "join::tile", "join::meshgrid"], x, |x: &Tensor| (x.unstack(0), x.repeat(2, 1), x.tile(&[2, 2]), Tensor::meshgrid(&[x.i(0), x.i(1)])));

    from_here!(seen, ["creation::full", "creation::zeros", "creation::ones", "creation::full_like", "creation::zeros_like", "creation::ones_like"], x, |x: &Tensor| (Tensor::full([2], 3.0, DType::F32), Tensor::zeros([2], DType::F32), Tensor::ones([2], DType::F32), x.full_like(2.0), x.zeros_like(), x.ones_like()));
    from_here!(seen, ["creation::iota", "creation::arange", "creation::arange_step", "creation::linspace", "creation::eye"], x, |x: &Tensor| (x + Tensor::iota([2, 3], 0, DType::F32), Tensor::arange(0..3, DType::F32), Tensor::arange_step(0..9, 2, DType::F32), Tensor::linspace(0.0, 1.0, 5, DType::F32), Tensor::eye(3, DType::F32)));

    from_here!(seen, ["order::cumsum", "order::cumprod", "order::cummax", "order::cummin", "order::cumlogsumexp"], x, |x: &Tensor| x.cumsum(0) + x.cumprod(0) + x.cummax(0) + x.cummin(0) + x.cumlogsumexp(0));
    from_here!(seen, ["order::sort", "order::sort_descending", "order::argsort", "order::argsort_descending", "order::top_k"], x, |x: &Tensor| (x.sort(0), x.sort_descending(0), x.argsort(1), x.argsort_descending(1), x.top_k(2)));
    from_here!(seen, ["order::searchsorted", "order::median", "order::quantile"], x, |x: &Tensor| (x.flatten().searchsorted(x, false), x.median(0), x.quantile(0.3, 1)));

    from_here!(seen, ["continuous::uniform", "continuous::normal", "continuous::truncated_normal"], key, |k: &Tensor| (random::uniform(k, [3], DType::F32, 0.0, 2.0), random::normal(k, [3], DType::F32), random::truncated_normal(k, [3], DType::F32, 0.0, 1.0)));
    from_here!(seen, ["continuous::exponential", "continuous::gumbel", "continuous::laplace"], key, |k: &Tensor| (random::exponential(k, [3], DType::F32), random::gumbel(k, [3], DType::F32), random::laplace(k, [3], DType::F32)));
    from_here!(seen, ["discrete::bernoulli", "discrete::randint", "discrete::shuffle", "discrete::permutation"], key, |k: &Tensor| (random::bernoulli(k, 0.5, [3]), random::randint(k, [3], 0, 9, DType::I32), random::shuffle(k, n, 0), random::permutation(k, n, 0)));
    from_here!(seen, ["discrete::categorical", "discrete::choice"], key, |k: &Tensor| (random::categorical(k, x, 0), random::choice(k, x, 2, true), random::choice(k, x, 2, false)));
    let drawn = |replace: bool, p: Option<Tensor>| ChoiceOptions { replace, p, axis: 0, resolution: Resolution::Highest };
    let classes = |replace: bool, shape: Shape| CategoricalOptions { axis: 0, shape: Some(shape), replace, resolution: Resolution::Highest };
    let half = Some(Tensor::from([0.5f32, 0.5]));
    from_here!(seen, ["discrete::choice_with"], key, |k: &Tensor| vec![random::choice_with(k, x, [2], &drawn(true, half.clone())), random::choice_with(k, x, [2], &drawn(false, half.clone())), random::choice_with(k, x, [2], &drawn(false, None)), random::choice_with(k, x, [2], &drawn(true, None))]);
    from_here!(seen, ["discrete::categorical_with"], key, |k: &Tensor| vec![random::categorical_with(k, x, &classes(true, [5, 3].into())), random::categorical_with(k, x, &classes(false, [2, 3].into()))]);
    from_here!(seen, ["discrete::bernoulli_with", "continuous::gumbel_with"], key, |k: &Tensor| (random::bernoulli_with(k, 0.5, [3], Resolution::High), random::gumbel_with(k, [3], DType::F32, Resolution::High), random::gumbel_with(k, [3], DType::F32, Resolution::Highest)));
    from_here!(seen, ["more::multivariate_normal_with"], key, |k: &Tensor| [CovarianceRoot::Eigh, CovarianceRoot::Svd].map(|root| random::multivariate_normal_with(k, v, m, [2], DType::F32, root)));
    from_here!(seen, ["keys::key", "keys::split", "keys::split_into", "keys::fold_in", "keys::bits"], key, |k: &Tensor| (random::split(k, 2), random::split_into::<2>(&random::key(7)), random::fold_in(k, 3), random::bits(k, [3], DType::U8)));

    from_here!(seen, ["gamma::gamma", "gamma::loggamma", "gamma::beta"], key, |k: &Tensor| vec![random::gamma(k, 0.5, [2], DType::F32), random::loggamma(k, 0.5, [2], DType::F32), random::beta(k, 0.5, 0.25, [2], DType::F32)]);
    from_here!(seen, ["gamma::dirichlet", "gamma::chisquare", "gamma::f"], key, |k: &Tensor| vec![random::dirichlet(k, v, [2], DType::F32), random::chisquare(k, 0.5, [2], DType::F32), random::f(k, 0.5, 0.25, [2], DType::F32)]);
    from_here!(seen, ["gamma::t", "gamma::generalized_normal", "gamma::ball"], key, |k: &Tensor| vec![random::t(k, 0.5, [2], DType::F32), random::generalized_normal(k, 0.5, [2], DType::F32), random::ball(k, 3, 2.0, [2], DType::F32)]);
    from_here!(seen, ["counts::rademacher", "counts::poisson", "counts::geometric"], key, |k: &Tensor| vec![random::rademacher(k, [2], DType::F32), random::poisson(k, 0.5, [2], DType::I32), random::geometric(k, 0.5, [2], DType::I32)]);
    from_here!(seen, ["counts::binomial", "counts::multinomial", "counts::multinomial_with"], key, |k: &Tensor| vec![random::binomial(k, 0.5, 0.25, [2], DType::F32), random::multinomial(k, 9.0, v), random::multinomial_with(k, 9.0, v, [3])]);
    from_here!(seen, ["more::cauchy", "more::logistic", "more::lognormal"], key, |k: &Tensor| vec![random::cauchy(k, [2], DType::F32), random::logistic(k, [2], DType::F32), random::lognormal(k, 0.5, [2], DType::F32)]);
    from_here!(seen, ["more::pareto", "more::rayleigh", "more::maxwell"], key, |k: &Tensor| vec![random::pareto(k, 0.5, [2], DType::F32), random::rayleigh(k, 0.5, [2], DType::F32), random::maxwell(k, [2], DType::F32)]);
    from_here!(seen, ["more::double_sided_maxwell", "more::triangular", "more::wald"], key, |k: &Tensor| vec![random::double_sided_maxwell(k, 0.5, 0.25, [2], DType::F32), random::triangular(k, 0.5, 0.25, 2.0, [2], DType::F32), random::wald(k, 0.5, [2], DType::F32)]);
    from_here!(seen, ["more::weibull_min", "more::multivariate_normal", "more::orthogonal"], key, |k: &Tensor| vec![random::weibull_min(k, 0.5, 0.25, [2], DType::F32), random::multivariate_normal(k, v, m, [2], DType::F32), random::orthogonal(k, 3, 3, [2], DType::F32)]);

    from_here!(seen, ["reductions::all", "reductions::all_axes", "reductions::all_keepdims", "reductions::any", "reductions::any_axes", "reductions::any_keepdims"], b, |b: &Tensor| (b.all(), b.all_axes(0), b.all_keepdims(0), b.any(), b.any_axes(0), b.any_keepdims(0)));
    from_here!(seen, ["reductions::sum", "reductions::sum_axes", "reductions::sum_keepdims", "reductions::prod", "reductions::prod_axes", "reductions::prod_keepdims"], x, |x: &Tensor| (x.sum(), x.sum_axes(0), x.sum_keepdims(0), x.prod(), x.prod_axes(0), x.prod_keepdims(0)));
    from_here!(seen, ["reductions::max", "reductions::max_axes", "reductions::max_keepdims", "reductions::min", "reductions::min_axes", "reductions::min_keepdims"], x, |x: &Tensor| (x.max(), x.max_axes(0), x.max_keepdims(0), x.min(), x.min_axes(0), x.min_keepdims(0)));
    from_here!(seen, ["reductions::mean", "reductions::mean_axes", "reductions::mean_keepdims", "reductions::var", "reductions::var_axes", "reductions::var_keepdims", "reductions::var_with"], x, |x: &Tensor| (x.mean(), x.mean_axes(0), x.mean_keepdims(0), x.var(), x.var_axes(0), x.var_keepdims(0), x.var_with(0, 1, true)));
    from_here!(seen, ["reductions::std", "reductions::std_axes", "reductions::std_keepdims", "reductions::std_with"], x, |x: &Tensor| (x.std(), x.std_axes(0), x.std_keepdims(0), x.std_with(0, 1, true)));
    from_here!(seen, ["reductions::logsumexp", "reductions::logsumexp_axes", "reductions::logsumexp_keepdims", "reductions::norm", "reductions::norm_axes", "reductions::norm_keepdims"], x, |x: &Tensor| (x.logsumexp(), x.logsumexp_axes(0), x.logsumexp_keepdims(0), x.norm(), x.norm_axes(0), x.norm_keepdims(0)));
    from_here!(seen, ["reductions::argmax", "reductions::argmax_axis", "reductions::argmax_keepdims", "reductions::argmin", "reductions::argmin_axis", "reductions::argmin_keepdims"], x, |x: &Tensor| (x.argmax(), x.argmax_axis(0), x.argmax_keepdims(0), x.argmin(), x.argmin_axis(0), x.argmin_keepdims(0)));

    from_here!(seen, ["pool::max_pool", "pool::min_pool", "pool::avg_pool"], image, |x: &Tensor| (x.max_pool(2, &PoolOptions::new()), x.min_pool(2, &PoolOptions::new()), x.avg_pool(2, &PoolOptions::new().padding(ConvPadding::Same).count_padding(false))));
    from_here!(seen, ["rearrange::pad", "rearrange::pad_with", "rearrange::flip", "rearrange::roll"], x, |x: &Tensor| (x.pad(&[(1, 1), (0, 0)], 0), x.pad_with(&[(1, 1), (1, 1)], PadMode::Reflect), x.pad_with(&[(1, 1), (1, 1)], PadMode::Edge), x.flip(0), x.roll(1, 1)));
    from_here!(seen, ["rearrange::tril", "rearrange::triu", "rearrange::diagonal", "rearrange::diag", "rearrange::trace"], x, |x: &Tensor| (x.tril(0), x.triu(0), x.diagonal(0, 0, 1), x.i(0).diag(1), x.diag(0), x.trace()));

    from_here!(seen, ["cholesky::cholesky", "cholesky::cho_solve"], m, |m: &Tensor| (linalg::cholesky(m), linalg::cho_solve(m, m)));
    from_here!(seen, ["determinant::slogdet", "determinant::det"], m, |m: &Tensor| (linalg::slogdet(m), linalg::det(m), linalg::det(&m.pad(&[(0, 1), (0, 1)], 1.0))));
    from_here!(seen, ["determinant::det"], m, grad(|m: &Tensor| linalg::slogdet(m).1 + linalg::det(&m.pad(&[(0, 1), (0, 1)], 1.0))));
    from_here!(seen, ["factors::lu", "factors::qr", "factors::qr_full", "factors::eigh", "factors::eigvalsh"], m, |m: &Tensor| (linalg::lu(m), linalg::qr(m), linalg::qr_full(m), linalg::eigh(m), linalg::eigvalsh(m)));
    from_here!(seen, ["factors::svd", "factors::svd_full", "factors::svdvals"], m, |m: &Tensor| (linalg::svd(m), linalg::svd_full(m), linalg::svdvals(m)));
    from_here!(seen, ["inverse::pinv", "inverse::matrix_rank", "inverse::lstsq"], m, |m: &Tensor| { let l = linalg::lstsq(m, m, None); (linalg::pinv(m, None), linalg::matrix_rank(m, None), l.solution, l.residuals, l.rank) });
    from_here!(seen, ["inverse::pinv"], m, grad(|m: &Tensor| linalg::pinv(m, None).sum()));
    from_here!(seen, ["norms::norm", "norms::vector_norm", "norms::matrix_norm", "norms::cond"], m, |m: &Tensor| (linalg::norm(m), linalg::vector_norm(m, 3.0, 0), linalg::matrix_norm(m, linalg::MatrixOrd::One), linalg::matrix_norm(m, linalg::MatrixOrd::Nuclear), linalg::cond(m, linalg::MatrixOrd::Two), linalg::cond(m, linalg::MatrixOrd::One)));
    from_here!(seen, ["products::matrix_power", "products::multi_dot", "products::cross", "products::kron"], m, |m: &Tensor| (linalg::matrix_power(m, 3), linalg::matrix_power(m, -2), linalg::multi_dot(&[m, m, m]), linalg::cross(m, m, 0), linalg::kron(m, m)));
    from_here!(seen, ["solve::triangular_solve", "solve::solve", "solve::inv"], m, |m: &Tensor| (linalg::triangular_solve(m, m, Triangular::default()), linalg::solve(m, m), linalg::inv(m)));
    from_here!(seen, ["cholesky::cho_factor", "determinant::adjugate", "solve::solve_triangular"], m, |m: &Tensor| (linalg::cho_factor(m), linalg::adjugate(m), linalg::solve_triangular(m, m, true)));
    from_here!(seen, ["determinant::adjugate"], m, grad(|m: &Tensor| linalg::adjugate(m).sum()));
    from_here!(seen, ["exponential::expm", "exponential::expm_frechet"], m, |m: &Tensor| (linalg::expm(m), linalg::expm_frechet(m, m)));
    from_here!(seen, ["functions::sqrtm", "functions::solve_sylvester", "functions::polar"], m, |m: &Tensor| (linalg::sqrtm(m), linalg::solve_sylvester(m, m, m), linalg::polar(m)));
    from_here!(seen, ["logarithm::logm"], m, |m: &Tensor| (linalg::logm(m), linalg::logm(&m.cast(DType::C64))));
    from_here!(seen, ["logarithm::logm"], m, grad(|m: &Tensor| linalg::logm(m).sum()));
    from_here!(seen, ["functions::polar", "functions::sqrtm", "exponential::expm"], m, grad(|m: &Tensor| linalg::polar(m).0.sum() + linalg::sqrtm(m).sum() + linalg::expm(m).sum()));
    from_here!(seen, ["spectral::eig", "spectral::eigvals", "spectral::schur"], m, |m: &Tensor| (linalg::eig(m), linalg::eigvals(m), linalg::schur(m)));
    from_here!(seen, ["spectral::eig_left", "householder::qr_pivoted", "householder::qr_pivoted_full"], m, |m: &Tensor| (linalg::eig_left(m), linalg::qr_pivoted(m), linalg::qr_pivoted_full(m)));
    from_here!(seen, ["spectral::rsf2csf", "spectral::funm"], m, |m: &Tensor| (linalg::rsf2csf(m, m), linalg::funm(m, |x| x.exp())));
    from_here!(seen, ["functions::sqrtm", "functions::polar", "norms::norm", "determinant::slogdet"], m, |m: &Tensor| { let z = &m.cast(DType::C64); (linalg::sqrtm(z), linalg::polar(z), linalg::norm(z), linalg::slogdet(z)) });
    from_here!(seen, ["reductions::max", "reductions::argmax", "operators::maximum", "operators::lt"], m, |m: &Tensor| { let z = &m.cast(DType::C64); (z.max_axes(0), z.argmax(), z.maximum(z), z.lt(z)) });
    from_here!(seen, ["functions::eigh_tridiagonal"], m, |m: &Tensor| linalg::eigh_tridiagonal(m, &m.i((.., 1..))));
    from_here!(seen, ["householder::geqrf", "householder::geqp3", "householder::householder_product", "householder::hessenberg", "householder::gehrd"], m, |m: &Tensor| (linalg::geqrf(m), linalg::geqp3(m), linalg::householder_product(m, &m.i((.., 0))), linalg::hessenberg(m), linalg::gehrd(m)));
    from_here!(seen, ["products::matrix_transpose", "products::outer", "products::vecdot", "products::tensorinv", "products::tensorsolve"], m, |m: &Tensor| (linalg::matrix_transpose(m), linalg::outer(&m.i(0), &m.i(1)), linalg::vecdot(m, m, 0), linalg::tensorinv(m, 1), linalg::tensorsolve(m, &m.i(0))));
    from_here!(seen, ["solve::lu_factor", "solve::lu_solve"], m, |m: &Tensor| { let f = linalg::lu_factor(m); (linalg::lu_solve(&f, m, false), linalg::lu_solve(&f, m, true)) });
    from_here!(seen, ["special::block_diag", "special::toeplitz", "special::hankel", "special::circulant"], m, |m: &Tensor| (linalg::block_diag(&[m, &m.i(0)]), linalg::toeplitz(&m.i(0), &m.i(1)), linalg::hankel(&m.i(0), &m.i(1)), linalg::circulant(&m.i(0))));
    from_here!(seen, ["special::companion", "special::fiedler", "special::leslie", "special::vander"], m, |m: &Tensor| (linalg::companion(&m.i(0)), linalg::fiedler(&m.i(0)), linalg::leslie(&m.i(0), &m.i((0, 1..))), linalg::vander(&m.i(0), 3, true)));
    from_here!(seen, ["constant::invhilbert", "constant::invpascal", "constant::dft"], m, |m: &Tensor| (linalg::invhilbert(2, m.dtype()), linalg::invpascal(3, linalg::PascalKind::Symmetric, m.dtype()), linalg::dft(2, rune_trace::fft::Norm::Ortho, DType::C64)));
    from_here!(seen, ["special::convolution_matrix", "special::fiedler_companion", "factors::qr_multiply"], m, |m: &Tensor| (linalg::convolution_matrix(&m.i(0), 3, rune_trace::signal::ConvolveMode::Same), linalg::fiedler_companion(&m.i(0)), linalg::qr_multiply(m, m, linalg::Side::Left)));
    from_here!(seen, ["constant::hilbert", "constant::hadamard", "constant::pascal", "constant::helmert"], m, |m: &Tensor| (linalg::hilbert(2, m.dtype()), linalg::hadamard(4, m.dtype()), linalg::pascal(3, linalg::PascalKind::Symmetric, m.dtype()), linalg::helmert(3, m.dtype())));
    from_here!(seen, ["tridiagonal::tridiagonal_solve", "tridiagonal::tridiagonal_lu", "tridiagonal::TridiagonalLu::solve"], m, |m: &Tensor| { let d = &m.i(0); (linalg::tridiagonal_solve(d, d, d, m), linalg::tridiagonal_lu(d, d, d).solve(m)) });

    from_here!(seen, ["matmul::matmul", "matmul::dot", "matmul::vdot", "matmul::outer", "matmul::tensordot"], x, |x: &Tensor| (x.matmul(x.t()), x.i(0).dot(x.i(1)), x.vdot(x), x.outer(x), x.tensordot(x, 0, 0), x.unsqueeze(0).unsqueeze(0).matmul(x.t().expand([4, -1, -1]))));
    from_here!(seen, ["broadcast::broadcast_to", "broadcast::broadcast_with"], x, |x: &Tensor| (x.broadcast_to([4, 2, 3]), x.broadcast_with(Tensor::ones([4, 1, 1], DType::F32))));

    from_here!(seen, ["elementwise::abs", "elementwise::neg", "elementwise::sign", "elementwise::floor", "elementwise::ceil", "elementwise::round", "elementwise::round_half_away"], x, |x: &Tensor| x.abs() + x.neg() + x.sign() + x.floor() + x.ceil() + x.round() + x.round_half_away());
    from_here!(seen, ["elementwise::exp", "elementwise::exp2", "elementwise::expm1", "elementwise::log", "elementwise::log1p", "elementwise::sqrt", "elementwise::rsqrt", "elementwise::cbrt"], x, |x: &Tensor| x.exp() + x.exp2() + x.expm1() + x.log() + x.log1p() + x.sqrt() + x.rsqrt() + x.cbrt());
    from_here!(seen, ["elementwise::sin", "elementwise::cos", "elementwise::tan", "elementwise::tanh", "elementwise::sigmoid", "elementwise::erf"], x, |x: &Tensor| x.sin() + x.cos() + x.tan() + x.tanh() + x.sigmoid() + x.erf());
    from_here!(seen, ["elementwise::isfinite", "elementwise::logical_not", "elementwise::isnan", "elementwise::isinf", "elementwise::isclose"], x, |x: &Tensor| x.isfinite() & x.isnan().logical_not() & x.isinf() & x.isclose(1.0, 0.1, 0.1));
    from_here!(seen, ["elementwise::reciprocal", "elementwise::square", "elementwise::powi", "elementwise::log2", "elementwise::log10"], x, |x: &Tensor| x.reciprocal() + x.square() + x.powi(3) + x.log2() + x.log10());
    from_here!(seen, ["elementwise::sinh", "elementwise::cosh", "elementwise::asin", "elementwise::acos", "elementwise::atan", "elementwise::asinh", "elementwise::acosh", "elementwise::atanh"], x, |x: &Tensor| x.sinh() + x.cosh() + x.asin() + x.acos() + x.atan() + x.asinh() + x.acosh() + x.atanh());
    from_here!(seen, ["elementwise::nan_to_num", "elementwise::clamp", "elementwise::hypot", "elementwise::lerp", "elementwise::logaddexp", "elementwise::floor_divide", "elementwise::remainder"], x, |x: &Tensor| x.nan_to_num() + x.clamp(0, 1) + x.hypot(x) + x.lerp(2.0, x) + x.logaddexp(x) + x.floor_divide(2.0) + x.remainder(2.0));
    from_here!(seen, ["elementwise::erf_inv", "elementwise::cast", "elementwise::bitcast", "elementwise::stop_gradient", "elementwise::detach", "elementwise::where_"], x, |x: &Tensor| (x.erf_inv(), x.cast(DType::F64).erf_inv(), x.bitcast(DType::U32), x.stop_gradient(), x.detach(), where_(x.gt(0), x, 0.0)));

    from_here!(seen, ["operators::add", "operators::sub", "operators::mul", "operators::div", "operators::rem", "operators::pow", "operators::maximum", "operators::minimum", "operators::atan2"], x, |x: &Tensor| x.add(1.0).sub(x).mul(x).div(x).rem(x).pow(x).maximum(x).minimum(x).atan2(x) + (1.0 - (-(x * 2.0) + x / x % 3.0)));
    from_here!(seen, ["operators::add", "operators::sub"], x, |x: &Tensor| { let mut y = x.clone(); y += 1.0; y -= x; y });
    from_here!(seen, ["operators::bitand", "operators::bitor", "operators::bitxor", "operators::shift_left", "operators::shift_right"], n, |n: &Tensor| n.bitand(n).bitor(n).bitxor(n).shift_left(1).shift_right(1) + (!n & 3 | 1 ^ n));
    from_here!(seen, ["operators::eq", "operators::ne", "operators::lt", "operators::le", "operators::gt", "operators::ge"], x, |x: &Tensor| x.eq(1) & x.ne(1) & x.lt(1) & x.le(1) & x.gt(1) & x.ge(1));

    from_here!(seen, ["collectives::psum", "collectives::pmean", "collectives::pmax", "collectives::pmin"], x, |x: &Tensor| vmap_named("i", |x: &Tensor| psum(x, "i") + pmean(x, "i") + pmax(x, "i") + pmin(x, "i"))(x));
    from_here!(seen, ["collectives::axis_index", "collectives::axis_size", "collectives::all_gather", "collectives::all_gather_tiled"], x, |x: &Tensor| vmap_named("i", |x: &Tensor| (axis_index("i"), all_gather(x, "i", 0), all_gather_tiled(x, "i", 0), x * rune_trace::axis_size("i") as f64))(x));
    from_here!(seen, ["collectives::ppermute", "collectives::pshuffle", "collectives::psum_scatter", "collectives::psum_scatter_tiled"], m, |m: &Tensor| vmap_named("i", |x: &Tensor| (ppermute(x, "i", &[(0, 1)]), pshuffle(x, "i", &[1, 0, 2]), psum_scatter(x, "i", 0), psum_scatter_tiled(x, "i", 0)))(m));
    from_here!(seen, ["collectives::all_to_all", "collectives::all_to_all_tiled", "collectives::pswapaxes"], m, |m: &Tensor| vmap_named("i", |x: &Tensor| (all_to_all(x, "i", 0, 0), all_to_all_tiled(x, "i", 0, 0), pswapaxes(x, "i", 0)))(m));

    from_here!(seen, ["einsum::einsum"], x, |x: &Tensor| einsum("ij,kj,il->kl", &[x, x, x]) + einsum("ii->", &[&x.i((.., ..2))]) + einsum("i...,j...->...", &[x, x]).sum());
    from_here!(seen, ["conv::conv", "conv::conv_transpose"], image, |x: &Tensor| (x.conv(&Tensor::ones([4, 1, 2, 2], DType::F32), &ConvOptions::new().groups(2)), x.conv_transpose(&Tensor::ones([3, 2, 2, 2], DType::F32), &ConvOptions::new().padding(ConvPadding::Same).strides(2))));
    from_here!(seen, ["shape::reshape", "shape::flatten", "shape::flatten_axes", "shape::squeeze", "shape::unsqueeze", "shape::expand"], x, |x: &Tensor| (x.reshape([3, -1]), x.flatten(), x.unsqueeze(0).flatten_axes(0, 1), x.unsqueeze(0).squeeze(0), x.unsqueeze(0).expand([4, -1, -1])));
    from_here!(seen, ["shape::permute", "shape::swapaxes", "shape::t", "shape::transpose", "shape::moveaxis", "shape::at_least_rank"], x, |x: &Tensor| (x.permute([1, 0]), x.swapaxes(0, 1), x.t(), x.transpose(), x.moveaxis(0, 1), x.at_least_rank(3)));
    from_here!(seen, ["read::i", "items::stepped"], x, |x: &Tensor| (x.i((stepped(.., -2), 1..)), x.i(([1, 0], [-1, 1])), x.i((.., Tensor::from([0, 1]))), x.i((x.argmax().clamp(0, 1), 0))));
    from_here!(seen, ["read::take", "read::take_along_axis"], x, |x: &Tensor| (x.take(&Tensor::from([[0]]), 1), x.take_along_axis(&x.argsort(1), 1)));
    from_here!(seen, ["update::at", "update::At::set", "update::At::add", "update::At::mul", "update::At::min", "update::At::max", "update::At::get"], x, |x: &Tensor| (x.at((stepped(.., 2), 1)).set(2.0), x.at((.., 1..)).add(1.0), x.at([0, 0]).mul(x), x.at([0, 0]).max(x), x.at(0).min(1.0), x.at(0).get()));

    super::numpy::origins(&mut seen);
    super::complex::origins(&mut seen);
    super::signals::origins(&mut seen);
    let public = public_functions(concat!(env!("CARGO_MANIFEST_DIR"), "/src/array_fns"), &["index/plan.rs", "special", "stats"]);
    let none = [
        // Known arrays.
        "creation::scalar", "creation::from_slice", "creation::from_vec", "ndarray::to_ndarray",
        // Settings.
        "conv::ConvOptions::new", "conv::ConvOptions::strides", "conv::ConvOptions::padding", "conv::ConvOptions::dilations", "conv::ConvOptions::groups", "conv::ConvOptions::layout",
        "filters::Gaussian::new", "filters::Gaussian::order", "filters::Gaussian::radius", "filters::Gaussian::truncate", "ragged::RaggedDotDims::check",
        "pool::PoolOptions::new", "pool::PoolOptions::strides", "pool::PoolOptions::padding", "pool::PoolOptions::dilations", "pool::PoolOptions::layout", "pool::PoolOptions::count_padding",
    ];
    seen.finish(&public, &[none.as_slice(), super::numpy::NO_OPERATIONS, super::complex::NO_OPERATIONS, super::signals::NO_OPERATIONS].concat());
}

#[test]
#[rustfmt::skip]
fn operations_of_transformed_functions_come_from_the_line_of_the_call() {
    let mut seen = Traced::default();
    let (x, s) = (&Tensor::full([3], 0.5, DType::F32), &Tensor::scalar(0.5f32));
    let first = Argnum::<0>;
    let nothing = CheckpointPolicy::NothingSaveable;

    from_here!(seen, ["grad::grad"], x, grad(|x: &Tensor| (x.sin() * x).sum()));
    from_here!(seen, ["grad::grad"], x, grad(|x: &Tensor| scan(|c: &Tensor, x: &Tensor| (c * x, c.sin()), &x.i(0), x).1.sum()));
    from_here!(seen, ["grad::value_and_grad"], x, value_and_grad(|x: &Tensor| (x.sin() * x).sum()));
    let z = &complex(x, 1.0);
    from_here!(seen, ["grad::grad_holomorphic"], z, grad_holomorphic(|z: &Tensor| (z.sin() * z).sum()));
    from_here!(seen, ["grad::value_and_grad_holomorphic"], z, value_and_grad_holomorphic(|z: &Tensor| (z.sin() * z).sum()));
    from_here!(seen, ["jacobian::jacfwd_holomorphic"], z, jacfwd_holomorphic(|z: &Tensor| z.sin() * z));
    from_here!(seen, ["jacobian::jacrev_holomorphic"], z, jacrev_holomorphic(|z: &Tensor| z.sin() * z));
    from_here!(seen, ["grad::grad_aux"], x, grad_aux(|x: &Tensor| (x.sin().sum(), x.cos())));
    from_here!(seen, ["grad::value_and_grad_aux"], x, value_and_grad_aux(|x: &Tensor| (x.sin().sum(), x.cos())));
    from_here!(seen, ["grad::grad_argnums"], x, |x: &Tensor| grad_argnums(first, |x: &Tensor| x.sin().sum())(x));
    from_here!(seen, ["grad::grad_aux_argnums"], x, |x: &Tensor| grad_aux_argnums(first, |x: &Tensor| (x.sin().sum(), x.cos()))(x));
    from_here!(seen, ["grad::value_and_grad_argnums"], x, |x: &Tensor| value_and_grad_argnums(first, |x: &Tensor| x.sin().sum())(x));
    from_here!(seen, ["grad::value_and_grad_aux_argnums"], x, |x: &Tensor| value_and_grad_aux_argnums(first, |x: &Tensor| (x.sin().sum(), x.cos()))(x));
    from_here!(seen, ["jacobian::jacfwd"], x, jacfwd(|x: &Tensor| x.sin() * x));
    from_here!(seen, ["jacobian::jacfwd_aux"], x, jacfwd_aux(|x: &Tensor| (x.sin(), x.cos())));
    from_here!(seen, ["jacobian::jacfwd_argnums"], x, |x: &Tensor| jacfwd_argnums(first, |x: &Tensor| x.sin())(x));
    from_here!(seen, ["jacobian::jacfwd_aux_argnums"], x, |x: &Tensor| jacfwd_aux_argnums(first, |x: &Tensor| (x.sin(), x.cos()))(x));
    from_here!(seen, ["jacobian::jacrev"], x, jacrev(|x: &Tensor| x.sin() * x));
    from_here!(seen, ["jacobian::jacrev_aux"], x, jacrev_aux(|x: &Tensor| (x.sin(), x.cos())));
    from_here!(seen, ["jacobian::jacrev_argnums"], x, |x: &Tensor| jacrev_argnums(first, |x: &Tensor| x.sin())(x));
    from_here!(seen, ["jacobian::jacrev_aux_argnums"], x, |x: &Tensor| jacrev_aux_argnums(first, |x: &Tensor| (x.sin(), x.cos()))(x));
    from_here!(seen, ["hessian::hessian"], x, hessian(|x: &Tensor| (x.sin() * x).sum()));
    from_here!(seen, ["hessian::hessian_aux"], x, hessian_aux(|x: &Tensor| (x.sin().sum(), x.cos())));
    from_here!(seen, ["hessian::hessian_argnums"], x, |x: &Tensor| hessian_argnums(first, |x: &Tensor| x.sin().sum())(x));
    from_here!(seen, ["hessian::hessian_aux_argnums"], x, |x: &Tensor| hessian_aux_argnums(first, |x: &Tensor| (x.sin().sum(), x.cos()))(x));
    from_here!(seen, ["jvp::jvp"], x, |x: &Tensor| jvp(|x: &Tensor| x.sin() * x, x, x));
    from_here!(seen, ["jvp::jvp_aux"], x, |x: &Tensor| jvp_aux(|x: &Tensor| (x.sin(), x.cos()), x, x));
    from_here!(seen, ["jvp::hvp"], x, |x: &Tensor| hvp(|x: &Tensor| (x.sin() * x).sum(), x, x));
    from_here!(seen, ["linearize::linearize", "linearize::Linearized::call", "linearize::Linearized::transpose"], x, |x: &Tensor| { let (y, l) = linearize(|x: &Tensor| x.sin() * x, x); (y, l.call(x), l.transpose(x)) });
    from_here!(seen, ["linearize::vjp"], x, |x: &Tensor| { let (y, pull_back) = vjp(|x: &Tensor| x.sin() * x, x); (y, pull_back(x)) });
    from_here!(seen, ["linearize::vjp_aux"], x, |x: &Tensor| { let (y, pull_back, aux) = vjp_aux(|x: &Tensor| (x.sin() * x, x.cos()), x); (y, pull_back(x), aux) });
    from_here!(seen, ["linearize::linear_transpose"], x, |x: &Tensor| linear_transpose(|y: &Tensor| y * x + y.sum(), x, x));
    from_here!(seen, ["constant::no_grad"], x, |x: &Tensor| no_grad(|| x.sin()));
    from_here!(seen, ["custom_jvp::custom_jvp"], x, grad(|x: &Tensor| custom_jvp(|x: &Tensor| x.sin(), |(x,), (dx,)| (x.sin(), dx * x.cos()))(x).sum()));
    from_here!(seen, ["custom_jvp::custom_tangent"], x, grad(|x: &Tensor| custom_tangent(|x: &Tensor| x.sin(), |(x,), _, (dx,)| dx * x.cos())(x).sum()));
    from_here!(seen, ["custom_vjp::custom_vjp"], x, grad(|x: &Tensor| custom_vjp(|x: &Tensor| x.sin(), |x: &Tensor| (x.sin(), x.cos()), |c: &Tensor, ct: &Tensor| ct * c)(x).sum()));
    from_here!(seen, ["implicit::custom_root"], x, grad(|x: &Tensor| custom_root(|y: &Tensor, x: &Tensor| y * x, x, x, |f: &rune_trace::TensorFn<'_>, x: &Tensor| f(x), |f: &rune_trace::TensorFn<'_>, y: &Tensor| f(y)).sum()));
    from_here!(seen, ["implicit::custom_linear_solve"], x, grad(|x: &Tensor| custom_linear_solve(|x: &Tensor, y: &Tensor| y * x, x, x, |f: &rune_trace::TensorFn<'_>, x: &Tensor| f(x), |f: &rune_trace::TensorFn<'_>, y: &Tensor| f(y)).sum()));
    from_here!(seen, ["checkpoint::checkpoint"], x, grad(|x: &Tensor| checkpoint(|x: &Tensor| x.sin().exp())(x).sum()));
    from_here!(seen, ["checkpoint::checkpoint_with", "checkpoint::checkpoint_name"], x, grad(|x: &Tensor| checkpoint_with(nothing.clone(), |x: &Tensor| checkpoint_name(&x.sin(), "sin").exp())(x).sum()));

    from_here!(seen, ["branches::cond"], x, |x: &Tensor| cond(&x.sum(), || x.sin(), || x * 2.0));
    from_here!(seen, ["branches::switch"], x, |x: &Tensor| switch(&x.argmax(), &[&|| x.sin(), &|| x * 2.0]));
    from_here!(seen, ["loops::while_loop"], x, |x: &Tensor| while_loop(|x: &Tensor| x.sum().lt(10.0), |x| x * 2.0 + 1.0, x));
    from_here!(seen, ["loops::fori_loop"], x, |x: &Tensor| fori_loop(1, 4, |i, x: &Tensor| x * 2.0 + i.cast(DType::F32), x));
    from_here!(seen, ["loops::fori_loop"], x, |x: &Tensor| fori_loop(0, x.argmax(), |i, x: &Tensor| x * 2.0 + i.cast(DType::F32), x));
    from_here!(seen, ["scan::scan"], x, |x: &Tensor| scan(|c: &Tensor, x: &Tensor| (c + x, c.sin()), &x.sum(), x));
    from_here!(seen, ["scan::scan_with"], x, |x: &Tensor| scan_with(ScanOptions { length: Some(3), reverse: true, unroll: None }, |c: &Tensor, _: &()| (c * 2.0, ()), x, &()).0);
    from_here!(seen, ["scan::map"], x, |x: &Tensor| map(|x: &Tensor| x.sin(), x));
    from_here!(seen, ["associative::associative_scan"], x, |x: &Tensor| associative_scan(|x: &Tensor, y: &Tensor| x * y, x, true));
    from_here!(seen, ["associative::associative_scan_axis"], x, |x: &Tensor| associative_scan_axis(|x: &Tensor, y: &Tensor| x * y, x, false, -1));

    from_here!(seen, ["vmap::vmap"], x, vmap(|x: &Tensor| x.sin() * 2.0));
    from_here!(seen, ["vmap::vmap"], x, vmap(grad(|x: &Tensor| cond(&x.gt(1.0), || x.sin(), || x * x))));
    from_here!(seen, ["vmap::vmap_axes"], x, |x: &Tensor| vmap_axes((0, None), -1, |a: &Tensor, b: &Tensor| a * b)(x, x));
    from_here!(seen, ["vmap::vmap_sized"], x, |x: &Tensor| vmap_sized(3, None, 0, |x: &Tensor| x.sin())(x));
    from_here!(seen, ["vmap::vmap_named"], x, vmap_named("i", |x: &Tensor| psum(x, "i") * x));
    from_here!(seen, ["vmap::vmap_with"], x, |x: &Tensor| vmap_with(VmapOptions::new().out_axes(0), |x: &Tensor| x.sin())(x));

    from_here!(seen, ["debug::debug_to", "debug::DebugOptions::debug_to"], x, |x: &Tensor| DebugOptions::new().debug_to(debug_to(|x: &Tensor| x.sin() * x, std::io::sink()), std::io::sink())(x));
    from_here!(seen, ["debug::debug", "debug::DebugOptions::debug"], x, |x: &Tensor| DebugOptions::new().debug(debug(|x: &Tensor| x.sin() * x))(x));
    from_here!(seen, ["nans::debug_nans", "nans::debug_infs"], x, |x: &Tensor| (rune_trace::debug_nans(|x: &Tensor| x.sin())(x).unwrap(), rune_trace::debug_infs(|x: &Tensor| x.sin())(x).unwrap()));
    from_here!(seen, ["print::debug_print_parts"], x, |x: &Tensor| { debug_print!("{}", x * 2.0); x.sin() });
    from_here!(seen, ["callback::pure_callback"], x, |x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x));
    from_here!(seen, ["callback::pure_callback_with"], x, vmap(|x: &Tensor| pure_callback_with(VmapMethod::ExpandDims, |x: &Tensor| x.clone(), x.ty(), x)));
    from_here!(seen, ["callback::io_callback"], s, |x: &Tensor| { io_callback(|_: &Tensor| (), (), x); x.sin() });

    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/").to_owned();
    let mut public = public_functions(&format!("{root}autodiff"), &["custom.rs", "traced_function.rs", "residuals.rs"]);
    public.extend(public_functions(&format!("{root}control"), &["closure.rs"]));
    public.extend(public_functions(&format!("{root}debug"), &["printer.rs", "print_tests.rs", "options.rs"]));
    public.extend(public_functions(&format!("{root}vmap"), &["options.rs"]));
    let others = public_functions(&root, &[]);
    public.extend(others.into_iter().filter(|name| name.starts_with("callback::")));
    let none = [
        "checkpoint::dots_saveable", "checkpoint::dots_with_no_batch_dims_saveable", "checkpoint::everything_saveable",
        "checkpoint::nothing_saveable", "checkpoint::save_any_names_but_these", "checkpoint::save_anything_except_these_names",
        "checkpoint::save_from_both_policies", "checkpoint::save_only_these_names",
    ];
    seen.finish(&public, &none);
}
