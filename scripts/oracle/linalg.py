"""Writes linalg.jsonl and linalg_f32.jsonl of rune-trace: linear algebra, with the results and derivatives of JAX.

    .venv/bin/python scripts/vectors linalg      (needs jax 0.10.2)

Each line of JSON is one case. `fn` is the function, `in` the operands in two lanes, and `out` the results of the first
lane. Derivatives are those of the first lane: `vjp`, the cotangents of the operands for the cotangents `ct`; `jvp`, the
tangents of the results for the tangents `tangent`; and `jvp_vjp`, the tangents of `vjp`. `vmap` has the results of both
lanes. linalg_f32.jsonl has first derivatives of f32 and c64. Its results are JAX's of f64 and c128 at the same operands,
rounded, so the tolerance of the test is that of rune alone. Arrays are [dtype, shape, elements]; the elements of complex arrays alternate real and imaginary parts.
"""

import zlib

import jax
import jax.numpy as jnp
import jax.scipy.linalg as jsl
import numpy as np
from jax import lax
from jax._src.lax import linalg as lax_linalg

from . import common
from .common import TRACE_DATA, write_lines

la = jnp.linalg


def array(x):
    """Positions are i32 in rune, and 64-bit integers in JAX."""
    x = np.asarray(x)
    return common.array(x.astype(np.int32) if x.dtype == np.int64 else x)


def uniform(rng, shape, dtype):
    x = rng.uniform(-1.0, 1.0, shape)
    return x + 1j * rng.uniform(-1.0, 1.0, shape) if np.dtype(dtype).kind == "c" else x


def draws(name, shapes, dtype):
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    # Square matrices are well conditioned, so that derivatives do not magnify rounding errors.
    def one(shape):
        x = uniform(rng, (2, *shape), dtype)
        return x + 2.0 * np.eye(shape[-1]) * np.arange(1, shape[-1] + 1) if len(shape) > 1 and shape[-1] == shape[-2] else x

    return rng, [one(s) for s in shapes]


def adjoint(a):
    return jnp.conj(jnp.swapaxes(a, -1, -2))


def definite(a):
    return a @ adjoint(a) + jnp.eye(a.shape[-1])


def rebuilt(w, v):
    """Returns a matrix that does not depend on the signs of the eigenvectors."""
    return (v * jnp.exp(w / 4)[..., None, :]) @ adjoint(v)


def eig(a):
    return lax.linalg.eig(a, compute_left_eigenvectors=False, enable_eigvec_derivs=True)


def function(a, f):
    """Returns a function of a matrix, computed from its eigenvectors."""
    w, v = eig(a)
    return (v * f(w)[..., None, :]) @ la.inv(v)


# Its eigenvalues are 1 ± 2i and 4.
PAIRS = np.array([[1.0, -2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 4.0]])


def sizes(a):
    """Returns the magnitudes of eigenvectors, in the order of the eigenvalues, which are well separated."""
    w, v = eig(a / 8 + jnp.diag(jnp.arange(a.shape[-1])))
    return jnp.abs(jnp.take_along_axis(v, jnp.argsort(w)[..., None, :], -1))


def triangular(**how):
    return lambda a, b: jax.lax.linalg.triangular_solve(a, b, **how)


def singular(a):
    """Returns a matrix of rank n - 1: the last row is the sum of the others."""
    return jnp.concatenate([a[..., :-1, :], jnp.sum(a[..., :-1, :], -2, keepdims=True)], -2)


def sylvester(a, b, q):
    eye = lambda x: jnp.eye(x.shape[-1])
    return la.solve(jnp.kron(a, eye(b)) + jnp.kron(eye(a), b.T), q.ravel()).reshape(q.shape)


def tridiagonal(l, d, u, b):
    """Solves a dense system, which has all derivatives. The elimination needs row exchanges."""
    return la.solve(jnp.diag(d / 10) + jnp.diag(l[1:], -1) + jnp.diag(u[:-1], 1), b)


