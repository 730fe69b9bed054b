//! Panics and instructions of layers and optimisers are at the user's line.

use super::support::{Seen, Traced, public_functions};
use rune_nn::nn::{self, *};
use rune_nn::optim::{self, *};
use rune_nn::quant::{AnyLinear, Bits, QuantizedLinear};
use rune_trace::{ConvOptions, DType, Tensor, make_program, random};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
/// Files whose functions users cannot call.
const INNER: [&str; 1] = ["optim/moments.rs"];
const LEAVES: [&str; 6] =
    ["expect_state", "expect_state_of", "expect_count", "expect_shapes", "zip", "accumulation_dtype"];

/// Records that the function, called at this line, must panic at this line.
macro_rules! at_fault {
    ($seen:ident, $name:literal, $f:expr) => {
        $seen.check($name, file!(), line!(), || {
            let _ = $f;
        })
    };
}

/// Records that the functions are called at this line, in a function of one tensor.
macro_rules! from_here {
    ($seen:ident, [$($name:literal),+], $x:expr, $f:expr) => {
        $seen.check(&[$($name),+], file!(), line!(), &make_program($f, $x).unwrap())
    };
}

fn public() -> std::collections::BTreeSet<String> {
    let mut public = public_functions(SOURCES, &INNER);
    public.retain(|name| !LEAVES.iter().any(|inner| *name == format!("leaves::{inner}")));
    public
}

