//! Transformations over random programs, over what is written by hand, and over control flow.

mod autodiff;
mod control;
mod dependence;
mod jacobians;
mod linear_programs;
mod vmap;
