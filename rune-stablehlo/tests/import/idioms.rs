//! Tests of the formulas that import recognizes, its warnings, and its refusals with specific reasons.

use super::main_of;
use rune_ir::interpret::interpret;
use rune_ir::{Array, F8E4M3FN, F8E5M2, Program};
use rune_stablehlo::{ImportError, Options, import, import_with};
use rune_trace::ProgramExt;

fn vector(text: &str) -> Program {
    import(&main_of("%a: tensor<3xf32>", "tensor<3xf32>", text)).unwrap_or_else(|e| panic!("{e}"))
}

/// Returns the derivative of each element with respect to itself.
fn slopes(f: &Program, x: &[f32]) -> Vec<f32> {
    let at = Array::from_slice([x.len()], x);
    let moved = f.jvp(&[0]).unwrap();
    let one = Array::from_vec([x.len()], vec![1f32; x.len()]);
    interpret(&moved, &[at, one]).unwrap()[1].as_slice::<f32>().to_vec()
}

fn values(f: &Program, x: &[f32]) -> Vec<f32> {
    interpret(f, &[Array::from_slice([x.len()], x)]).unwrap()[0].as_slice::<f32>().to_vec()
}

#[test]
fn the_logistic_function_has_finite_derivatives() {
    let sigmoid = |argument: &str, order: &str| {
        format!(
            "{argument}%1 = stablehlo.exponential %0 : tensor<3xf32>
            %c = stablehlo.constant dense<1.0> : tensor<3xf32>
            %2 = stablehlo.add {order} : tensor<3xf32>
            %3 = stablehlo.divide %c, %2 : tensor<3xf32>
            return %3 : tensor<3xf32>"
        )
    };
    let negated = "%0 = stablehlo.negate %a : tensor<3xf32>\n";
    let scaled =
        "%m = stablehlo.constant dense<-2.0> : tensor<3xf32>\n%0 = stablehlo.multiply %a, %m : tensor<3xf32>\n";
    for order in ["%c, %1", "%1, %c"] {
        let f = vector(&sigmoid(negated, order));
        assert!(f.instructions().iter().any(|i| i.op.name() == "logistic"));
        assert_eq!(slopes(&f, &[-200.0, 0.0, 200.0]), [0.0, 0.25, 0.0]);
        let f = vector(&sigmoid(scaled, order));
        assert_eq!(slopes(&f, &[-200.0, 0.0, 200.0]), [0.0, 0.5, 0.0]);
        assert_eq!(values(&f, &[-200.0, 0.0, 200.0]), [0.0, 0.5, 1.0]);
    }
    // With 2 instead of 1, this is another function.
    let other = vector(&sigmoid(negated, "%1, %1"));
    assert!(!other.instructions().iter().any(|i| i.op.name() == "logistic"));
}

#[test]
fn relu_has_the_derivative_0_at_0_and_maximum_a_half() {
    let text = |name: &str| {
        format!(
            "module @m {{
              func.func public @main(%a: tensor<3xf32>) -> tensor<3xf32> {{
                %0 = call @{name}(%a) : (tensor<3xf32>) -> tensor<3xf32>
                return %0 : tensor<3xf32>
              }}
              func.func private @{name}(%a: tensor<3xf32>) -> tensor<3xf32> {{
                %cst = stablehlo.constant dense<0.0> : tensor<f32>
                %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<3xf32>
                %1 = stablehlo.maximum %a, %0 : tensor<3xf32>
                return %1 : tensor<3xf32>
              }}
            }}"
        )
    };
    for (name, at_zero) in [("relu", 0.0), ("relu_12", 0.0), ("relu6", 0.0), ("relu6_2", 0.0), ("positive", 0.5)] {
        let f = import(&text(name)).unwrap();
        assert_eq!(slopes(&f, &[-1.0, 0.0, 2.0]), [0.0, at_zero, 1.0], "{name}");
        assert!(values(&f, &[f32::NAN, -0.0, 2.0])[0].is_nan());
    }
}

