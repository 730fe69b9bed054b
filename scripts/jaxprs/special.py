"""Special functions as JAX functions of simpler primitives, for primitives that JAX leaves to its compiler.

The steps are those of XLA where results should equal JAX's in all bits (`erf_inv`, and with it normal random numbers).
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special as scipy_special
from jax import lax
from jax._src.lax import special


def in_f32(f):
    """Returns the function that computes floats of 8 and 16 bits as `f32`, and broadcasts scalars."""

    def wide(*args, **params):
        dtype = args[0].dtype
        args = jnp.broadcast_arrays(*args)
        if dtype.itemsize >= 4:
            return f(*args, **params)
        return f(*[x.astype(np.float32) for x in args], **params).astype(dtype)

    return wide


def of_jax(f):
    """Returns JAX's own definition of a special function, for floats of any size."""
    return lambda *args, **_: special._up_and_broadcast(f)(*args)


def polynomial(x, coefficients):
    y = jnp.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y = c + y * x
    return y


@in_f32
def erfc(x, **_):
    """The trapezoidal rule of C. Chiarella and A. Reichel, "On the evaluation of integrals related to the error
    function" (1968)."""
    h = 0.5
    # Above 30 the result is 0 in every dtype, and ∞ would give NaN.
    z = jnp.clip(jnp.abs(x), 1, 30)
    total = 1 / (z * z)
    for n in range(1, 13):
        total += 2 * math.exp(-((n * h) ** 2)) / ((n * h) ** 2 + z * z)
    pole = 2 / (1 - jnp.exp(2 * math.pi / h * jnp.minimum(z, math.pi / h)))
    far = h * z / math.pi * jnp.exp(-z * z) * total + jnp.where(z < math.pi / h, pole, 0)
    return jnp.where(jnp.abs(x) < 1, 1 - lax.erf(x), jnp.where(x < 0, 2 - far, far))


# The coefficients of Lanczos's approximation of Γ by P. Godfrey, for g = 7.
LANCZOS = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059]
LANCZOS += [12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7]


def reflected(x):
    """Returns z so that Γ(z + 1) is Γ(x), or Γ(1 - x) for x < 1/2, with the terms of the approximation."""
    z = jnp.where(x < 0.5, -x, x - 1)
    total, slope = jnp.full_like(x, 0.99999999999980993), jnp.zeros_like(x)
    for k, c in enumerate(LANCZOS, 1):
        total += c / (z + k)
        slope -= c / ((z + k) * (z + k))
    return z, total, slope, math.log(7.5) + jnp.log1p(z / 7.5), z + 7.5


@in_f32
def lgamma(x, **_):
    """C. Lanczos, "A precision approximation of the gamma function" (1964). Uses the reflection Γ(x) Γ(1 - x) = π / sin πx
    below 1/2."""
    z, total, _, log_t, t = reflected(x)
    # (z + 1/2) ln t and t are large and nearly cancel. This form subtracts them before the product.
    y = (z + 0.5 - t / log_t) * log_t + 0.5 * math.log(2 * math.pi) + jnp.log(total)
    fraction = jnp.abs(x) - jnp.floor(jnp.abs(x))
    log_sine = jnp.log(jnp.sin(math.pi * jnp.minimum(fraction, 1 - fraction)))
    mirrored = jnp.where(jnp.isfinite(log_sine), math.log(math.pi) - log_sine - y, -log_sine)
    return jnp.where(jnp.isinf(x), np.inf, jnp.where(x < 0.5, mirrored, y))


@in_f32
def digamma(x, **_):
    """The derivative of `lgamma`."""
    _, total, slope, log_t, t = reflected(x)
    y = log_t + slope / total - 7 / t
    angle = math.pi * (x + jnp.abs(jnp.floor(x + 0.5)))
    y = jnp.where(x < 0.5, y - math.pi * jnp.cos(angle) / jnp.sin(angle), y)
    return jnp.where((x <= 0) & (x == jnp.floor(x)), np.nan, y)


@in_f32
def polygamma(n, x, **_):
    # The reflection of trigamma: ψ₁(x) + ψ₁(1 - x) = (π / sin πx)².
    below = (n == 1) & (x <= 0)
    sign = jnp.where(n / 2 == jnp.floor(n / 2), -1, 1)
    y = sign * jnp.exp(lgamma(n + 1)) * zeta(n + 1, jnp.where(below, 1 - x, x))
    angle = math.pi * jnp.where(below, x + jnp.abs(jnp.floor(x + 0.5)), 0.5)
    y = jnp.where(below, (math.pi / jnp.sin(angle)) ** 2 - y, y)
    return jnp.where((n < 0) | (n != jnp.floor(n)), np.nan, jnp.where(n == 0, digamma(x), y))


# B₂ₖ / (2k)! from k = 1.
BERNOULLI = scipy_special.bernoulli(24)[2::2] / scipy_special.factorial(np.arange(2, 26, 2))


