//! Every panic is at the user's line, and every instruction has one as its origin.

mod arrays;
mod complex;
mod functions;
mod numpy;
mod origins;
mod signals;
mod special;
mod values;

use rune_testing::locations as support;

/// Records that the function, called at this line, must panic at this line.
macro_rules! at_fault {
    ($seen:ident, $name:literal, $f:expr) => {
        $seen.check($name, file!(), line!(), || {
            let _ = $f;
        })
    };
}
use at_fault;

/// Records that the functions are called at this line, in a function of one tensor.
macro_rules! from_here {
    ($seen:ident, [$($name:literal),+], $x:expr, $f:expr) => {
        $seen.check(&[$($name),+], file!(), line!(), &rune_trace::make_program($f, $x).unwrap())
    };
}
use from_here;