#[test]
fn logaddexp_has_derivatives_at_infinities() {
    let f = vector(
        "%c = stablehlo.constant dense<0xFF800000> : tensor<3xf32>
        %max = stablehlo.maximum %a, %c : tensor<3xf32>
        %gap = stablehlo.subtract %a, %c : tensor<3xf32>
        %nan = stablehlo.compare NE, %gap, %gap, FLOAT : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
        %sum = stablehlo.add %a, %c : tensor<3xf32>
        %abs = stablehlo.abs %gap : tensor<3xf32>
        %neg = stablehlo.negate %abs : tensor<3xf32>
        %exp = stablehlo.exponential %neg : tensor<3xf32>
        %log = stablehlo.log_plus_one %exp : tensor<3xf32>
        %both = stablehlo.add %max, %log : tensor<3xf32>
        %r = stablehlo.select %nan, %sum, %both : tensor<3xi1>, tensor<3xf32>
        return %r : tensor<3xf32>",
    );
    assert_eq!(values(&f, &[1.0, f32::NEG_INFINITY, 5.0]), [1.0, f32::NEG_INFINITY, 5.0]);
    assert_eq!(slopes(&f, &[1.0, f32::NEG_INFINITY, 5.0]), [1.0, 1.0, 1.0]);
}

#[test]
fn total_order_is_that_of_the_bits() {
    let f = import(&main_of(
        "%a: tensor<6xf32>",
        "tensor<6x6xi1>",
        "%0 = stablehlo.broadcast_in_dim %a, dims = [0] : (tensor<6xf32>) -> tensor<6x6xf32>
        %1 = stablehlo.broadcast_in_dim %a, dims = [1] : (tensor<6xf32>) -> tensor<6x6xf32>
        %2 = stablehlo.compare LT, %0, %1, TOTALORDER : (tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<6x6xi1>
        return %2 : tensor<6x6xi1>",
    ))
    .unwrap();
    let ascending = [-f32::NAN, f32::NEG_INFINITY, -0.0, 0.0, 1.5, f32::NAN];
    let found = interpret(&f, &[Array::from_slice([6], &ascending)]).unwrap();
    let expected: Vec<f64> = (0..36).map(|i| f64::from(u8::from(i / 6 < i % 6))).collect();
    assert_eq!(found[0].to_f64_vec(), expected);
}

#[test]
fn total_order_of_8_bits_is_that_of_the_bits() {
    let text = |ty: &str| {
        main_of(
            &format!("%a: tensor<6x{ty}>"),
            "tensor<6x6xi1>",
            &format!(
                "%0 = stablehlo.broadcast_in_dim %a, dims = [0] : (tensor<6x{ty}>) -> tensor<6x6x{ty}>
                %1 = stablehlo.broadcast_in_dim %a, dims = [1] : (tensor<6x{ty}>) -> tensor<6x6x{ty}>
                %2 = stablehlo.compare LT, %0, %1, TOTALORDER : (tensor<6x6x{ty}>, tensor<6x6x{ty}>) -> tensor<6x6xi1>
                return %2 : tensor<6x6xi1>"
            ),
        )
    };
    // -NaN, the least number, -0, 0, 1.5, NaN.
    let of_4_bits = [0xff, 0xfe, 0x80, 0x00, 0x3c, 0x7f].map(F8E4M3FN::from_bits);
    let of_5_bits = [0xff, 0xfc, 0x80, 0x00, 0x3e, 0x7f].map(F8E5M2::from_bits);
    let cases = [("f8E4M3FN", Array::from_slice([6], &of_4_bits)), ("f8E5M2", Array::from_slice([6], &of_5_bits))];
    for (ty, ascending) in cases {
        let found = interpret(&import(&text(ty)).unwrap(), &[ascending]).unwrap();
        let expected: Vec<f64> = (0..36).map(|i| f64::from(u8::from(i / 6 < i % 6))).collect();
        assert_eq!(found[0].to_f64_vec(), expected, "{ty}");
    }
}

/// If positions repeat, updates are applied one after the other. Updates outside are skipped.
#[test]
fn scatters_of_any_function_apply_it_in_turn() {
    let text = |unique: bool| {
        main_of(
            "%a: tensor<4xf32>, %i: tensor<3x1xi32>, %u: tensor<3xf32>",
            "tensor<4xf32>",
            &format!(
                "%0 = \"stablehlo.scatter\"(%a, %i, %u) <{{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], \
                 scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = {unique}}}> ({{
                ^bb0(%x: tensor<f32>, %y: tensor<f32>):
                  %1 = stablehlo.multiply %x, %x : tensor<f32>
                  %2 = stablehlo.add %1, %y : tensor<f32>
                  stablehlo.return %2 : tensor<f32>
                }}) : (tensor<4xf32>, tensor<3x1xi32>, tensor<3xf32>) -> tensor<4xf32>
                return %0 : tensor<4xf32>"
            ),
        )
    };
    let inputs = |at: [i32; 3]| {
        [
            Array::from_slice([4], &[1f32, 2.0, 3.0, 4.0]),
            Array::from_slice([3, 1], &at),
            Array::from_slice([3], &[10f32, 20.0, 30.0]),
        ]
    };
    let run = |unique: bool, at: [i32; 3]| {
        interpret(&import(&text(unique)).unwrap(), &inputs(at)).unwrap()[0].as_slice::<f32>().to_vec()
    };
    assert_eq!(run(false, [1, 1, 9]), [1.0, 14.0 * 14.0 + 20.0, 3.0, 4.0]);
    for unique in [true, false] {
        assert_eq!(run(unique, [3, 0, 9]), [21.0, 2.0, 3.0, 26.0]);
    }
}