@in_f32
def zeta(s, q, **_):
    """The Hurwitz zeta function, by the Euler-Maclaurin formula with ten terms."""
    a, minus = q + 10, -s[..., None]
    total = jnp.sum((q[..., None] + jnp.arange(10, dtype=q.dtype)) ** minus, -1)
    # Each term adds two factors of s (s + 1) (s + 2) …, the first term only one.
    k = np.arange(12)
    following = (s[..., None] + np.maximum(2 * k - 1, 0).astype(s.dtype)) * jnp.where(k == 0, 1, s[..., None] + (2 * k).astype(s.dtype))
    inverse = (1 / a)[..., None]
    terms = jnp.cumprod(following * jnp.where(k == 0, inverse, inverse * inverse), -1) * BERNOULLI.astype(s.dtype)
    power = lax.pow(a, -s)
    y = total + power * a / (s - 1) + power * (jnp.sum(terms, -1) + 0.5)
    # If all terms vanish, 0 · ∞ would give NaN.
    y = jnp.where(jnp.isposinf(q) | (jnp.isposinf(s) & (q > 1)), 0, y)
    y = jnp.where(s < 1, np.nan, y)
    whole = s == jnp.floor(s)
    even = whole & (s / 2 == jnp.floor(s / 2))
    y = jnp.where((q <= 0) & ~whole, np.nan, y)
    y = jnp.where((q <= 0) & (q == jnp.floor(q)), jnp.where(even, np.inf, np.nan), y)
    return jnp.where(s == 1, np.inf, y)


@in_f32
def erf_inv(x, **_):
    """M. Giles, "Approximating the erfinv function" (2011)."""
    w = -jnp.log1p(x * -x)
    y = erf_inv_double(w) if x.dtype == np.float64 else erf_inv_single(w)
    return jnp.where(jnp.abs(x) == 1, x * np.inf, y * x)


def erf_inv_single(w):
    near = w < 5
    # Replaces small w, where the root is not used: the square root has no derivative at 0.
    w = jnp.where(near, w - 2.5, jnp.sqrt(jnp.where(near, 9, w)) - 3)
    y = None
    for inner, outer in SINGLE:
        c = jnp.where(near, jnp.full_like(w, inner), jnp.full_like(w, outer))
        y = c if y is None else c + y * w
    return y


def erf_inv_double(w):
    near = w < 6.25
    root = jnp.sqrt(jnp.where(near, 9, w))
    inner, middle, outer = (polynomial(x, c) for x, c in ((w - 3.125, NEAR), (root - 3.25, MIDDLE), (root - 5, FAR)))
    return jnp.where(near, inner, jnp.where(w >= 16, outer, middle))


SINGLE = [(2.81022636e-08, -0.000200214257), (3.43273939e-07, 0.000100950558), (-3.5233877e-06, 0.00134934322)]
SINGLE += [(-4.39150654e-06, -0.00367342844), (0.00021858087, 0.00573950773), (-0.00125372503, -0.0076224613)]
SINGLE += [(-0.00417768164, 0.00943887047), (0.246640727, 1.00167406), (1.50140941, 2.83297682)]
NEAR = [-3.6444120640178196996e-21, -1.685059138182016589e-19, 1.2858480715256400167e-18, 1.115787767802518096e-17]
NEAR += [-1.333171662854620906e-16, 2.0972767875968561637e-17, 6.6376381343583238325e-15, -4.0545662729752068639e-14]
NEAR += [-8.1519341976054721522e-14, 2.6335093153082322977e-12, -1.2975133253453532498e-11, -5.4154120542946279317e-11]
NEAR += [1.051212273321532285e-09, -4.1126339803469836976e-09, -2.9070369957882005086e-08, 4.2347877827932403518e-07]
NEAR += [-1.3654692000834678645e-06, -1.3882523362786468719e-05, 0.0001867342080340571352, -0.00074070253416626697512]
NEAR += [-0.0060336708714301490533, 0.24015818242558961693, 1.6536545626831027356]
MIDDLE = [2.2137376921775787049e-09, 9.0756561938885390979e-08, -2.7517406297064545428e-07, 1.8239629214389227755e-08]
MIDDLE += [1.5027403968909827627e-06, -4.013867526981545969e-06, 2.9234449089955446044e-06, 1.2475304481671778723e-05]
MIDDLE += [-4.7318229009055733981e-05, 6.8284851459573175448e-05, 2.4031110387097893999e-05, -0.0003550375203628474796]
MIDDLE += [0.00095328937973738049703, -0.0016882755560235047313, 0.0024914420961078508066, -0.0037512085075692412107]
MIDDLE += [0.005370914553590063617, 1.0052589676941592334, 3.0838856104922207635]
FAR = [-2.7109920616438573243e-11, -2.5556418169965252055e-10, 1.5076572693500548083e-09, -3.7894654401267369937e-09]
FAR += [7.6157012080783393804e-09, -1.4960026627149240478e-08, 2.9147953450901080826e-08, -6.7711997758452339498e-08]
FAR += [2.2900482228026654717e-07, -9.9298272942317002539e-07, 4.5260625972231537039e-06, -1.9681778105531670567e-05]
FAR += [7.5995277030017761139e-05, -0.00021503011930044477347, -0.00013871931833623122026, 1.0103004648645343977]
FAR += [4.8499064014085844221]