def householder(a):
    """`geqrf` step by step, so that it has derivatives."""
    m, n = a.shape
    taus = []
    for j in range(min(m, n)):
        if j == m - 1 and not jnp.iscomplexobj(a):
            # Nothing is left to eliminate.
            taus.append(0 * a[j, j])
            continue
        below = jnp.where(jnp.arange(m) > j, a[:, j], 0.0)
        square = lambda x: jnp.real(x) ** 2 + jnp.imag(x) ** 2
        beta = -jnp.sign(jnp.real(a[j, j])) * jnp.sqrt(square(a[j, j]) + jnp.sum(square(below)))
        v = below / (a[j, j] - beta) + (jnp.arange(m) == j)
        tau = (beta - a[j, j]) / beta
        moved = a - jnp.conj(tau) * jnp.outer(v, jnp.conj(v) @ a)
        a = jnp.where(jnp.arange(n) > j, moved, a).at[:, j].set(jnp.where(jnp.arange(m) > j, v, a[:, j]).at[j].set(beta))
        taus.append(tau)
    return a, jnp.stack(taus)


def pivoted(**how):
    """Returns QR with pivoting. The order of the columns is converted, so that the results have derivatives."""

    def f(a):
        wide = a.shape[0] < a.shape[1]
        q, r, p = jsl.qr(lax.stop_gradient(a) if wide else a, pivoting=True, **how)
        if wide:
            # JAX's own derivative of wide matrices is off: it takes the last columns of `a` without exchanging them.
            q, r = (x + y - lax.stop_gradient(y) for x, y in zip((q, r), jsl.qr(a[:, p], **how)))
        return q, r, p.astype(np.float64)

    return f


def geqp3(a):
    """LAPACK's results, with the derivatives of `householder`."""
    h, order, taus = lax_linalg.geqp3(lax.stop_gradient(a), jnp.zeros(a.shape[1], np.int32))
    steps = householder(a[:, order - 1])
    h, taus = (x + y - lax.stop_gradient(y) for x, y in zip((h, taus), steps))
    return h, (order - 1).astype(np.float64), taus


def left_sizes(a):
    """Returns the magnitudes of LAPACK's left eigenvectors, in the order of the eigenvalues. The derivatives are those of the inverse."""
    a = a / 8 + jnp.diag(jnp.arange(a.shape[-1]))
    sort = lambda w, v: jnp.abs(jnp.take_along_axis(v, jnp.argsort(w)[..., None, :], -1))  # noqa: E731
    w, left, _ = lax.linalg.eig(lax.stop_gradient(a), compute_left_eigenvectors=True)
    w2, right = eig(a)
    inverse = adjoint(la.inv(right))
    inverse = sort(w2, inverse / la.norm(inverse, axis=-2, keepdims=True))
    return sort(w, left) + inverse - lax.stop_gradient(inverse)


