//! Tests of transformations of programs in files, and of both forms.

use crate::folder::{CONSTANT, Folder, SORT, SQUARE, SQUARE_JSON};
use std::fs;

/// The sum of squares times a factor.
const LOSS: &str = "\
def loss(x0, x1): # ([3, f32], [f32]) -> [f32]
    z0 = rune.mul(x0, x0) # ([3, f32], [3, f32]) -> [3, f32]
    z1 = rune.reduce_sum(z0, axes=[0]) # [3, f32] -> [f32]
    y0 = rune.mul(z1, x1) # ([f32], [f32]) -> [f32]
    return y0
";

fn folder() -> Folder {
    Folder::of(&[("loss.rune", LOSS), ("square.rune", SQUARE), ("sort.json", SORT), ("shift.json", CONSTANT)])
}

/// Returns what a pipeline prints.
fn shell(folder: &Folder, script: &str) -> String {
    let output = folder.shell(script);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && message.is_empty(), "{script}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

const POINT: &str = "-i '3xf32=1 2 3' -i f32=10";

#[test]
fn text_and_json_are_two_forms_of_one_program() {
    let folder = Folder::of(&[("f.rune", SQUARE), ("f.json", SQUARE_JSON)]);
    assert_eq!(folder.prints(&["fmt", "f.json"]), SQUARE);
    let json = folder.prints(&["fmt", "f.rune"]);
    assert!(
        json.starts_with("{\n  \"rune\": 1,\n  \"name\": \"square\",\n  \"inputs\": [\n    {\"name\": \"x0\""),
        "{json}"
    );
    fs::write(folder.path("g.json"), &json).unwrap();
    assert_eq!(folder.prints(&["fmt", "g.json", "--to", "json"]), json);
    assert_eq!(shell(&folder, "rune-cli fmt f.rune | rune-cli fmt - | rune-cli fmt - | rune-cli fmt -"), SQUARE);
    folder.prints(&["fmt", "f.json", "-o", "h.rune"]);
    assert_eq!(fs::read_to_string(folder.path("h.rune")).unwrap(), SQUARE);
    assert_eq!(folder.prints(&["fmt", "--check", "f.rune"]), "f.rune is formatted\n");
    assert_eq!(folder.prints(&["fmt", "--check", "g.json"]), "g.json is formatted\n");
    let output = folder.run(&["fmt", "--check", "f.json"]);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(1), &b"f.json is not formatted\n"[..]));
    let coloured = folder.prints(&["fmt", "f.json", "--color", "always"]);
    assert!(coloured.contains("\x1b[36mrune.mul\x1b[0m"), "{coloured:?}");
}

#[test]
fn large_constants_go_beside_json_and_not_into_text() {
    let folder = Folder::of(&[]);
    let elements = vec!["0.5"; 20].join(", ");
    let large = CONSTANT.replace("[10, 20]", &format!("[{elements}]")).replace("[2, f32]", "[20, f32]");
    fs::write(folder.path("large.json"), large).unwrap();
    folder.prints(&["simplify", "large.json", "-o", "out.json"]);
    assert_eq!(folder.files(), ["large.json", "out.json", "out.safetensors"]);
    folder.prints(&["diff", "large.json", "out.json", "--reference"]);
    let message = folder.fails(1, &["fmt", "out.json", "-o", "out.rune"]);
    assert!(message.contains("constant c0, of type [20, f32], is too large for text"), "{message}");
    // A pipe transfers all constants.
    let run = "rune-cli simplify out.json | rune-cli run - --reference -i 20xf32=1";
    assert!(shell(&folder, run).starts_with("# result 0: [20, f32]\n[1.5 1.5"), "{run}");
    assert_eq!(folder.prints(&["fmt", "--check", "out.json"]), "out.json is formatted\n");
}

#[test]
fn gradients_are_composed_by_pipes() {
    let folder = folder();
    let gradient = shell(&folder, &format!("rune-cli grad loss.rune | rune-cli run - --reference {POINT}"));
    assert_eq!(gradient, "# result 0: [3, f32]\n[20. 40. 60.]\n");
    let both =
        format!("rune-cli value-and-grad loss.rune --argnums 0-1 | rune-cli simplify - | rune-cli run - {POINT}");
    let expected = "# result 0: [f32]\n140.0\n# result 1: [3, f32]\n[20. 40. 60.]\n# result 2: [f32]\n14.0\n";
    assert_eq!(shell(&folder, &both), expected);
    let mixed = format!("rune-cli grad loss.rune --argnums 1 | rune-cli grad - | rune-cli run - --reference {POINT}");
    assert_eq!(shell(&folder, &mixed), "# result 0: [3, f32]\n[2. 4. 6.]\n");
}

#[test]
fn forward_and_reverse_mode_take_what_their_help_says() {
    let folder = folder();
    let jvp = format!("rune-cli jvp loss.rune --argnums 0 | rune-cli run - --reference {POINT} -i '3xf32=1 0 1'");
    assert_eq!(shell(&folder, &jvp), "# result 0: [f32]\n140.0\n# result 1: [f32]\n80.0\n");
    let vjp = format!("rune-cli vjp loss.rune | rune-cli run - --reference {POINT} -i f32=2");
    let expected = "# result 0: [f32]\n140.0\n# result 1: [3, f32]\n[ 40.  80. 120.]\n# result 2: [f32]\n28.0\n";
    assert_eq!(shell(&folder, &vjp), expected);
    // Integers have no tangents, so `floats` omits them.
    let types = folder.prints(&["--json", "jvp", "sort.json"]);
    assert!(types.contains("{\"name\": \"x2\", \"type\": \"[2, 3, f32]\"}") && !types.contains("x3"), "{types}");
}

