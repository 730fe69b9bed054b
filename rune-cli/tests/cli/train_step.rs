use rune::{Array, DType, Tensor, make_program, random, storage, value_and_grad};

/// The weights and offsets of two layers.
type Params = (Tensor, Tensor, Tensor, Tensor);

/// How far the network is from `y`: the mean of the squares.
fn loss((w1, b1, w2, b2): &Params, x: &Tensor, y: &Tensor) -> Tensor {
    let hidden = (x.matmul(w1) + b1).tanh();
    let error = hidden.matmul(w2) + b2 - y;
    (&error * &error).mean()
}

/// One step down the gradient.
fn train_step(params: &Params, x: &Tensor, y: &Tensor) -> (Tensor, Params) {
    let (loss, (dw1, db1, dw2, db2)) = value_and_grad(loss)(params, x, y);
    let (w1, b1, w2, b2) = params;
    (loss, (w1 - 0.1 * dw1, b1 - 0.1 * db1, w2 - 0.1 * dw2, b2 - 0.1 * db2))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [k1, k2, k3, k4] = random::split_into(&random::key(0));
    let normal = |key: &Tensor, shape: [usize; 2]| random::normal(key, shape, DType::F32);
    let zeros = |n: usize| Tensor::zeros(n, DType::F32);
    let params = (0.5 * normal(&k1, [4, 16]), zeros(16), 0.25 * normal(&k2, [16, 3]), zeros(3));
    let (x, y) = (normal(&k3, [8, 4]), normal(&k4, [8, 3]));

    make_program(loss, (&params, &x, &y))?.save("loss.json")?;
    make_program(train_step, (&params, &x, &y))?.save("train_step.json")?;
    // The inputs by name, in their order.
    let (w1, b1, w2, b2) = &params;
    let start: Vec<Array> = [w1, b1, w2, b2, &x, &y].map(Tensor::to_array).into_iter().collect::<Result<_, _>>()?;
    let names = ["x0", "x1", "x2", "x3", "x4", "x5"];
    storage::write("start.safetensors", names.into_iter().zip(&start))?;
    Ok(())
}
