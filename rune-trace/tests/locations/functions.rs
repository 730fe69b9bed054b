//! Transformations, loops and other functions that take functions.

use super::at_fault;
use super::support::{Seen, panic_of, public_functions};
use rune_trace::op::VmapMethod;
use rune_trace::{
    Argnum, CheckOptions, DebugOptions, Difference, ScanOptions, Tensor, TensorFn, VmapOptions, associative_scan,
    associative_scan_axis, check_gradient, check_gradients, check_jvp, check_vjp, checkpoint, checkpoint_policies,
    checkpoint_with, cond, custom_jvp, custom_linear_solve, custom_root, custom_tangent, custom_vjp, debug, debug_infs,
    debug_nans, debug_to, eval_shape, finite_diff, finite_diff_jacobian, fori_loop, grad, grad_argnums, grad_aux,
    grad_aux_argnums, grad_holomorphic, hessian, hessian_argnums, hessian_aux, hessian_aux_argnums, hvp, io_callback,
    jacfwd, jacfwd_argnums, jacfwd_aux, jacfwd_aux_argnums, jacfwd_holomorphic, jacrev, jacrev_argnums, jacrev_aux,
    jacrev_aux_argnums, jacrev_holomorphic, jvp, jvp_aux, linear_transpose, linearize, make_program, map, no_grad,
    print_saved_residuals, pure_callback, pure_callback_with, saved_residuals, scan, scan_with, switch, value_and_grad,
    value_and_grad_argnums, value_and_grad_aux, value_and_grad_aux_argnums, value_and_grad_holomorphic, vjp, vjp_aux,
    vmap, vmap_axes, vmap_named, vmap_sized, vmap_with, while_loop,
};

/// Functions that accept all arguments, or that return errors.
const NEVER: &[&str] = &[
    "checkpoint::dots_saveable",
    "checkpoint::dots_with_no_batch_dims_saveable",
    "checkpoint::everything_saveable",
    "checkpoint::nothing_saveable",
    "checkpoint::save_any_names_but_these",
    "checkpoint::save_anything_except_these_names",
    "checkpoint::save_from_both_policies",
    "checkpoint::save_only_these_names",
    "checkpoint::checkpoint_name",
    "make_program::Traced::close",
    "make_program::name_of",
    "make_program::trace_function",
    "nans::check_nans",
    "nans::checks_nans",
    "options::VmapOptions::axis_name",
    "options::VmapOptions::axis_size",
    "options::DebugOptions::columns",
    "options::VmapOptions::in_axes",
    "options::DebugOptions::iterations",
    "options::DebugOptions::max_depth",
    "options::VmapOptions::new",
    "options::DebugOptions::new",
    "options::VmapOptions::out_axes",
    "options::DebugOptions::scope",
    "sink::capture_debug",
    "sink::set_debug_sink",
    "named_axes::has_batch_axes",
    "named_axes::within_axis",
    "named_axes::named_axes",
];