#[test]
fn gradients_stop_where_options_say() {
    // x + (round(x) - x)
    let body = "%0 = stablehlo.round_nearest_even %a : tensor<3xf32>
%1 = stablehlo.subtract %0, %a : tensor<3xf32>
%2 = stablehlo.add %a, %1 : tensor<3xf32>
return %2 : tensor<3xf32>";
    let text = main_of("%a: tensor<3xf32>", "tensor<3xf32>", body);
    let imported = import_with(&text, &Options::default()).unwrap();
    assert_eq!(slopes(&imported.program, &[0.2, 1.7, 2.0]), [0.0; 3]);
    let [warning] = imported.warnings.as_slice() else { panic!("{:?}", imported.warnings) };
    let message = warning.to_string();
    assert!(
        message.starts_with("5:6: this looks like a straight-through estimator")
            && message.contains("`--stop-gradient 4`"),
        "{message}"
    );
    for place in ["4", "4:6"] {
        let stopped = import_with(&text, &Options::default().stop_gradient(place)).unwrap();
        assert_eq!((slopes(&stopped.program, &[0.2, 1.7, 2.0]), stopped.warnings.len()), (vec![1.0; 3], 0));
    }
    for place in ["40", "4:7", "@round"] {
        let error = import_with(&text, &Options::default().stop_gradient(place)).unwrap_err();
        assert_eq!(error, ImportError::NoOperation(place.to_owned()));
        assert!(error.to_string().contains(&format!("there is no operation `{place}` to stop gradients at")));
    }
    let called = "module @m {
      func.func public @main(%a: tensor<f32>) -> tensor<f32> {
        %0 = call @sinc_3(%a) : (tensor<f32>) -> tensor<f32>
        return %0 : tensor<f32>
      }
      func.func private @sinc_3(%a: tensor<f32>) -> tensor<f32> {
        %0 = stablehlo.log %a : tensor<f32>
        return %0 : tensor<f32>
      }
    }";
    let imported = import_with(called, &Options::default()).unwrap();
    assert!(imported.warnings[0].message.starts_with("JAX has a derivative of its own for `sinc`"));
    let stopped = import_with(called, &Options::default().stop_gradient("@sinc_3")).unwrap();
    assert!(stopped.program.instructions().iter().any(|i| i.op.name() == "stop_gradient"));
}

