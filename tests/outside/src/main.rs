//! Uses `rune` from a separate crate: derivatives, `jit`, training, and programs in files.
//!
//! The first argument is the path of a program that the command line wrote.

use rune::nn::{self, Mlp};
use rune::{Engine, Plan, Program, Tier, optim, prelude::*, random};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    assert!((outside::derivative(2.0) - (4.0 + 2.0f32.cos())).abs() < 1e-5);
    trains()?;
    program_in_file(&std::env::args().nth(1).ok_or("the path of a program is missing")?)?;
    imports()?;
    in_this_build()
}

/// A user's tree. The derive macro must find the crate under its name here.
#[derive(Tree, Clone)]
struct Model {
    mlp: Mlp,
    scale: f64,
}

fn trains() -> Outcome {
    fn loss(model: &Model, x: &Tensor, y: &Tensor) -> Tensor {
        nn::mse(&(model.mlp.forward(x) * model.scale), y)
    }
    let optimizer = optim::adam(1e-2);
    let step = jit(|model: &Model, state: &optim::State<optim::Adam, Model>, x: &Tensor, y: &Tensor| {
        let (loss, gradient) = value_and_grad(loss)(model, x, y);
        let (updates, state) = optimizer.update(&gradient, state, model);
        (optim::apply_updates(model, &updates), state, loss)
    });
    let [start, data] = random::split_into(&random::key(0));
    let x = random::uniform(&data, [64, 1], DType::F32, -3.0, 3.0);
    let y = x.sin();
    let mut model = Model { mlp: Mlp::new(&start, &[1, 32, 1], Tensor::tanh), scale: 1.0 };
    let mut state = optimizer.init(&model);
    let mut losses = Vec::new();
    for _ in 0..100 {
        let loss;
        (model, state, loss) = step(&model, &state, &x, &y);
        losses.push(loss.item::<f32>()?);
    }
    assert!(losses[99] < 0.5 * losses[0], "{losses:?}");
    assert_eq!(step.engine((&model, &state, &x, &y))?, Some(Engine::Host));
    Ok(())
}

fn program_in_file(path: &str) -> Outcome {
    let program = Program::load(path)?;
    let inputs = program.input_types().iter().map(|ty| rune::Array::zeros(ty.clone())).collect();
    let outputs = Plan::new(&program.simplify()).run(inputs)?;
    assert_eq!(outputs.iter().map(|y| y.ty().clone()).collect::<Vec<_>>(), program.output_types());
    Ok(())
}

fn imports() -> Outcome {
    let text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
        %y = stablehlo.add %x, %x : tensor<2xf32>
        return %y : tensor<2xf32>
    }";
    let program = rune::stablehlo::import(text)?;
    let y = Plan::new(&program).run(vec![rune::Array::from_slice([2], &[1.0f32, 2.0])])?;
    assert_eq!(y[0].as_slice::<f32>(), [2.0, 4.0]);
    Ok(())
}

/// Without the feature `iree`, operations that need it return an error that says so.
#[cfg(not(feature = "iree"))]
fn in_this_build() -> Outcome {
    let (f, x) = (jit(|x: &Tensor| x + 1.0), Tensor::scalar(1.0f32));
    let lowered = f.lower(&x)?;
    assert_eq!(lowered.program().instructions().len(), 2);
    let error = lowered.compile().err().ok_or("it is compiled without a compiler")?.to_string();
    assert!(error.contains("the feature `iree`") && error.contains("Cargo.toml"), "{error}");
    let f = f.tier(Tier::Iree);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f(&x))).err().ok_or("IREE runs it")?;
    let message = panic.downcast_ref::<String>().ok_or("the panic has a message")?;
    assert!(message.contains("the tier `iree`") && message.contains("feature `iree`"), "{message}");
    let error = rune::Device::open("cuda").err().ok_or("there is a GPU")?.to_string();
    assert!(error.contains("the device `cuda` needs the feature `iree`"), "{error}");
    assert_eq!(rune::Device::open("cpu")?, rune::default_device()?);
    Ok(())
}

/// With the feature `iree`, StableHLO is available without MLIR, and IREE runs it.
#[cfg(feature = "iree")]
fn in_this_build() -> Outcome {
    let (f, x) = (jit(|x: &Tensor| x.exp() + 1.0).tier(Tier::Iree), Tensor::from([0.0f32, 1.0]));
    assert!(f.lower(&x)?.code().contains("stablehlo.exponential"));
    let y = f(&x).to_vec::<f32>()?;
    assert!((y[0] - 2.0).abs() < 1e-6 && (y[1] - (1.0 + 1.0f32.exp())).abs() < 1e-5, "{y:?}");
    assert_eq!(f.engine(&x)?, Some(Engine::Iree));
    Ok(())
}
