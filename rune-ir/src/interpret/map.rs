//! Elementwise loops, in place if nothing else holds an operand.

use crate::{Array, Element, Type};

/// Returns an array of type `ty` whose elements `f` writes. The elements are zeros before the call.
pub(super) fn write<T: Element>(ty: &Type, f: impl FnOnce(&mut [T])) -> Array {
    let mut out = Array::zeros(ty.clone());
    f(out.make_mut());
    out
}

/// Applies `f` to each element; the result has another dtype.
pub(super) fn map<T: Element, U: Element>(x: &Array, f: impl Fn(T) -> U) -> Array {
    write(&x.ty().with_dtype(U::DTYPE), |out| {
        for (out, &x) in out.iter_mut().zip(x.as_slice()) {
            *out = f(x);
        }
    })
}

/// Applies `f` to each element.
pub(super) fn update<T: Element>(mut x: Array, f: impl Fn(T) -> T) -> Array {
    if !x.is_unique() {
        return map(&x, f);
    }
    for x in x.make_mut() {
        *x = f(*x);
    }
    x
}

/// Applies `f` to each pair of elements; the result has another dtype.
pub(super) fn zip<T: Element, U: Element>(x: &Array, y: &Array, f: impl Fn(T, T) -> U) -> Array {
    write(&x.ty().with_dtype(U::DTYPE), |out| {
        for ((out, &x), &y) in out.iter_mut().zip(x.as_slice()).zip(y.as_slice()) {
            *out = f(x, y);
        }
    })
}

/// Applies `f` to each pair of elements.
pub(super) fn update2<T: Element>(mut x: Array, mut y: Array, f: impl Fn(T, T) -> T) -> Array {
    if x.is_unique() {
        for (x, &y) in x.make_mut().iter_mut().zip(y.as_slice()) {
            *x = f(*x, y);
        }
        x
    } else if y.is_unique() {
        for (&x, y) in x.as_slice().iter().zip(y.make_mut()) {
            *y = f(x, *y);
        }
        y
    } else {
        zip(&x, &y, f)
    }
}