M3, M4, B3, V3 = (3, 3), (4, 4), (2, 3, 3), (3,)
CASES = [
    ("cholesky", [M3], lambda a: la.cholesky(definite(a))),
    ("cho_solve", [M3, V3], lambda a, b: jsl.cho_solve((la.cholesky(definite(a)), True), b)),
    ("triangular_solve", [M3, (3, 2)], triangular(left_side=True, lower=True)),
    ("triangular_solve_right", [M3, (2, 3)], triangular(left_side=False, lower=False, transpose_a=True)),
    ("solve", [M4, (4,)], la.solve),
    ("solve", [M3, (3, 5)], la.solve),
    ("solve", [B3, (3, 2)], la.solve),
    ("solve", [M3, (2, 3, 2)], la.solve),
    ("solve", [B3, V3], la.solve),
    ("inv", [M3], la.inv),
    ("inv", [B3], la.inv),
    *[("det", [s], la.det) for s in [(1, 1), (2, 2), M3, M4, (2, 4, 4)]],
    *[("slogdet", [s], lambda a: tuple(la.slogdet(a))) for s in [(2, 2), M4, B3]],
    ("lu", [(3, 4)], lambda a: jsl.lu(a)),
    ("lu", [(4, 3)], lambda a: jsl.lu(a)),
    ("qr", [(4, 3)], lambda a: tuple(la.qr(a))),
    ("qr", [(2, 4)], lambda a: tuple(la.qr(a))),
    ("qr_full", [(4, 2)], lambda a: tuple(la.qr(a, "complete"))),
    ("eigvalsh", [M4], la.eigvalsh),
    ("eigh", [M3], lambda a: rebuilt(*la.eigh(a))),
    ("eigh", [B3], lambda a: rebuilt(*la.eigh(a))),
    ("svdvals", [(4, 3)], lambda a: la.svd(a, compute_uv=False)),
    ("svdvals", [(2, 2, 4)], lambda a: la.svd(a, compute_uv=False)),
    ("svd", [(4, 3)], lambda a: (lambda u, s, vt: (u * jnp.exp(s)) @ vt)(*la.svd(a, full_matrices=False))),
    ("svd", [(2, 4)], lambda a: (lambda u, s, vt: (u * jnp.exp(s)) @ vt)(*la.svd(a, full_matrices=False))),
    *[("pinv", [s], la.pinv) for s in [(4, 2), (2, 3), M3, (2, 3, 2)]],
    ("lstsq", [(5, 3), (5,)], lambda a, b: la.lstsq(a, b)[:2]),
    ("lstsq", [(5, 2), (5, 3)], lambda a, b: la.lstsq(a, b)[:2]),
    ("matrix_rank", [(4, 3)], lambda a: la.matrix_rank(a.at[:, 1].set(2 * a[:, 0]))),
    ("norm", [(3, 4)], la.norm),
    *[(f"vector_norm {p}", [(3, 4)], lambda x, p=p: la.norm(x, p, axis=0)) for p in [2.0, 1.0, 3.0, 0.5, np.inf, -np.inf]],
    *[
        (f"matrix_norm {name}", [(3, 4)], lambda x, p=p: la.norm(x, p, axis=(-2, -1)))
        for name, p in dict(Fro="fro", Nuclear="nuc", One=1, MinusOne=-1, Two=2, MinusTwo=-2, Inf=np.inf, MinusInf=-np.inf).items()
    ],
    ("cond Two", [(3, 2)], lambda x: la.cond(x)),
    ("cond One", [M3], lambda x: la.cond(x, 1)),
    *[(f"matrix_power {n}", [M3], lambda a, n=n: la.matrix_power(a, n)) for n in [-2, 0, 1, 5]],
    ("multi_dot", [(2, 5), (5, 3), (3, 4)], lambda *xs: la.multi_dot(xs)),
    ("multi_dot", [(5,), (5, 3), (3,)], lambda *xs: la.multi_dot(xs)),
    ("cross", [(2, 3), (3,)], lambda x, y: jnp.cross(x, y)),
    ("kron", [(2, 3), (3, 2)], jnp.kron),
    ("det_singular", [(4, 4)], lambda a: la.det(a - lax.stop_gradient(a) + singular(lax.stop_gradient(a))) + jnp.sum(a)),
    # With small norms, because JAX squares none of these. Squaring loses digits.
    *[("expm", [s], lambda a: jsl.expm(a / 4)) for s in [(1, 1), M3, B3]],
    ("expm_large", [M3], lambda a: jsl.expm(4 * a)),
    ("expm_small", [M4], lambda a: jsl.expm(a / 1000)),
    ("expm_frechet", [M3, M3], lambda a, e: jsl.expm_frechet(a / 4, e)),
    ("sqrtm", [M4], lambda a: jsl.sqrtm(a).real),
    ("polar", [M3], lambda a: jsl.polar(a, method="svd")),
    ("polar", [(4, 3)], lambda a: jsl.polar(a, method="svd")),
    ("solve_sylvester", [M3, M4, (3, 4)], sylvester),
    ("hessenberg", [M4], lambda a: jsl.hessenberg(a, calc_q=True)),
    ("eigh_tridiagonal", [(4,), (3,)], lambda d, e: la.eigvalsh(jnp.diag(d) + jnp.diag(e, 1) + jnp.diag(e, -1))),
    ("tridiagonal_solve", [(4,), (4,), (4,), (4, 2)], tridiagonal),
    ("geqrf", [(4, 3)], householder),
    ("householder_product", [(4, 3), (2,)], lax.linalg.householder_product),
    *[("lu_solve", [M4, s], lambda a, b: jsl.lu_solve(jsl.lu_factor(a), b)) for s in [(4,), (4, 2)]],
    ("lu_solve_transposed", [M4, (4,)], lambda a, b: jsl.lu_solve(jsl.lu_factor(a), b, trans=1)),
    ("solve_triangular", [M3, V3], lambda a, b: jsl.solve_triangular(a, b, lower=True)),
    ("tensorinv", [(6, 6)], lambda a: la.tensorinv(a.reshape(6, 2, 3), 1)),
    ("tensorsolve", [(6, 6), (2, 3)], lambda a, b: la.tensorsolve(a.reshape(2, 3, 6), b)),
    ("outer", [(2,), V3], jnp.outer),
    ("vecdot", [(2, 3), V3], la.vecdot),
    ("block_diag", [(2, 3), M3], jsl.block_diag),
    ("toeplitz", [V3, (4,)], jsl.toeplitz),
    ("hankel", [V3, (4,)], lambda c, r: jnp.concatenate([c, r[1:]])[jnp.arange(3)[:, None] + jnp.arange(4)]),
    ("circulant", [(4,)], lambda c: c[(jnp.arange(4)[:, None] - jnp.arange(4)) % 4]),
    *[("convolution_matrix", [s], lambda a: [jsl.convolution_matrix(a, 5, mode=m) for m in ("full", "same", "valid")]) for s in [(2,), V3, (6,)]],
    *[("fiedler_companion", [(n,)], jsl.fiedler_companion) for n in (1, 2, 3, 5, 6)],
    *[("qr_multiply_left", [a, c], lambda a, c: jsl.qr_multiply(a, c, mode="left")) for a, c in [((4, 3), (3, 2)), (M3, V3)]],
    *[("qr_multiply_right", [a, c], jsl.qr_multiply) for a, c in [((4, 3), (2, 4)), (M3, V3)]],
    ("vander", [V3], lambda x: jnp.vander(x, 4)),
    # JAX's `eigvals` has no second derivative.
    ("eigvals", [M4], lambda a: jnp.sort(eig(a)[0])),
    ("eigvals", [B3], lambda a: jnp.sort(eig(a)[0])),
    ("eigvals_pairs", [M3], lambda a: jnp.sort(eig(a / 8 + PAIRS)[0])),
    ("eig", [M3], lambda a: function(a, lambda w: jnp.exp(w / 4))),
    ("eig_sizes", [M3], sizes),
    ("funm", [M3], lambda a: jsl.expm(a / 4).astype(jnp.complex128)),
]
# The names of cases that run with complex numbers too. Cases with one name are one function.
COMPLEX = {
    *("cholesky cho_solve triangular_solve triangular_solve_right solve inv det slogdet lu qr qr_full eigvalsh eigh svdvals svd pinv lstsq".split()),
    *("matrix_rank norm multi_dot cross kron expm expm_small expm_frechet polar solve_sylvester hessenberg tridiagonal_solve".split()),
    *("geqrf householder_product qr_multiply_left qr_multiply_right convolution_matrix fiedler_companion lu_solve lu_solve_transposed solve_triangular tensorinv tensorsolve outer vecdot eigvals eig eig_sizes funm".split()),
}
COMPLEX |= {name for name, *_ in CASES if " " in name}
# After all others, because the draws of a case depend on its place.
LATER = [
    (("logm", [s], lambda a: function(a, jnp.log).real), np.float64) for s in (M4, B3)
] + [(("logm", [M4], lambda a: function(a, jnp.log)), np.complex128)]
LATER += [
    ((name, [shape], f), dtype)
    for dtype in (np.float64, np.complex128)
    for name, shapes, f in [
        ("qr_pivoted", [(4, 3), (2, 4), M3], pivoted(mode="economic")),
        ("qr_pivoted_full", [(4, 2), (2, 4)], pivoted()),
        ("qr_pivoted_singular", [M3], lambda a: pivoted()(singular(a))[1:]),
        ("geqp3", [(4, 3), (2, 4), M3], geqp3),
        ("eig_left_sizes", [M3], left_sizes),
        ("vector_norm_axes", [(2, 3, 4)], lambda x: [la.vector_norm(x, axis=(0, 2), ord=p) for p in (2, 1, 3, np.inf, -np.inf)]),
    ]
    for shape in shapes
]
COMPLEX_CASES = [case for case in CASES if case[0] in COMPLEX] + [
    ("sqrtm", [M4], lambda a: function(a, jnp.sqrt)),
]

