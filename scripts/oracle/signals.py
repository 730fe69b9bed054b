"""Writes signals.jsonl and signals_f32.jsonl of rune-trace: convolutions, spectra, polynomials, spherical harmonics and densities, with the results of JAX or SciPy.

    .venv/bin/python scripts/vectors signals      (needs jax 0.10.2, scipy, mpmath)

scripts/oracle/complex_cases.py describes the lines.
"""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import scipy.fft
import scipy.signal
import scipy.special
from jax.scipy import fft, signal, special

from .complex_cases import c128, case_once as case, f64, value, write


def main():
    # ---- convolutions -------------------------------------------------------------------------------------------------------------------
    for mode in ("full", "same", "valid"):
        for n, m in ((7, 3), (3, 7), (6, 6), (8, 1)):
            case("fftconvolve", lambda x, y: signal.fftconvolve(x, y, mode), f64(n), f64(m), mode=mode)
            case("convolve", lambda x, y: signal.convolve(x, y, mode, method="fft"), f64(n), f64(m), mode=mode, method="fft")
            case("correlate", lambda x, y: signal.correlate(x, y, mode, method="fft"), f64(n), f64(m), mode=mode, method="fft")
        case("fftconvolve", lambda x, y: signal.fftconvolve(x, y, mode), c128(5), c128(3), mode=mode)
        case("convolve", lambda x, y: signal.convolve(x, y, mode, method="direct"), c128(5), c128(3), mode=mode, method="direct")
        case("correlate", lambda x, y: signal.correlate(x, y, mode, method="direct"), c128(5), c128(3), mode=mode, method="direct")
        case("correlate", lambda x, y: signal.correlate(x, y, mode, method="fft"), c128(5), c128(3), mode=mode, method="fft")
        case("numpy_correlate", lambda x, y: jnp.correlate(x, y, mode), c128(5), c128(3), mode=mode)
        case("numpy_correlate", lambda x, y: jnp.correlate(x, y, mode), c128(3), c128(5), mode=mode)
        case("correlate2d", lambda x, y: signal.correlate2d(x, y, mode), c128(4, 5), c128(2, 3), mode=mode)
        case("fftconvolve", lambda x, y: signal.fftconvolve(x, y, mode), f64(4, 5), f64(3, 2), mode=mode)
        case("fftconvolve", lambda x, y: signal.fftconvolve(x, y, mode, axes=[1]), f64(2, 5), f64(2, 3), mode=mode, axes=[1])
        for n, m in ((40, 3), (3, 40), (41, 8)):
            x, y = f64(n), f64(m)
            value("oaconvolve", scipy.signal.oaconvolve(x, y, mode), x, y, mode=mode)
        x, y = f64(3, 30), f64(2, 4)
        value("oaconvolve", scipy.signal.oaconvolve(x, y, mode), x, y, mode=mode)
        x, y = c128(30, 3), c128(4, 3)
        value("oaconvolve", scipy.signal.oaconvolve(x, y, mode, axes=[0]), x, y, mode=mode, axes=[0])

    # ---- windows ------------------------------------------------------------------------------------------------------------------------
    WINDOWS = ["boxcar", "triang", "bartlett", "hann", "hamming", "blackman", "blackmanharris", "nuttall", "flattop", "cosine", "lanczos", "bohman", "parzen",
               "barthann", ("tukey", 0.5), ("tukey", 1.0), ("kaiser", 8.6), ("gaussian", 2.5), ("exponential", None, 3.0)]
    for window in WINDOWS:
        for n in (1, 2, 7, 8):
            for periodic in (False, True):
                name, *parameter = window if isinstance(window, tuple) else (window,)
                argument = {"parameter": parameter[-1]} if parameter else {}
                value("window", scipy.signal.get_window(window, n, fftbins=periodic), window=name, n=n, periodic=periodic, **argument)

    # ---- spectra ------------------------------------------------------------------------------------------------------------------------
    X = f64(50)
    STFT = [dict(nperseg=16), dict(nperseg=8, noverlap=6), dict(nperseg=9, window="hamming", fs=4.0), dict(nperseg=8, nfft=16, boundary=None, padded=False),
            dict(nperseg=8, boundary="even", detrend="constant"), dict(nperseg=8, boundary="odd", detrend="linear"),
            dict(nperseg=8, boundary="constant", return_onesided=False), dict(nperseg=8, padded=False)]
    for options in STFT:
        case("stft", lambda x: signal.stft(x, **options)[2], f64(30), **options)
        value("stft_frequencies", scipy.signal.stft(X, **options)[0], X, **options)
        value("stft_times", scipy.signal.stft(X, **options)[1], X, **options)
    case("stft", lambda x: signal.stft(x, nperseg=8)[2], c128(20), nperseg=8)
    case("stft", lambda x: signal.stft(x, nperseg=8, axis=0)[2], f64(20, 2), nperseg=8, axis=0)
    value("stft", scipy.signal.stft(X, nperseg=64)[2], X, nperseg=64)
    for options in (dict(nperseg=16), dict(nperseg=8, noverlap=6), dict(nperseg=8, noverlap=5), dict(nperseg=8, window="blackman")):
        z = scipy.signal.stft(f64(40), **options)[2]
        case("istft", lambda z: signal.istft(z, **options)[1], z + 0.1 * c128(*z.shape), **options)
        value("istft_times", scipy.signal.istft(z, **options)[0], z, **options)
    z = scipy.signal.stft(c128(40), nperseg=8, return_onesided=False)[2]
    case("istft", lambda z: signal.istft(z, nperseg=8, input_onesided=False)[1], z, nperseg=8, return_onesided=False)
    for options in (dict(nperseg=9), dict(nperseg=8, boundary=None, nfft=12)):
        # JAX assumes an even length if the segment is odd.
        z = scipy.signal.stft(f64(40), **options)[2]
        value("istft", scipy.signal.istft(z, nperseg=options["nperseg"], nfft=options.get("nfft"), boundary=options.get("boundary", True) is not None)[1], z, **options)
    WELCH = [dict(nperseg=16), dict(nperseg=9, noverlap=2, fs=3.0), dict(nperseg=16, scaling="spectrum", detrend="linear"), dict(nperseg=8, average="median"),
             dict(nperseg=8, nfft=16, window="hamming"), dict(nperseg=8, return_onesided=False)]
    for options in WELCH:
        case("welch", lambda x: signal.welch(x, **options)[1], f64(40), **options)
        case("csd", lambda x, y: signal.csd(x, y, **options)[1], f64(40), f64(40), **options)
    value("csd", scipy.signal.csd(X, X[:30], nperseg=16)[1], X, X[:30], nperseg=16)
    value("welch", scipy.signal.welch(X)[1], X)
    x = c128(40)
    value("welch", scipy.signal.welch(x, nperseg=8)[1], x, nperseg=8)
    x = f64(3, 40)
    value("welch", scipy.signal.welch(x.T, nperseg=8, axis=0)[1], x.T, nperseg=8, axis=0)
    for options in (dict(), dict(fs=2.0, scaling="spectrum"), dict(nfft=64), dict(nfft=32), dict(window="hann", detrend="linear")):
        value("periodogram", scipy.signal.periodogram(X, **options)[1], X, **options)

    # ---- cosine and sine transforms -----------------------------------------------------------------------------------------------------
    for n in (1, 2, 3, 4, 7, 8):
        case("dct", fft.dct, f64(n))
        case("idct", fft.idct, f64(n))
        x = f64(n)
        value("dst", scipy.fft.dst(x), x)
        value("idst", scipy.fft.idst(x), x)
    for norm in ("ortho", "forward"):
        x = f64(5)
        for name in ("dct", "idct", "dst", "idst"):
            value(name, getattr(scipy.fft, name)(x, norm=norm), x, norm=norm)
    case("dct", lambda x: fft.dct(x, n=4, axis=0, norm="ortho"), f64(6, 2), n=4, axis=0, norm="ortho")
    case("idct", lambda x: fft.idct(x, n=7, axis=0, norm="ortho"), f64(6, 2), n=7, axis=0, norm="ortho")
    case("dctn", fft.dctn, f64(3, 4))
    case("idctn", lambda x: fft.idctn(x, norm="ortho"), f64(3, 4), norm="ortho")
    x = f64(2, 3, 4)
    for name in ("dctn", "idctn", "dstn", "idstn"):
        value(name, getattr(scipy.fft, name)(x), x)
        value(name, getattr(scipy.fft, name)(x, s=(5, 2), axes=(0, 2), norm="ortho"), x, s=[5, 2], axes=[0, 2], norm="ortho")

    # ---- functions of complex numbers ---------------------------------------------------------------------------------------------------
    case("wofz", special.wofz, np.array([0.3 + 0.7j, -1.5 + 0.2j, 2.5 + 3j, 0.5 - 0.4j, 1.2 + 0j]))
    points = np.array([complex(x, y) for x in (-30, -4, -1, -0.1, 0, 0.5, 2, 6, 1e3) for y in (-1, -0.1, 0, 1e-3, 0.5, 3, 20, 1e3)])
    exact = [complex(mp.exp(-mp.mpc(z) ** 2) * mp.erfc(-1j * mp.mpc(z))) for z in points]
    for z, w in zip(points, exact):
        value("wofz", np.array([w]), np.array([z]))
    degrees = [(n, m) for n in range(5) for m in range(-n, n + 1)]
    for theta, phi in ((0.4, 1.1), (2.9, -4.0), (0.0, 0.3), (np.pi / 2, 0.0)):
        y = np.array([scipy.special.sph_harm_y(n, m, theta, phi) for n, m in degrees])
        value("sph_harm_y", y, np.array([n for n, _ in degrees], np.int32), np.array([m for _, m in degrees], np.int32), np.full(len(degrees), theta), np.full(len(degrees), phi))
    y = np.array([scipy.special.sph_harm_y(40, m, 1.0, 0.7) for m in (-40, -3, 0, 17)])
    value("sph_harm_y", y, np.full(4, 40, np.int32), np.array([-40, -3, 0, 17], np.int32), np.full(4, 1.0), np.full(4, 0.7))
    n, m = np.array([0, 1, 3, 3, 4], np.int32), np.array([0, -1, 2, -2, 1], np.int32)
    case("sph_harm_y_of_angles", lambda theta, phi: special.sph_harm_y(n, m, theta, phi, n_max=4), np.array([0.3, 0.9, 1.4, 2.0, 2.8]), np.array([0.1, 2.0, 4.0, 5.0, 6.0]))

    # ---- zeros of polynomials, sorted by their parts -------------------------------------------------------------------------------------
    def zeros(p):
        z = np.roots(p).astype(complex)
        return z[np.lexsort((z.imag.round(6), z.real.round(6)))]


    for p in ([1, -3, 2], [2.5, 0, 0, 1], [0, 0, 1, -1, 0], [1, 0], [3.0], [1e-3, 1, 1e3], [1, -10, 35, -50, 24], list(f64(8)), list(f64(13))):
        value("roots", zeros(np.array(p, float)), np.array(p, float))
    p = c128(6)
    value("roots", zeros(p), p)
    value("roots", np.arange(1, 11) + 0j, np.poly(np.arange(1, 11.0)))

    # ---- estimates of densities -----------------------------------------------------------------------------------------------------------
    kde = jax.scipy.stats.gaussian_kde
    one, two, other = f64(7), f64(2, 6), f64(2, 4)
    weights = np.array([1.0, 2, 1, 0.5, 3, 1, 1])
    for bandwidth in ("scott", "silverman", 0.4):
        case("kde_pdf", lambda x, p: kde(x, bandwidth).pdf(p), one, f64(4), bandwidth=bandwidth)
        case("kde_logpdf", lambda x, p: kde(x, bandwidth).logpdf(p), two, f64(2, 3), bandwidth=bandwidth)
    case("kde_weighted", lambda x, w, p: kde(x, weights=w).pdf(p), one, weights, f64(4))
    case("kde_gaussian", lambda x, mean: kde(x).integrate_gaussian(mean, np.array([[1.0, 0.2], [0.2, 0.5]])), two, f64(2))
    value("kde_box", np.array(kde(one, weights=weights).integrate_box_1d(-0.5, 1.0)), one, weights)
    case("kde_product", lambda x, y: kde(x).integrate_kde(kde(y)), two, other)
    value("kde_resample", np.array(kde(two).resample(jax.random.key(3), (5,))), two)

    write("signals.jsonl")
