//! Special functions by name. Functions of distributions have names with a dot.

use rune_trace::{Tensor, special};

/// Applies the special function with this name. If a function has two results, they are stacked.
pub fn apply(name: &str, xs: &[Tensor]) -> Tensor {
    if name.contains('.') {
        return super::stats::apply(name, xs);
    }
    let both = |(a, b): (Tensor, Tensor)| Tensor::stack(&[a, b], 0);
    match (name, xs) {
        ("gammaln", [x]) => special::gammaln(x),
        ("loggamma", [x]) => special::loggamma(x),
        ("digamma", [x]) => special::digamma(x),
        ("gamma", [x]) => special::gamma(x),
        ("gammasgn", [x]) => special::gammasgn(x),
        ("factorial", [x]) => special::factorial(x),
        ("comb", [n, k]) => special::comb(n, k),
        ("poch", [z, m]) => special::poch(z, m),
        ("beta", [a, b]) => special::beta(a, b),
        ("betaln", [a, b]) => special::betaln(a, b),
        ("multigammaln", [a]) => special::multigammaln(a, 3),
        ("polygamma", [n, x]) => special::polygamma(n, x),
        ("zeta", [x, q]) => special::zeta(x, q),
        ("gammainc", [a, x]) => special::gammainc(a, x),
        ("gammaincc", [a, x]) => special::gammaincc(a, x),
        ("igamma_grad_a", [a, x]) => special::igamma_grad_a(a, x),
        ("hyp1f1", [a, b, x]) => special::hyp1f1(a, b, x),
        ("hyp2f1", [a, b, c, x]) => special::hyp2f1(a, b, c, x),
        ("random_gamma_grad", [a, x]) => special::random_gamma_grad(a, x),
        ("betainc", [a, b, x]) => special::betainc(a, b, x),
        ("erfc", [x]) => special::erfc(x),
        ("erfcx", [x]) => special::erfcx(x),
        ("ndtr", [x]) => special::ndtr(x),
        ("log_ndtr", [x]) => special::log_ndtr(x),
        ("ndtri", [x]) => special::ndtri(x),
        ("i0", [x]) => special::i0(x),
        ("i0e", [x]) => special::i0e(x),
        ("i1", [x]) => special::i1(x),
        ("i1e", [x]) => special::i1e(x),
        ("bessel_jn", [x]) => special::bessel_jn(x, 3, 60),
        ("expi", [x]) => special::expi(x),
        ("exp1", [x]) => special::exp1(x),
        ("expn", [n, x]) => special::expn(n, x),
        ("xlogy", [x, y]) => special::xlogy(x, y),
        ("xlog1py", [x, y]) => special::xlog1py(x, y),
        ("entr", [x]) => special::entr(x),
        ("rel_entr", [x, y]) => special::rel_entr(x, y),
        ("kl_div", [x, y]) => special::kl_div(x, y),
        ("logit", [x]) => special::logit(x),
        ("expit", [x]) => special::expit(x),
        ("sinc", [x]) => special::sinc(x),
        ("spence", [x]) => special::spence(x),
        ("dawsn", [x]) => special::dawsn(x),
        ("sici", [x]) => both(special::sici(x)),
        ("fresnel", [x]) => both(special::fresnel(x)),
        ("owens_t", [h, a]) => special::owens_t(h, a),
        ("boxcox", [x, u]) => special::boxcox(x, u),
        ("boxcox1p", [x, u]) => special::boxcox1p(x, u),
        ("log1mexp", [x]) => x.log1mexp(),
        ("sparse_plus", [x]) => x.sparse_plus(),
        ("sparse_sigmoid", [x]) => x.sparse_sigmoid(),
        _ => panic!("no function {name} of {} arguments", xs.len()),
    }
}