#[test]
#[rustfmt::skip]
fn panics_are_at_the_users_line() {
    let mut seen = Seen::default();
    let (f, n, none) = (&Tensor::zeros([2, 3], DType::F32), &Tensor::zeros([2, 3], DType::I32), &Tensor::scalar(1.0f32));
    let (key, vector, four) = (&random::key(0), &Tensor::zeros([3], DType::F32), &Tensor::zeros([1, 2, 2, 4], DType::F32));

    at_fault!(seen, "attention::dot_product_attention", dot_product_attention(f, f, f, &Attention::default()));
    at_fault!(seen, "attention::dot_product_attention", dot_product_attention(four, four, four, &Attention { mask: Some(f), ..Attention::default() }));
    at_fault!(seen, "attention::MultiHeadAttention::new", MultiHeadAttention::new(key, 5, 2));
    at_fault!(seen, "attention::MultiHeadAttention::forward", MultiHeadAttention::new(key, 4, 2).forward(f, f, &Attention::default()));
    at_fault!(seen, "attention::MultiHeadAttention::in_heads", MultiHeadAttention::new(key, 4, 2).in_heads(f));
    at_fault!(seen, "attention::MultiHeadAttention::joined", MultiHeadAttention::new(key, 4, 2).joined(none));
    at_fault!(seen, "attention::rotary_embedding", rotary_embedding(f, f, 1e4));
    at_fault!(seen, "attention::rotary_embedding_with", rotary_embedding_with(four, f, vector));
    at_fault!(seen, "conv::Conv::new", Conv::new(key, 3, 4, [2, 2], ConvOptions::new().groups(2)));
    at_fault!(seen, "conv::Conv::forward", Conv::new(key, 2, 4, [2, 2], ConvOptions::new()).forward(f));
    at_fault!(seen, "conv::ConvTranspose::new", ConvTranspose::new(key, 3, 4, [2, 2], ConvOptions::new().groups(2)));
    at_fault!(seen, "conv::ConvTranspose::forward", ConvTranspose::new(key, 2, 4, [2, 2], ConvOptions::new()).forward(f));
    at_fault!(seen, "dropout::Dropout::forward", Dropout { rate: 2.0 }.forward(f, None));
    at_fault!(seen, "dropout::Dropout::forward", Dropout { rate: 0.5 }.forward(f, Some(f)));
    at_fault!(seen, "init::VarianceScaling::draw", init::he_normal().draw(key, [3], DType::F32));
    at_fault!(seen, "init::uniform", init::uniform(f, 1.0, [3], DType::F32));
    at_fault!(seen, "init::normal", init::normal(f, 1.0, [3], DType::F32));
    at_fault!(seen, "init::orthogonal", init::orthogonal(key, 1.0, [3], -1, DType::F32));
    at_fault!(seen, "init::delta_orthogonal", init::delta_orthogonal(key, 1.0, [3, 2, 1], DType::F32));
    at_fault!(seen, "init::truncated_normal", init::truncated_normal(f, 1.0, [3], DType::F32));
    at_fault!(seen, "linear::Linear::new", Linear::new(f, 2, 2));
    at_fault!(seen, "linear::Linear::forward", Linear::new(key, 2, 2).forward(f));
    at_fault!(seen, "linear::Embedding::new", Embedding::new(f, 2, 2));
    at_fault!(seen, "linear::Embedding::forward", Embedding::new(key, 2, 2).forward(f));
    at_fault!(seen, "linear::Embedding::attend", Embedding::new(key, 2, 2).attend(f));
    at_fault!(seen, "linear::Mlp::new", Mlp::new(key, &[2], Tensor::relu));
    at_fault!(seen, "linear::Mlp::forward", Mlp::new(key, &[2, 3], Tensor::relu).forward(f));
    at_fault!(seen, "linear::Mlp::forward", Mlp::new(key, &[3, 3, 3], Tensor::logical_not).forward(f));
    at_fault!(seen, "losses::softmax_cross_entropy", nn::softmax_cross_entropy(f, n));
    at_fault!(seen, "losses::softmax_cross_entropy_with_integer_labels", nn::softmax_cross_entropy_with_integer_labels(f, f));
    at_fault!(seen, "losses::softmax_cross_entropy_with_integer_labels", nn::softmax_cross_entropy_with_integer_labels(f, &Tensor::from([0, 3])));
    at_fault!(seen, "losses::sigmoid_binary_cross_entropy", nn::sigmoid_binary_cross_entropy(f, n));
    at_fault!(seen, "losses::sigmoid_focal_loss", nn::sigmoid_focal_loss(f, n, 2.0));
    at_fault!(seen, "losses::hinge_loss", nn::hinge_loss(f, n));
    at_fault!(seen, "losses::squared_error", nn::squared_error(f, vector));
    at_fault!(seen, "losses::l2_loss", nn::l2_loss(f, vector));
    at_fault!(seen, "losses::mse", nn::mse(f, vector));
    at_fault!(seen, "losses::huber_loss", nn::huber_loss(f, vector, 1.0));
    at_fault!(seen, "losses::log_cosh", nn::log_cosh(f, vector));
    at_fault!(seen, "losses::cosine_similarity", nn::cosine_similarity(f, n, 0.0));
    at_fault!(seen, "losses::cosine_distance", nn::cosine_distance(f, n, 0.0));
    at_fault!(seen, "losses::kl_divergence", nn::kl_divergence(f, n));
    at_fault!(seen, "losses::smooth_labels", nn::smooth_labels(none, 0.1));
    at_fault!(seen, "norm::LayerNorm::forward", LayerNorm::new(4).forward(f));
    at_fault!(seen, "norm::RmsNorm::forward", RmsNorm::new(4).forward(f));
    at_fault!(seen, "norm::GroupNorm::forward", GroupNorm::new(2, 3).forward(f));
    at_fault!(seen, "norm::GroupNorm::forward", GroupNorm::new(1, 2).forward(f));
    at_fault!(seen, "norm::BatchNorm::forward", BatchNorm::new(4).forward(f, &BatchStatistics::new(4)));
    at_fault!(seen, "norm::BatchNorm::train", BatchNorm::new(4).train(f, &BatchStatistics::new(4)));
    at_fault!(seen, "norm::BatchNorm::train", BatchNorm::new(3).train(vector, &BatchStatistics::new(3)));
    at_fault!(seen, "quant::QuantizedLinear::new", QuantizedLinear::new(&Linear::new(key, 6, 2), Bits::Four { group: 4 }));
    at_fault!(seen, "quant::QuantizedLinear::forward", QuantizedLinear::new(&Linear::new(key, 4, 2), Bits::Eight).forward(f));
    at_fault!(seen, "quant::AnyLinear::forward", AnyLinear::from(Linear::new(key, 4, 2)).forward(f));
    at_fault!(seen, "quant::AnyLinear::quantized", AnyLinear::from(Linear::new(key, 6, 2)).quantized(Bits::Four { group: 4 }));
    at_fault!(seen, "recurrent::GruCell::new", GruCell::new(f, 2, 2));
    at_fault!(seen, "recurrent::GruCell::step", { let cell = GruCell::new(key, 2, 2); cell.step(&cell.rest([]), f) });
    at_fault!(seen, "recurrent::GruCell::forward", { let cell = GruCell::new(key, 2, 2); cell.forward(&cell.rest([]), f) });
    at_fault!(seen, "recurrent::LstmCell::new", LstmCell::new(f, 2, 2));
    at_fault!(seen, "recurrent::LstmCell::step", { let cell = LstmCell::new(key, 2, 2); cell.step(&cell.rest([]), f) });
    at_fault!(seen, "recurrent::LstmCell::forward", { let cell = LstmCell::new(key, 2, 2); cell.forward(&cell.rest([]), f) });
    at_fault!(seen, "leaves::apply_updates", optim::apply_updates(f, vector));
    at_fault!(seen, "leaves::global_norm", optim::global_norm(&vec![f.cast(DType::Bool)]));
    at_fault!(seen, "schedule::Schedule::at", Schedule::from(|count: &Tensor| count + Tensor::scalar(true)).at(none));
    at_fault!(seen, "schedule::cosine_decay_schedule", optim::cosine_decay_schedule(1.0, 0, 0.0));
    at_fault!(seen, "schedule::warmup_cosine_decay_schedule", optim::warmup_cosine_decay_schedule(0.0, 1.0, 10, 10, 0.0));
    at_fault!(seen, "schedule::join_schedules", optim::join_schedules([], &[]));
    at_fault!(seen, "schedule::join_schedules", optim::join_schedules([Schedule::from(1.0)], &[3]));
    at_fault!(seen, "wrap::multi_steps", optim::multi_steps(optim::sgd(1.0), 0));
    let never = [
        "adafactor::adafactor", "adam::adam", "adam::adamw", "adam::nadam", "adam_kin::adamax", "adam_kin::lamb", "adam_kin::lion",
        "adam_kin::radam", "attention::Attention::causal", "clip::clip", "clip::clip_by_global_norm", "conv::Conv::without_bias",
        "conv::ConvTranspose::without_bias", "init::VarianceScaling::axes", "init::variance_scaling", "leaves::Mask::all",
        "leaves::Mask::matrices", "leaves::Mask::new", "linear::Linear::without_bias", "norm::BatchNorm::new",
        "norm::BatchStatistics::new", "norm::GroupNorm::new", "norm::LayerNorm::new", "norm::LayerNorm::without_bias",
        "norm::RmsNorm::new", "quant::QuantizedLinear::bytes", "quant::QuantizedLinear::dequantized", "recurrent::GruCell::rest", "recurrent::LstmCell::rest", "rms::adagrad", "rms::rmsprop",
        "scale::add_decayed_weights", "scale::scale", "scale::scale_by_learning_rate", "scale::scale_by_schedule",
        "schedule::Schedule::at_least", "schedule::Schedule::at_most", "schedule::Schedule::delayed", "schedule::Schedule::stepwise",
        "schedule::constant_schedule", "schedule::exponential_decay", "schedule::linear_schedule",
        "schedule::piecewise_constant_schedule", "schedule::polynomial_schedule", "sgd::sgd", "sgd::trace", "trust::clip_by_block_rms",
        "wrap::ema", "wrap::masked", "init::glorot_normal", "init::glorot_uniform", "init::he_normal", "init::he_uniform",
        "init::lecun_normal", "init::lecun_uniform",
    ];
    seen.finish(&public(), &never);
}