# JAX has no derivatives of these, or no finite ones.
UNDIFFERENTIATED = {"hessenberg", "householder_product", "qr_multiply_left", "qr_multiply_right", "qr_pivoted_singular"}
# The square root of a real matrix is real here.
UNDIFFERENTIATED_REAL = {"sqrtm"}
# Only the first derivative. The second derivatives of sizes of eigenvectors are differences of terms a thousand times as large.
ONCE = {"det_singular", "eig_sizes", "eig_left_sizes"}


def narrow(x):
    x = np.asarray(x)
    return x.astype({"float64": np.float32, "complex128": np.complex64}.get(x.dtype.name, x.dtype))


def narrow_row(name, f, lanes, cts, tangents):
    """Returns a case of f32 or c64."""
    wide = lambda xs: tuple(jnp.asarray(narrow(x)).astype(np.asarray(x).dtype) for x in xs)  # noqa: E731
    xs = wide([x[0] for x in lanes])
    row = {"fn": name, "in": [array(narrow(x)) for x in lanes], "out": [array(narrow(y)) for y in f(*xs)]}
    if cts is not None:
        row |= {"ct": [array(narrow(c)) for c in cts], "tangent": [array(narrow(t)) for t in tangents]}
        row["vjp"] = [array(narrow(g)) for g in jax.vjp(f, *xs)[1](wide(cts))]
        row["jvp"] = [array(narrow(t)) for t in jax.jvp(f, xs, wide(tangents))[1]]
    return row


