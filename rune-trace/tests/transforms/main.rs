//! Transformations of random programs, of hand-written functions, and of control flow.

mod autodiff;
mod control;
mod dependence;
mod jacobians;
mod linear_programs;
mod vmap;