#[test]
#[rustfmt::skip]
fn functions_of_functions_panic_at_the_users_line() {
    let mut seen = Seen::default();
    let (v, w, n) = (&Tensor::from([1.0f32, 2.0]), &Tensor::from([1.0f32, 2.0, 3.0]), &Tensor::from([1, 2]));
    let (s, yes) = (&Tensor::scalar(1.0f32), &Tensor::scalar(true));
    let first = Argnum::<0>;
    let options = &CheckOptions::default();

    // The result is not a scalar; the argument holds integers; a batched loop has no reverse mode.
    at_fault!(seen, "grad::grad", grad(|x: &Tensor| x * 2.0)(v));
    at_fault!(seen, "grad::grad", grad(|x: &Tensor| x.sum())(n));
    at_fault!(seen, "grad::grad", { let f = |x: &Tensor| (x + x).exp(); grad(f)(v) });
    at_fault!(seen, "grad::grad", vmap(|x: &Tensor| grad(|x: &Tensor| while_loop(|x: &Tensor| x.lt(3.0), |x| x * x, &(x + 0.0)))(x))(v));
    at_fault!(seen, "grad::value_and_grad", value_and_grad(|x: &Tensor| x * 2.0)(v));
    at_fault!(seen, "grad::grad_holomorphic", grad_holomorphic(|x: &Tensor| x.sum())(v));
    at_fault!(seen, "grad::value_and_grad_holomorphic", value_and_grad_holomorphic(|x: &Tensor| x.sum())(v));
    at_fault!(seen, "jacobian::jacfwd_holomorphic", jacfwd_holomorphic(|x: &Tensor| x * 2.0)(v));
    at_fault!(seen, "jacobian::jacrev_holomorphic", jacrev_holomorphic(|x: &Tensor| x * 2.0)(v));
    at_fault!(seen, "grad::grad_aux", grad_aux(|x: &Tensor| (x * 2.0, ()))(v));
    at_fault!(seen, "grad::value_and_grad_aux", value_and_grad_aux(|x: &Tensor| (x * 2.0, ()))(v));
    at_fault!(seen, "grad::grad_argnums", grad_argnums(first, |x: &Tensor| x * 2.0)(v));
    at_fault!(seen, "grad::grad_aux_argnums", grad_aux_argnums(first, |x: &Tensor| (x * 2.0, ()))(v));
    at_fault!(seen, "grad::value_and_grad_argnums", value_and_grad_argnums(first, |x: &Tensor| x * 2.0)(v));
    at_fault!(seen, "grad::value_and_grad_aux_argnums", value_and_grad_aux_argnums(first, |x: &Tensor| (x * 2.0, ()))(v));
    at_fault!(seen, "jacobian::jacfwd", jacfwd(|x: &Tensor| x.gt(1.0))(v));
    at_fault!(seen, "jacobian::jacfwd_aux", jacfwd_aux(|x: &Tensor| (x.gt(1.0), ()))(v));
    at_fault!(seen, "jacobian::jacfwd_argnums", jacfwd_argnums(first, |x: &Tensor| x.gt(1.0))(v));
    at_fault!(seen, "jacobian::jacfwd_aux_argnums", jacfwd_aux_argnums(first, |x: &Tensor| (x.gt(1.0), ()))(v));
    at_fault!(seen, "jacobian::jacrev", jacrev(|x: &Tensor| x.gt(1.0))(v));
    at_fault!(seen, "jacobian::jacrev_aux", jacrev_aux(|x: &Tensor| (x.gt(1.0), ()))(v));
    at_fault!(seen, "jacobian::jacrev_argnums", jacrev_argnums(first, |x: &Tensor| x.gt(1.0))(v));
    at_fault!(seen, "jacobian::jacrev_aux_argnums", jacrev_aux_argnums(first, |x: &Tensor| (x.gt(1.0), ()))(v));
    at_fault!(seen, "hessian::hessian", hessian(|x: &Tensor| x.gt(1.0))(v));
    at_fault!(seen, "hessian::hessian_aux", hessian_aux(|x: &Tensor| (x.gt(1.0), ()))(v));
    at_fault!(seen, "hessian::hessian_argnums", hessian_argnums(first, |x: &Tensor| x.gt(1.0))(v));
    at_fault!(seen, "hessian::hessian_aux_argnums", hessian_aux_argnums(first, |x: &Tensor| (x.gt(1.0), ()))(v));
    at_fault!(seen, "hessian::hessian", hessian(|x: &Tensor| x.sum())(n));
    at_fault!(seen, "jvp::jvp", jvp(|x: &Tensor| x.sin(), v, w));
    at_fault!(seen, "jvp::jvp_aux", jvp_aux(|x: &Tensor| (x.sin(), ()), v, w));
    at_fault!(seen, "jvp::hvp", hvp(|x: &Tensor| x.sin(), v, v));
    at_fault!(seen, "linearize::linearize", linearize(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x), v));
    at_fault!(seen, "linearize::Linearized::call", linearize(|x: &Tensor| x.sin(), v).1.call(w));
    at_fault!(seen, "linearize::Linearized::transpose", linearize(|x: &Tensor| x.sin(), v).1.transpose(w));
    at_fault!(seen, "linearize::vjp", vjp(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x), v));
    at_fault!(seen, "linearize::vjp_aux", vjp_aux(|x: &Tensor| (pure_callback(|x: &Tensor| x.clone(), x.ty(), x), ()), v));
    at_fault!(seen, "linearize::linear_transpose", linear_transpose(|x: &Tensor| x * x, v, v));
    at_fault!(seen, "residuals::saved_residuals", saved_residuals(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x), v));
    at_fault!(seen, "residuals::print_saved_residuals", print_saved_residuals(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x), v));
    at_fault!(seen, "finite::finite_diff", finite_diff(|x: &Tensor| x.sin(), v, 1e-3, Difference::Central));
    at_fault!(seen, "finite::finite_diff", finite_diff(|x: &Tensor| x.sum(), v, 1e-30, Difference::Central));
    at_fault!(seen, "finite::finite_diff_jacobian", finite_diff_jacobian(|x: &Tensor| x + x, n, 1e-3, Difference::Central));
    at_fault!(seen, "finite::finite_diff_jacobian", finite_diff_jacobian(|x: &Tensor| x + x, v, 1e-30, Difference::Central));
    at_fault!(seen, "gradient_check::check_gradient", check_gradient(|x: &Tensor| x + x, v, options));
    at_fault!(seen, "gradient_check::check_gradient", check_gradient(|x: &Tensor| x.sum(), n, options));
    at_fault!(seen, "gradient_check::check_gradients", check_gradients(|x: &Tensor| x + x, v, options));
    at_fault!(seen, "gradient_check::check_jvp", check_jvp(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x), v, options));
    at_fault!(seen, "gradient_check::check_vjp", check_vjp(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x), v, options));
    at_fault!(seen, "constant::no_grad", no_grad(|| v + n));
    at_fault!(seen, "custom_jvp::custom_jvp", grad(|x: &Tensor| custom_jvp(|x: &Tensor| x.sin(), |(x,), _| (x.sin(), x.sum()))(x).sum())(v));
    at_fault!(seen, "custom_jvp::custom_tangent", grad(|x: &Tensor| custom_tangent(|x: &Tensor| x.sin(), |(x,), _, _| x.sum())(x).sum())(v));
    at_fault!(seen, "custom_vjp::custom_vjp", grad(|x: &Tensor| custom_vjp(|x: &Tensor| x.sin(), |x: &Tensor| (x.sin(), ()), |(), ct: &Tensor| ct.sum())(x).sum())(v));
    at_fault!(seen, "implicit::custom_root", custom_root(|x: &Tensor, p: &Tensor| x + p, v, v, |_: &TensorFn<'_>, x: &Tensor| x + n, |_: &TensorFn<'_>, y: &Tensor| y.clone()));
    at_fault!(seen, "implicit::custom_root", grad(|v: &Tensor| custom_root(|x: &Tensor, p: &Tensor| x + p, v, v, |_: &TensorFn<'_>, x: &Tensor| x.clone(), |_: &TensorFn<'_>, y: &Tensor| y.sum()).sum())(v));
    at_fault!(seen, "implicit::custom_linear_solve", custom_linear_solve(|p: &Tensor, x: &Tensor| x * p, v, v, |_: &TensorFn<'_>, x: &Tensor| x + n, |_: &TensorFn<'_>, y: &Tensor| y.clone()));
    at_fault!(seen, "checkpoint::checkpoint", checkpoint(|x: &Tensor| x + n)(v));
    at_fault!(seen, "checkpoint::checkpoint_with", checkpoint_with(checkpoint_policies::dots_saveable(), |x: &Tensor| x + n)(v));

    at_fault!(seen, "branches::cond", cond(v, || v.clone(), || v.clone()));
    at_fault!(seen, "branches::cond", cond(yes, || v.clone(), || w.clone()));
    at_fault!(seen, "branches::switch", switch(s, &[&|| v.clone()]));
    at_fault!(seen, "branches::switch", switch(&Tensor::scalar(1), &[&|| v.clone(), &|| w.clone()]));
    at_fault!(seen, "loops::while_loop", while_loop(|x: &Tensor| x.clone(), |x| x.clone(), v));
    at_fault!(seen, "loops::while_loop", while_loop(|_: &Tensor| yes.clone(), |x| x.sum(), v));
    at_fault!(seen, "loops::fori_loop", fori_loop(0, i64::MAX, |_, x: &Tensor| x.clone(), v));
    at_fault!(seen, "loops::fori_loop", fori_loop(0, 3, |_, x: &Tensor| x.sum(), v));
    at_fault!(seen, "loops::fori_loop", fori_loop(0, s, |_, x: &Tensor| x.clone(), v));
    at_fault!(seen, "loops::fori_loop", fori_loop(0, Tensor::scalar(3), |_, x: &Tensor| x.sum(), v));
    at_fault!(seen, "scan::scan", scan(|c: &Tensor, x: &Tensor| (c + x, ()), s, s));
    at_fault!(seen, "scan::scan", scan(|_: &Tensor, _: &Tensor| (v.clone(), ()), s, v));
    at_fault!(seen, "scan::scan", scan(|c: &Tensor, _: &(Tensor, Tensor)| (c.clone(), ()), s, &(v.clone(), w.clone())));
    at_fault!(seen, "scan::scan_with", scan_with(ScanOptions::default(), |c: &Tensor, _: &()| (c.clone(), ()), s, &()));
    at_fault!(seen, "scan::map", map(|x: &Tensor| x.clone(), s));
    at_fault!(seen, "associative::associative_scan", associative_scan(|x: &Tensor, _: &Tensor| x.sum(), v, false));
    at_fault!(seen, "associative::associative_scan", associative_scan(|x: &Tensor, _: &Tensor| x.clone(), s, false));
    at_fault!(seen, "associative::associative_scan_axis", associative_scan_axis(|x: &Tensor, _: &Tensor| x.clone(), v, false, 1));

    at_fault!(seen, "vmap::vmap", vmap(|x: &Tensor| x.sin())(s));
    at_fault!(seen, "vmap::vmap", vmap(|x: &Tensor, y: &Tensor| x * y)(v, w));
    at_fault!(seen, "vmap::vmap", vmap(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x))(v));
    at_fault!(seen, "vmap::vmap_axes", vmap_axes(1, 0, |x: &Tensor| x.sin())(v));
    at_fault!(seen, "vmap::vmap_axes", vmap_axes(0, 2, |x: &Tensor| x.sin())(v));
    at_fault!(seen, "vmap::vmap_axes", vmap_axes(0, None, |x: &Tensor| x.sin())(v));
    at_fault!(seen, "vmap::vmap_sized", vmap_sized(3, 0, 0, |x: &Tensor| x.sin())(v));
    at_fault!(seen, "vmap::vmap_named", vmap_named("i", |x: &Tensor| x.sin())(s));
    at_fault!(seen, "vmap::vmap_with", vmap_with(VmapOptions::new().axis_size(3), |x: &Tensor| x.sin())(v));

    // An error inside is reported at its own line, whatever encloses it.
    at_fault!(seen, "scan::scan", scan(|c: &Tensor, x: &Tensor| (c + x, w + v), s, v));
    at_fault!(seen, "grad::grad", grad(|x: &Tensor| scan(|c: &Tensor, x: &Tensor| (c + x, x + w.sum() * n), s, x).0)(v));
    at_fault!(seen, "vmap::vmap", vmap(grad(|x: &Tensor| x * v))(w));
    at_fault!(seen, "grad::grad", cond(yes, || grad(|x: &Tensor| x + 1.0)(v), || v.clone()));

    at_fault!(seen, "debug::debug", debug(|x: &Tensor| x + n)(v));
    at_fault!(seen, "debug::DebugOptions::debug", DebugOptions::new().debug(|x: &Tensor| x + n)(v));
    at_fault!(seen, "debug::DebugOptions::debug_to", DebugOptions::new().debug_to(|x: &Tensor| x + n, std::io::sink())(v));
    at_fault!(seen, "debug::debug_to", debug_to(|x: &Tensor| x + n, std::io::sink())(v));
    at_fault!(seen, "nans::debug_nans", debug_nans(|x: &Tensor| pure_callback(|_: &Tensor| -> Result<Tensor, String> { Err("no".to_owned()) }, x.ty(), x))(v));
    at_fault!(seen, "nans::debug_infs", debug_infs(|x: &Tensor| x + n)(v));
    at_fault!(seen, "print::debug_print_parts", rune_trace::debug_print!("{}", pure_callback(|_: &Tensor| -> Result<Tensor, String> { Err("no".to_owned()) }, v.ty(), v)));
    at_fault!(seen, "callback::pure_callback", grad(|x: &Tensor| pure_callback(|x: &Tensor| x.clone(), x.ty(), x))(s));
    at_fault!(seen, "callback::pure_callback_with", grad(|x: &Tensor| pure_callback_with(VmapMethod::Sequential, |x: &Tensor| x.clone(), x.ty(), x))(s));
    at_fault!(seen, "callback::io_callback", io_callback(|_: &Tensor| -> Result<(), String> { Err("no".to_owned()) }, (), v));

    // Functions that transform the operations of a user function.
    at_fault!(seen, "make_program::make_program", make_program(|x: &Tensor| x + n, v));
    at_fault!(seen, "make_program::eval_shape", eval_shape(|x: &Tensor| x + n, v));

    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/").to_owned();
    let mut public = public_functions(&format!("{root}autodiff"), &["custom.rs", "traced_function.rs"]);
    public.extend(public_functions(&format!("{root}gradient_check"), &[]));
    public.extend(public_functions(&format!("{root}control"), &["closure.rs"]));
    public.extend(public_functions(&format!("{root}debug"), &["printer.rs", "print_tests.rs"]));
    public.extend(public_functions(&format!("{root}vmap"), &[]));
    let ours = ["callback::", "make_program::", "named_axes::", "nans::check", "sink::capture", "sink::set"];
    let mut others = public_functions(&root, &[]);
    others.extend(public_functions(&format!("{root}../../rune-ir/src"), &["op"]));
    public.extend(others.into_iter().filter(|name| ours.iter().any(|ours| name.starts_with(ours))));
    seen.finish(&public, NEVER);
}