/// A model with two kinds of leaves.
type Model = (Tensor, Vec<Tensor>);

fn model() -> Model {
    (Tensor::from([[0.5f32, 0.25], [1.0, 2.0]]), vec![Tensor::from([1.0f32, -1.0])])
}

#[test]
#[rustfmt::skip]
fn instructions_are_from_the_line_of_the_call() {
    let mut seen = Traced::default();
    let x = &Tensor::from([[0.5f32, 0.25, 0.125], [0.5, 0.75, 0.875]]);
    let (key, image) = (&random::key(0), &random::normal(&random::key(1), [2, 4, 5, 5], DType::F32));
    image.realize().unwrap();
    let tokens = &random::normal(key, [1, 3, 4], DType::F32);
    tokens.realize().unwrap();

    from_here!(seen, ["attention::dot_product_attention", "attention::rotary_embedding", "attention::rotary_embedding_with", "attention::Attention::causal"], tokens, |x: &Tensor| { let x = x.reshape([1, 3, 2, 2]); let y = rotary_embedding(&dot_product_attention(&x, &x, &x, &Attention::causal()), &Tensor::arange(0..3, DType::I32), 1e4); rotary_embedding_with(&y, &Tensor::arange(0..3, DType::I32), &Tensor::from([1.0f32])) });
    from_here!(seen, ["attention::MultiHeadAttention::new", "attention::MultiHeadAttention::forward", "attention::MultiHeadAttention::in_heads", "attention::MultiHeadAttention::joined"], tokens, |x: &Tensor| MultiHeadAttention::new(key, 4, 2).forward(x, x, &Attention::default()));
    from_here!(seen, ["conv::Conv::new", "conv::Conv::forward", "conv::ConvTranspose::new", "conv::ConvTranspose::forward"], image, |x: &Tensor| ConvTranspose::new(key, 8, 2, [2, 2], ConvOptions::new()).forward(&Conv::new(key, 4, 8, [2, 2], ConvOptions::new()).forward(x)));
    from_here!(seen, ["dropout::Dropout::forward"], x, |x: &Tensor| (Dropout { rate: 0.5 }.forward(x, Some(key)), Dropout { rate: 1.0 }.forward(x, Some(key))));
    from_here!(seen, ["init::orthogonal", "init::delta_orthogonal"], key, |k: &Tensor| (init::orthogonal(k, 1.0, [3, 2], 0, DType::F32), init::delta_orthogonal(k, 1.0, [3, 2, 2], DType::F32)));
    from_here!(seen, ["init::VarianceScaling::draw", "init::uniform", "init::normal", "init::truncated_normal"], key, |k: &Tensor| (init::he_uniform().draw(k, [2, 3], DType::F32), init::glorot_normal().draw(k, [2, 3], DType::F32), init::uniform(k, 1.0, [3], DType::F32), init::normal(k, 1.0, [3], DType::F32), init::truncated_normal(k, 1.0, [3], DType::F32)));
    from_here!(seen, ["linear::Linear::new", "linear::Linear::forward", "linear::Mlp::new", "linear::Mlp::forward"], x, |x: &Tensor| (Linear::new(key, 3, 2).forward(x), Mlp::new(key, &[3, 4, 4, 2], Tensor::gelu).forward(x)));
    from_here!(seen, ["linear::Embedding::new", "linear::Embedding::forward", "linear::Embedding::attend"], x, |x: &Tensor| { let e = Embedding::new(key, 5, 3); (e.attend(x), e.forward(&x.cast(DType::I32))) });
    from_here!(seen, ["losses::softmax_cross_entropy", "losses::softmax_cross_entropy_with_integer_labels", "losses::sigmoid_binary_cross_entropy", "losses::sigmoid_focal_loss"], x, |x: &Tensor| (nn::softmax_cross_entropy(x, x), nn::softmax_cross_entropy_with_integer_labels(x, &x.argmax_axis(1)), nn::sigmoid_binary_cross_entropy(x, x), nn::sigmoid_focal_loss(x, x, 2.0)));
    from_here!(seen, ["losses::hinge_loss", "losses::squared_error", "losses::l2_loss", "losses::mse", "losses::huber_loss", "losses::log_cosh"], x, |x: &Tensor| (nn::hinge_loss(x, x), nn::squared_error(x, x), nn::l2_loss(x, x), nn::mse(x, x), nn::huber_loss(x, x, 1.0), nn::log_cosh(x, x)));
    from_here!(seen, ["losses::cosine_similarity", "losses::cosine_distance", "losses::kl_divergence", "losses::smooth_labels"], x, |x: &Tensor| (nn::cosine_similarity(x, x, 0.1), nn::cosine_distance(x, x, 0.1), nn::kl_divergence(x, x), nn::smooth_labels(x, 0.1)));
    from_here!(seen, ["norm::LayerNorm::new", "norm::LayerNorm::forward", "norm::RmsNorm::new", "norm::RmsNorm::forward"], x, |x: &Tensor| (LayerNorm::new(3).forward(x), RmsNorm::new(3).forward(x)));
    from_here!(seen, ["norm::GroupNorm::new", "norm::GroupNorm::forward", "norm::BatchNorm::new", "norm::BatchNorm::forward", "norm::BatchNorm::train", "norm::BatchStatistics::new"], image, |x: &Tensor| { let (b, s) = (BatchNorm::new(4), BatchStatistics::new(4)); let (y, s) = b.train(x, &s); (GroupNorm::new(2, 4).forward(x), b.forward(&y, &s)) });
    from_here!(seen, ["quant::QuantizedLinear::new", "quant::QuantizedLinear::forward", "quant::QuantizedLinear::dequantized"], x, |x: &Tensor| { let q = QuantizedLinear::new(&Linear { weight: x.i((.., ..2)).t(), bias: None }, Bits::Four { group: 1 }); (q.forward(&x.i((0, ..2))), q.dequantized()) });
    from_here!(seen, ["quant::AnyLinear::quantized", "quant::AnyLinear::forward"], x, |x: &Tensor| AnyLinear::from(Linear { weight: x.t(), bias: None }).quantized(Bits::Eight).forward(x));
    from_here!(seen, ["recurrent::GruCell::new", "recurrent::GruCell::rest", "recurrent::GruCell::step", "recurrent::GruCell::forward"], x, |x: &Tensor| { let cell = GruCell::new(key, 3, 2); cell.forward(&cell.rest([]), x) });
    from_here!(seen, ["recurrent::LstmCell::new", "recurrent::LstmCell::rest", "recurrent::LstmCell::step", "recurrent::LstmCell::forward"], x, |x: &Tensor| { let cell = LstmCell::new(key, 3, 2); cell.forward(&cell.rest([]), x).1 });
    from_here!(seen, ["leaves::global_norm", "leaves::apply_updates"], x, |x: &Tensor| (optim::global_norm(x), optim::apply_updates(x, x)));
    from_here!(seen, ["schedule::Schedule::at", "schedule::constant_schedule", "schedule::linear_schedule", "schedule::polynomial_schedule", "schedule::exponential_decay", "schedule::cosine_decay_schedule"], &Tensor::scalar(1.0f32), |n: &Tensor| (optim::constant_schedule(1.0).at(n), optim::linear_schedule(1.0, 0.0, 3).at(n), optim::exponential_decay(1.0, 3, 0.5).delayed(2).at_least(0.1).at_most(9.0).stepwise(2).at(n), optim::cosine_decay_schedule(1.0, 3, 0.0).at(n)));
    from_here!(seen, ["schedule::warmup_cosine_decay_schedule", "schedule::piecewise_constant_schedule", "schedule::join_schedules", "schedule::Schedule::delayed", "schedule::Schedule::at_least", "schedule::Schedule::at_most", "schedule::Schedule::stepwise"], &Tensor::scalar(1.0f32), |n: &Tensor| (optim::warmup_cosine_decay_schedule(0.0, 1.0, 3, 9, 0.0).at(n), optim::piecewise_constant_schedule(1.0, &[(3, 0.5)]).at(n)));

    /// One step from the initial state.
    macro_rules! steps {
        ($($name:literal, $optimizer:expr;)*) => {$(
            seen.check(&[$name], file!(), line!(), &make_program(|w: &Model| { let o = $optimizer; o.update(w, &o.init(w), w) }, &model()).unwrap());
        )*};
    }
    steps! { "adafactor::adafactor", Adafactor { momentum: Some(0.9), weight_decay_rate: Some(0.1), scale: ScaleByFactoredRms { factored: true, decay_rate: 0.8, min_dim_size_to_factor: 2, eps: 1e-30 }, ..optim::adafactor(0.1) }; }
    steps! { "adam::adam", optim::adam(0.1); }
    steps! { "adam::nadam", optim::nadam(optim::linear_schedule(1.0, 0.0, 10)); }
    steps! { "adam::adamw", optim::adamw(0.1); }
    steps! { "adam_kin::adamax", optim::adamax(0.1); }
    steps! { "adam_kin::radam", optim::radam(0.1); }
    steps! { "adam_kin::lamb", optim::lamb(0.1); }
    steps! { "adam_kin::lion", optim::lion(0.1); }
    steps! { "rms::adagrad", optim::adagrad(0.1); }
    steps! { "rms::rmsprop", RmsProp { momentum: Some(0.9), scale: ScaleByRms { centered: true, bias_correction: true, ..ScaleByRms::default() }, ..optim::rmsprop(0.1) }; }
    steps! { "sgd::sgd", Sgd { momentum: Some(0.9), nesterov: true, ..optim::sgd(0.1) }; }
    steps! { "sgd::trace", optim::trace(0.9); }
    steps! { "clip::clip", (optim::clip(1.0), optim::sgd(0.1)); }
    steps! { "clip::clip_by_global_norm", (optim::clip_by_global_norm(1.0), Some(optim::sgd(0.1))); }
    steps! { "trust::clip_by_block_rms", (optim::clip_by_block_rms(1.0), ScaleByTrustRatio, ScaleByParamBlockRms); }
    steps! { "scale::scale", (optim::scale(2.0), optim::add_decayed_weights(0.1)); }
    steps! { "scale::add_decayed_weights", &optim::add_decayed_weights(0.1); }
    steps! { "scale::scale_by_schedule", optim::scale_by_schedule(optim::exponential_decay(1.0, 3, 0.5)); }
    steps! { "scale::scale_by_learning_rate", optim::scale_by_learning_rate(0.5); }
    steps! { "wrap::ema", optim::ema(0.9); }
    steps! { "wrap::multi_steps", optim::multi_steps(optim::adam(0.1), 2); }
    steps! { "wrap::masked", optim::masked(optim::adam(0.1), Mask::matrices()); }
    let none = [
        "conv::Conv::without_bias", "conv::ConvTranspose::without_bias", "init::VarianceScaling::axes", "init::variance_scaling",
        "init::glorot_normal", "init::glorot_uniform", "init::he_normal", "init::he_uniform", "init::lecun_normal", "init::lecun_uniform",
        "leaves::Mask::all", "leaves::Mask::matrices", "leaves::Mask::new", "linear::Linear::without_bias",
        "norm::LayerNorm::without_bias", "quant::QuantizedLinear::bytes",
    ];
    seen.finish(&public(), &none);
}