#[test]
fn the_transpose_of_the_linear_part_is_the_gradient() {
    let folder = folder();
    folder.prints(&["linearize", "loss.rune", "--argnums", "0", "--forward", "forward.json", "-o", "linear.rune"]);
    folder.prints(&["transpose", "linear.rune", "--argnums", "0", "-o", "backward.rune"]);
    shell(&folder, &format!("rune-cli run forward.json --reference {POINT} -o point"));
    let residuals = fs::read_dir(folder.path("point")).unwrap().count() - 1;
    assert!(residuals > 0);
    let residuals: String = (1..=residuals).map(|i| format!(" -i point/result{i}.npy")).collect();
    let tangent = shell(&folder, &format!("rune-cli run linear.rune --reference -i '3xf32=1 0 1'{residuals}"));
    assert_eq!(tangent, "# result 0: [f32]\n80.0\n");
    let gradient = shell(&folder, &format!("rune-cli run backward.rune --reference{residuals} -i f32=1"));
    assert_eq!(gradient, "# result 0: [3, f32]\n[20. 40. 60.]\n");
}

#[test]
fn programs_are_batched() {
    let folder = folder();
    let run = "rune-cli vmap loss.rune --size 2 --in-axes 0,none | rune-cli run - --reference";
    let lanes = shell(&folder, &format!("{run} -i '2x3xf32=1 2 3 0 0 1' -i f32=10"));
    assert_eq!(lanes, "# result 0: [2, f32]\n[140.  10.]\n");
    let each = "rune-cli grad loss.rune | rune-cli vmap - --size 2 --in-axes=-1,0 | rune-cli run - --reference";
    let gradients = shell(&folder, &format!("{each} -i '3x2xf32=1 0 2 0 3 1' -i '2xf32=10 1'"));
    assert_eq!(gradients, "# result 0: [2, 3, f32]\n[[20. 40. 60.]\n [ 0.  0.  2.]]\n");
}

#[test]
fn stablehlo_text_goes_in_and_out() {
    let model = "\
module @jit_f {
  func.func public @main(%arg0: tensor<3xf32>, %arg1: tensor<f32>) -> tensor<f32> {
    %0 = stablehlo.multiply %arg0, %arg0 : tensor<3xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%0 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
    %2 = stablehlo.multiply %1, %arg1 : tensor<f32>
    return %2 : tensor<f32>
  }
}
";
    let folder = Folder::of(&[
        ("f.mlir", model),
        ("bad.mlir", &model.replace("stablehlo.multiply %arg0, %arg0", "stablehlo.unheard_of %arg0")),
    ]);
    folder.prints(&["import", "f.mlir", "-o", "f.json"]);
    assert_eq!(
        shell(&folder, &format!("rune-cli run f.json {POINT} --reference")),
        shell(
            &folder,
            &format!(
                "rune-cli import f.mlir | rune-cli export - | rune-cli import - | rune-cli run - {POINT} --reference"
            )
        )
    );
    let gradient =
        shell(&folder, &format!("rune-cli import f.mlir | rune-cli grad - | rune-cli run - {POINT} --reference"));
    assert!(gradient.contains("20") && gradient.contains("40") && gradient.contains("60"), "{gradient}");
    let refused = folder.run(&["import", "bad.mlir", "-o", "g.json"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert!(message.contains("bad.mlir:3:") && message.contains("unheard_of"), "{message}");
    assert!(!folder.path("g.json").exists());
}

#[test]
fn import_warns_of_derivatives_that_text_does_not_hold() {
    let estimator = "\
module @jit_f {
  func.func public @main(%arg0: tensor<f32>) -> tensor<f32> {
    %0 = stablehlo.round_nearest_even %arg0 : tensor<f32>
    %1 = stablehlo.subtract %0, %arg0 : tensor<f32>
    %2 = stablehlo.add %arg0, %1 : tensor<f32>
    return %2 : tensor<f32>
  }
}
";
    let folder = Folder::of(&[("f.mlir", estimator)]);
    let warned = folder.run(&["import", "f.mlir", "-o", "f.json"]);
    let message = String::from_utf8_lossy(&warned.stderr).into_owned();
    assert!(warned.status.success() && folder.path("f.json").exists(), "{message}");
    assert!(message.contains("f.mlir:5:10: this looks like a straight-through estimator"), "{message}");
    let quiet = folder.run(&["import", "f.mlir", "--stop-gradient", "4", "-o", "g.json"]);
    assert!(quiet.status.success() && quiet.stderr.is_empty(), "{}", String::from_utf8_lossy(&quiet.stderr));
    assert!(std::fs::read_to_string(folder.path("g.json")).unwrap().contains("stop_gradient"));
    let refused = folder.run(&["import", "f.mlir", "--stop-gradient", "@g", "-o", "h.json"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        refused.status.code() == Some(1) && message.contains("there is no operation `@g` to stop gradients at"),
        "{message}"
    );
}