#[test]
fn what_cannot_be_in_a_file_is_told_as_that() {
    let callback = "module @m attributes {mhlo.num_partitions = 1 : i32} {
  sdy.mesh @maximal_mesh_0 = <[], device_ids=[0]> {stablehlo.mesh = {axes = [], device_ids = dense<0> : tensor<1xi64>}}
  func.func public @main(%arg0: tensor<3xf32>) -> (tensor<3xf32>) {
    stablehlo.custom_call @xla_ffi_python_cpu_callback(%arg0) {backend_config = \"\", has_side_effect = true, mhlo.backend_config = {index = 0 : ui64}, operand_layouts = [dense<0> : tensor<1xindex>], result_layouts = [], sdy.sharding = #sdy.sharding_per_value<[<@maximal_mesh_0, []>]>} : (tensor<3xf32>) -> ()
    return %arg0 : tensor<3xf32>
  }
}";
    let error = import(callback).unwrap_err().to_string();
    assert!(
        error.contains("4:5: `stablehlo.custom_call` calls @xla_ffi_python_cpu_callback, a Python function"),
        "{error}"
    );
    let cases = [
        ("tensor<3xf8E4M3FNUZ>", "rune's floats of 8 bits are `float8_e4m3fn` and `float8_e5m2`: convert others"),
        ("!stablehlo.token", "which orders effects; export the function without `io_callback`"),
    ];
    for (ty, expected) in cases {
        let text = main_of(&format!("%a: {ty}, %b: tensor<f32>"), "tensor<f32>", "return %b : tensor<f32>");
        let error = import(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Results that LAPACK leaves undefined, and missing options, cause no panic.
#[test]
fn calls_of_lapack_are_checked() {
    let call = |target: &str, options: &str, ty: &str, out: &str| {
        let body = format!(
            "%0:{n} = stablehlo.custom_call @{target}(%a) {{mhlo.backend_config = {{{options}}}}} : ({ty}) -> ({out})\nreturn %0#0 : {first}",
            n = out.matches("tensor").count(),
            first = out.split(", ").next().unwrap()
        );
        import(&main_of(&format!("%a: {ty}"), out.split(", ").next().unwrap(), &body)).unwrap_err().to_string()
    };
    let (square, wide) = ("tensor<2x2xf32>", "tensor<2x3xf32>");
    let error = call("lapack_spotrf_ffi", "", square, "tensor<2x2xf32>, tensor<i32>");
    assert!(error.contains("its option `uplo` is missing"), "{error}");
    let error = call("lapack_spotrf_ffi", "uplo = 76 : ui8", wide, "tensor<2x3xf32>, tensor<i32>");
    assert!(error.contains("it takes square matrices"), "{error}");
    let error = call("lapack_dpotrf_ffi", "uplo = 76 : ui8", square, "tensor<2x2xf32>, tensor<i32>");
    assert!(error.contains("@lapack_dpotrf_ffi takes f64"), "{error}");
    let svd = "tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<i32>";
    let error = call("lapack_sgesdd_ffi", "mode = 65 : ui8", square, svd);
    assert!(error.contains("returns what LAPACK leaves in the matrix"), "{error}");
    let error = call("lapack_spotrf_ffi", "uplo = 76 : ui8", "tensor<2xf32>", "tensor<2xf32>, tensor<i32>");
    assert!(error.contains("it takes matrices"), "{error}");
    let pivoted = |columns: &str| {
        let (numbers, results) = ("tensor<3xi32>", "tensor<2x3xf32>, tensor<3xi32>, tensor<2xf32>");
        let body = format!(
            "{columns}\n%0:3 = stablehlo.custom_call @lapack_sgeqp3_ffi(%a, %c) : ({wide}, {numbers}) -> ({results})\nreturn %0#1 : {numbers}"
        );
        import(&main_of(&format!("%a: {wide}, %b: {numbers}"), numbers, &body))
    };
    assert!(pivoted("%c = stablehlo.constant dense<0> : tensor<3xi32>").is_ok());
    for columns in
        ["%c = stablehlo.constant dense<[0, 1, 0]> : tensor<3xi32>", "%c = stablehlo.add %b, %b : tensor<3xi32>"]
    {
        let error = pivoted(columns).unwrap_err().to_string();
        assert!(error.contains("keeps columns at the start"), "{error}");
    }
}