/// A pullback is called after the function that created it has returned, so its panic is at a line of the library. The
/// message still names the user's line.
#[test]
fn a_pullback_names_the_line_in_its_message() {
    let (x, ct) = (Tensor::from([1.0f32, 2.0]), Tensor::scalar(1.0f32));
    let (_, pull_back) = vjp(|x: &Tensor| x.sin(), &x);
    let line = line!() - 1;
    let (message, _) = panic_of(|| drop(pull_back(&ct))).unwrap();
    assert!(message.starts_with(&format!("vjp at {}:{line}:", file!())), "{message}");
}

/// A function that applies no operations has no line of its own.
#[test]
fn functions_without_operations_name_the_line_in_the_message() {
    let x = Tensor::from([1.0f32, 2.0]);
    let (message, _) = panic_of(|| drop(grad(Tensor::clone)(&x))).unwrap();
    assert!(message.starts_with(&format!("grad at {}:{}:", file!(), line!() - 1)), "{message}");
}

/// The effects of a function are not repeated when it runs again to panic.
#[test]
fn effects_do_not_happen_again_for_a_panic() {
    let x = Tensor::from([1.0f32, 2.0]);
    let twice = |x: &Tensor| {
        rune_trace::debug_print!("seen");
        x * 2.0
    };
    let (_, text) = rune_trace::capture_debug(|| panic_of(|| drop(grad(twice)(&x))));
    assert!(text.matches("seen").count() <= 1, "{text}");
}