def main():
    lines, narrow_lines = [], []
    cases = [(case, np.float64) for case in CASES] + [(case, np.complex128) for case in COMPLEX_CASES] + LATER
    for n, ((name, shapes, f), dtype) in enumerate(cases):
        rng, lanes = draws(f"{n} {name}", shapes, dtype)

        def tupled(*xs, f=f):
            ys = f(*xs)
            return tuple(ys) if isinstance(ys, (tuple, list)) else (ys,)

        xs = [jnp.asarray(x[0]) for x in lanes]
        ys = tupled(*xs)
        is_real = dtype == np.float64
        differentiable = name not in UNDIFFERENTIATED and not (is_real and name in UNDIFFERENTIATED_REAL)
        row = {"fn": name, "in": [array(x) for x in lanes], "out": [array(y) for y in ys]}
        row["vmap"] = [array(y) for y in jax.vmap(tupled)(*lanes)]
        cts = tangents = None
        if differentiable and all(y.dtype.kind in "fc" for y in ys):
            cts = tuple(jnp.asarray(uniform(rng, y.shape, y.dtype)) for y in ys)
            tangents = tuple(jnp.asarray(uniform(rng, x.shape, dtype)) for x in xs)
            back = lambda *xs: jax.vjp(tupled, *xs)[1](cts)  # noqa: E731
            row |= {"ct": [array(c) for c in cts], "tangent": [array(t) for t in tangents]}
            row["vjp"] = [array(g) for g in back(*xs)]
            row["jvp"] = [array(t) for t in jax.jvp(tupled, tuple(xs), tangents)[1]]
            if name not in ONCE:
                row["jvp_vjp"] = [array(t) for t in jax.jvp(back, tuple(xs), tangents)[1]]
        lines.append(row)
        if name != "funm" or not is_real:
            # That of a real matrix is converted to c128.
            narrow_lines.append(narrow_row(name, tupled, lanes, cts, tangents))
    write_lines(TRACE_DATA / "linalg.jsonl", lines)
    write_lines(TRACE_DATA / "linalg_f32.jsonl", narrow_lines)
