//! Messages about states of another model, and about labels that are not classes.

use super::support::panic_of;
use rune_nn::nn::{self, Linear};
use rune_nn::optim::{self, *};
use rune_trace::ProgramExt;
use rune_trace::{DType, Tensor, Tree, debug_nans, make_program, random, value_and_grad, vmap};

#[derive(Tree, Clone)]
struct Model {
    layers: Vec<Linear>,
    scale: Option<Tensor>,
}

fn model(sizes: &[usize], scale: bool, dtype: DType) -> Model {
    let key = random::key(0);
    let layers = sizes.windows(2).map(|pair| Linear::new(&key, pair[0], pair[1])).collect();
    let model = Model { layers, scale: scale.then(|| Tensor::ones([3], DType::F32)) };
    model.map(&mut |x| x.cast(dtype))
}

/// Returns the message when `optimizer` takes a step for one model with the state of another.
#[track_caller]
fn update_message<T: GradientTransformation>(optimizer: &T, of: &Model, with: &Model) -> String {
    let state = optimizer.init(with);
    let line = line!() + 1;
    let (message, place) = panic_of(|| drop(optimizer.update(of, &state, of))).expect("it panics");
    assert_eq!(place, format!("{}:{line}", file!()), "{message}");
    message
}

#[track_caller]
fn each(optimizer: &impl GradientTransformation, part: &str) {
    let mine = model(&[4, 8, 2], true, DType::F32);
    let cases = [
        // Another size: the weight of the second layer is the first leaf that differs.
        (model(&[4, 8, 3], true, DType::F32), "layers.1.weight", "type [8, 3, f32]"),
        (model(&[4, 8], true, DType::F32), "layers.1.weight", "has no"),
        (model(&[4, 8, 2], false, DType::F32), "scale", "has no"),
        (model(&[4, 8, 2, 2], true, DType::F32), "layers.2.weight", "no gradient `layers.2.weight`"),
        (model(&[4, 8, 2], true, DType::F64), "layers.0.weight", "type [4, 8, f64]"),
    ];
    for (other, leaf, what) in cases {
        let message = update_message(optimizer, &mine, &other);
        for expected in [&format!("`{part}.{leaf}`"), "belongs to another model", what, "`init`"] {
            assert!(message.contains(expected), "`{expected}` is not in: {message}");
        }
    }
    // With the state of its own model, it takes a step.
    let (updates, _) = optimizer.update(&mine, &optimizer.init(&mine), &mine);
    assert_eq!(updates.leaves().len(), mine.leaves().len());
}

#[test]
fn a_state_of_another_model_is_told_by_its_first_leaf() {
    each(&optim::adam(0.1), "mu");
    each(&optim::nadam(0.1), "mu");
    each(&optim::adamw(0.1), "mu");
    each(&optim::adamax(0.1), "mu");
    each(&optim::radam(0.1), "mu");
    each(&optim::lamb(0.1), "mu");
    each(&optim::lion(0.1), "mu");
    each(&optim::adagrad(0.1), "sum_of_squares");
    each(&optim::rmsprop(0.1), "nu");
    each(&optim::trace(0.9), "trace");
    each(&Sgd { momentum: Some(0.9), ..optim::sgd(0.1) }, "trace");
    each(&optim::ema(0.9), "ema");
    each(&optim::multi_steps(optim::sgd(0.1), 2), "gradients");
    each(&optim::masked(optim::adam(0.1), Mask::all()), "mu");
    each(&(optim::clip_by_global_norm(1.0), optim::adam(0.1)), "mu");
    each(&Some(optim::adam(0.1)), "mu");
    each(&&optim::adam(0.1), "mu");
}

#[test]
fn the_state_of_adafactor_fits_its_factors() {
    let optimizer = ScaleByFactoredRms { factored: true, decay_rate: 0.8, min_dim_size_to_factor: 2, eps: 1e-30 };
    let mine = model(&[4, 8, 2], true, DType::F32);
    let message = update_message(&optimizer, &mine, &model(&[4, 8, 3], true, DType::F32));
    assert!(message.contains("its `v_row.layers.1.weight` has type [3, f32]"), "{message}");
    assert!(message.contains("gradients of type [8, 2, f32] need [2, f32]"), "{message}");
    let message = update_message(&optimizer, &mine, &model(&[5, 8, 2], true, DType::F32));
    assert!(message.contains("`v_row.layers.0.weight`"), "{message}");
    let (updates, _) = optimizer.update(&mine, &optimizer.init(&mine), &mine);
    assert_eq!(updates.leaves().len(), mine.leaves().len());
}

