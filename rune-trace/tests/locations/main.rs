//! Every panic is at the user's line, and every instruction comes from one.

mod arrays;
mod complex;
mod functions;
mod numpy;
mod origins;
mod signals;
mod special;
mod values;

use rune_testing::locations as support;

/// Notes that a function, called in this line, has to panic in this line.
macro_rules! at_fault {
    ($seen:ident, $name:literal, $f:expr) => {
        $seen.check($name, file!(), line!(), || {
            let _ = $f;
        })
    };
}
use at_fault;

/// Notes that functions are called in this line, in a function of one tensor.
macro_rules! from_here {
    ($seen:ident, [$($name:literal),+], $x:expr, $f:expr) => {
        $seen.check(&[$($name),+], file!(), line!(), &rune_trace::make_program($f, $x).unwrap())
    };
}
use from_here;