def chebyshev(f, terms):
    """Returns the coefficients of a sum of Chebyshev polynomials, highest first, as Cephes counts the constant term."""
    c = np.polynomial.chebyshev.chebinterpolate(f, terms - 1)
    return np.concatenate([c[:0:-1], 2 * c[:1]])


@in_f32
def bessel_i1e(x, **_):
    """S. L. Moshier, "Cephes mathematical library": Chebyshev polynomials."""
    z, (few, fewer) = jnp.abs(x), (30, 26) if x.dtype == np.float64 else (18, 8)
    # exp(-x) I₁(x) / x up to 8, and exp(-x) I₁(x) √x above.
    near = chebyshev(lambda t: scipy_special.i1e(4 * (t + 1)) / (4 * (t + 1)), few)
    far = chebyshev(lambda t: scipy_special.i1e(16 / (t + 1)) * np.sqrt(16 / (t + 1)), fewer)
    near = special.evaluate_chebyshev_polynomial(z / 2 - 2, near) * z
    far = special.evaluate_chebyshev_polynomial(32 / z - 2, far) / jnp.sqrt(z)
    return jnp.sign(x) * jnp.where(z <= 8, near, far)


def acos(z, **_):
    """The formulas of W. Kahan, "Branch cuts for complex elementary functions" (1987), here and below."""
    down, up = jnp.sqrt(1 - z), jnp.sqrt(1 + z)
    return lax.complex(2 * lax.atan2(down.real, up.real), lax.asinh((jnp.conj(up) * down).imag))


def asin(z, **_):
    down, up = jnp.sqrt(1 - z), jnp.sqrt(1 + z)
    return lax.complex(lax.atan2(z.real, (down * up).real), lax.asinh((jnp.conj(down) * up).imag))


def acosh(z, **_):
    down, up = jnp.sqrt(z - 1), jnp.sqrt(z + 1)
    return lax.complex(lax.asinh((jnp.conj(down) * up).real), 2 * lax.atan2(down.imag, up.real))


def asinh(z, **_):
    w = asin(lax.complex(-z.imag, z.real))
    return lax.complex(w.imag, -w.real)


def atanh(z, **_):
    x, y = z.real, z.imag
    return lax.complex(jnp.log1p(4 * x / ((1 - x) ** 2 + y * y)) / 4, lax.atan2(2 * y, (1 - x) * (1 + x) - y * y) / 2)


def atan(z, **_):
    w = atanh(lax.complex(-z.imag, z.real))
    return lax.complex(w.imag, -w.real)


@in_f32
def real_asinh(x, **_):
    # Squares of large numbers would overflow.
    large = 1 / math.sqrt(jnp.finfo(x.dtype).eps)
    z = jnp.minimum(jnp.abs(x), large)
    y = jnp.log1p(z + z * z / (1 + jnp.sqrt(1 + z * z)))
    return jnp.where(x == 0, x, jnp.sign(x) * jnp.where(jnp.abs(x) > large, jnp.log(jnp.abs(x)) + math.log(2), y))


# Functions that keep JAX's derivatives: the function, and the operands that these derivatives are for. JAX refuses to
# differentiate in the others.
RULED = {
    "asinh": (real_asinh, [0]),
    "bessel_i0e": (lambda x, **_: special.bessel_i0e_impl(x), [0]),
    "bessel_i1e": (bessel_i1e, [0]),
    "digamma": (digamma, [0]),
    "erf_inv": (erf_inv, [0]),
    "erfc": (erfc, [0]),
    "igamma": (of_jax(special.igamma_impl), [0, 1]),
    "igammac": (of_jax(special.igammac_impl), [0, 1]),
    "lgamma": (lgamma, [0]),
    "polygamma": (polygamma, [1]),
    "regularized_incomplete_beta": (of_jax(special.regularized_incomplete_beta_impl), [2], [0, 1]),
}
RULED_COMPLEX = {f.__name__: (f, [0]) for f in (acos, asin, acosh, asinh, atanh, atan)}
# Functions without a rule in JAX.
PLAIN = {"igamma_grad_a": of_jax(special.igamma_grad_a_impl), "zeta": zeta}


def with_rule(primitive, params, f, by, through=()):
    """Returns the function with the derivative that JAX has for its primitive in the operands `by`. In the operands
    `through`, the function itself is differentiated."""

    @jax.custom_jvp
    def ruled(*args):
        return f(*args, **params)

    @ruled.defjvp
    def _(args, tangents):
        def at(g, which):
            def of(*own):
                own = dict(zip(which, own))
                return g(*[own.get(i, x) for i, x in enumerate(args)], **params)

            return jax.jvp(of, [args[i] for i in which], [tangents[i] for i in which])

        y, moved = at(primitive.bind, by)
        return y, moved + at(f, through)[1] if through else moved

    return ruled