/// Messages when gradients or updates do not match the parameters.
#[test]
fn gradients_of_another_model_are_told_by_their_first_leaf() {
    let (mine, other) = (model(&[4, 8, 2], true, DType::F32), model(&[4, 8, 3], true, DType::F32));
    let message = panic_of(|| drop(optim::apply_updates(&mine, &other))).unwrap().0;
    assert!(message.contains("`layers.1.weight` has type [8, 3, f32] in the updates"), "{message}");
    let decayed = optim::add_decayed_weights(0.1);
    let message = panic_of(|| drop(decayed.update(&other, &(), &mine))).unwrap().0;
    assert!(message.contains("`layers.1.weight` has type [8, 3, f32] in the gradients"), "{message}");
    let message = panic_of(|| drop(ScaleByTrustRatio.update(&model(&[4, 8], true, DType::F32), &(), &mine))).unwrap().0;
    assert!(message.contains("the gradients lack `layers.1.weight`"), "{message}");
    // Updates may have a wider or narrower dtype than the parameters.
    let halves = model(&[4, 8, 2], true, DType::BF16);
    assert_eq!(optim::apply_updates(&mine, &halves).layers[0].weight.dtype(), DType::F32);
}

#[test]
fn a_state_with_other_settings_is_told() {
    let mine = model(&[4, 2], false, DType::F32);
    let (centered, plain) = (ScaleByRms { centered: true, ..ScaleByRms::default() }, ScaleByRms::default());
    let message = panic_of(|| drop(centered.update(&mine, &plain.init(&mine), &mine))).unwrap().0;
    assert!(message.contains("an optimiser with other settings"), "{message}");
    let state = AdamState { count: Tensor::from([1, 2]), mu: mine.clone(), nu: mine.clone() };
    let message = panic_of(|| drop(ScaleByAdam::default().update(&mine, &state, &mine))).unwrap().0;
    assert!(message.contains("`count` of the state has to be an integer scalar, and has type [2, i32]"), "{message}");
}

const NN_LOSS: u32 = line!() + 2;
fn nn_loss(logits: &Tensor, labels: &Tensor) -> Tensor {
    nn::softmax_cross_entropy_with_integer_labels(logits, labels)
}

fn loss(logits: &Tensor, labels: &Tensor) -> Tensor {
    nn::softmax_cross_entropy_with_integer_labels(logits, labels)
}

#[test]
fn labels_that_are_no_classes_are_refused_where_they_are_known() {
    let logits = Tensor::zeros([2, 3, 5], DType::F32);
    for dtype in DType::ALL.into_iter().filter(|dtype| dtype.is_int()) {
        let good = Tensor::from([[0, 4, 1], [2, 3, 0]]).cast(dtype);
        assert_eq!(loss(&logits, &good).to_vec::<f32>().unwrap(), [5f32.ln(); 6]);
        let message = panic_of(|| drop(loss(&logits, &good.at((1, 2)).set(5)))).unwrap().0;
        assert!(message.contains("label 5 at [1, 2] is not one of the 5 classes 0 to 4"), "{message}");
    }
    let negative = Tensor::from([[0, -1, 1], [2, 3, 0]]);
    assert!(panic_of(|| drop(loss(&logits, &negative))).unwrap().0.contains("label -1 at [0, 1]"));
    // Under a gradient, labels are known as well.
    let mean = |logits: &Tensor, labels: &Tensor| loss(logits, labels).mean();
    assert!(panic_of(|| drop(value_and_grad(mean)(&logits, &negative))).unwrap().0.contains("label -1 at [0, 1]"));
    // An empty list of labels is not an error.
    assert_eq!(*loss(&Tensor::zeros([0, 5], DType::F32), &Tensor::zeros([0], DType::I32)).shape(), [0]);
}

#[test]
fn labels_that_are_no_classes_give_nan_where_they_are_not_known() {
    let (logits, labels) = (Tensor::from([[1.0f32, 2.0], [1.0, 2.0], [0.0, 0.0]]), Tensor::from([0, 2, -1]));
    let program = make_program(loss, (&logits, &labels)).unwrap();
    let losses = program.apply(&[logits.clone(), labels.clone()])[0].to_vec::<f32>().unwrap();
    assert!(losses[0].is_finite() && losses[1].is_nan() && losses[2].is_nan(), "{losses:?}");
    let lanes = vmap(loss)(&logits, &labels).to_vec::<f32>().unwrap();
    assert!(lanes[0].is_finite() && lanes[1].is_nan() && lanes[2].is_nan(), "{lanes:?}");
    // `debug_nans` finds the NaN, at the line of the loss.
    let each = |logits: &Tensor, labels: &Tensor| vmap(nn_loss)(logits, labels).sum();
    let error = debug_nans(each)(&logits, &labels).unwrap_err().to_string();
    assert!(error.contains(&format!("states.rs:{NN_LOSS}:")), "{error}");
    // Labels in range give finite losses.
    let good = debug_nans(loss)(&logits, &Tensor::from([0, 1, 1])).unwrap();
    assert!(good.to_vec::<f32>().unwrap().iter().all(|x| x.is_finite()));
}
