//! Tests of training by compiled steps. Each step is compiled once, and continues unchanged from a saved state.

#[allow(dead_code, reason = "shared with the example")]
use crate::engine::jit;
use rune::nn::{self, BatchNorm, BatchStatistics, Dropout, Linear};
use rune::optim::{self, AdamW, Mask, State};
use rune::{prelude::*, random, storage};
use rune_examples::gpt::{self, Gpt, Plan, Sizes, Text};

/// A network with every kind of state: statistics, keys, several optimisers and accumulated gradients.
#[derive(Tree, Clone)]
struct Model {
    hidden: Linear,
    norm: BatchNorm,
    dropout: Dropout,
    output: Linear,
}

type Optimizer = (optim::ClipByGlobalNorm, optim::Masked<AdamW>, optim::Masked<optim::Sgd>);

#[derive(Tree, Clone)]
struct Training {
    model: Model,
    statistics: BatchStatistics,
    optimizer: State<optim::MultiSteps<Optimizer>, Model>,
    key: Tensor,
}

fn optimizer() -> optim::MultiSteps<Optimizer> {
    let is_hidden = |name: &str| name.starts_with("hidden.");
    let adamw = optim::adamw(optim::warmup_cosine_decay_schedule(0.0, 1e-2, 3, 40, 1e-3));
    let parts = (
        optim::clip_by_global_norm(1.0),
        optim::masked(adamw, Mask::new(move |name, _| is_hidden(name))),
        optim::masked(
            optim::Sgd { momentum: Some(0.9), ..optim::sgd(0.05) },
            Mask::new(move |name, _| !is_hidden(name)),
        ),
    );
    optim::multi_steps(parts, 2)
}

impl Training {
    fn new() -> Training {
        let [a, b, key] = random::split_into(&random::key(1));
        let model = Model {
            // The normalization would cancel a bias.
            hidden: Linear::new(&a, 4, 16).without_bias(),
            norm: BatchNorm::new(16),
            dropout: Dropout { rate: 0.1 },
            output: Linear::new(&b, 16, 3),
        };
        let optimizer = optimizer().init(&model);
        Training { model, statistics: BatchStatistics::new(16), optimizer, key }
    }
    fn step(&self, x: &Tensor, classes: &Tensor) -> (Training, Tensor) {
        let [key, now] = random::split_into(&self.key);
        let loss = |model: &Model| {
            let (h, statistics) = model.norm.train(&model.hidden.forward(x), &self.statistics);
            let logits = model.output.forward(&model.dropout.forward(&h.relu(), Some(&now)));
            (nn::softmax_cross_entropy_with_integer_labels(&logits, classes).mean(), statistics)
        };
        let ((loss, statistics), gradient) = value_and_grad_aux(loss)(&self.model);
        let (updates, optimizer) = optimizer().update(&gradient, &self.optimizer, &self.model);
        (Training { model: optim::apply_updates(&self.model, &updates), statistics, optimizer, key }, loss)
    }
}

/// Returns points, and the greatest of the first three coordinates of each point.
fn batch(seed: usize) -> (Tensor, Tensor) {
    let x = random::normal(&random::fold_in(&random::key(2), seed), [32, 4], DType::F32);
    let classes = x.i((.., ..3)).argmax_axis(-1);
    (x, classes)
}

fn bits(training: &Training) -> Vec<rune::Array> {
    training.leaves().iter().map(|leaf| leaf.to_array().unwrap()).collect()
}

#[test]
fn a_step_is_compiled_once_and_goes_on_from_a_file_bit_for_bit() {
    let step = jit(|training: &Training, x: &Tensor, classes: &Tensor| training.step(x, classes));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.safetensors");
    let (mut training, mut losses) = (Training::new(), Vec::new());
    let mut loaded = None;
    for i in 0..60 {
        if i == 30 {
            storage::save(&path, &training).unwrap();
            loaded = Some(storage::load(&path, &Training::new()).unwrap());
        }
        let (x, classes) = batch(i);
        let (after, loss) = step(&training, &x, &classes);
        training = after;
        losses.push(loss.item::<f32>().unwrap());
        if let Some(from_file) = &mut loaded {
            *from_file = step(from_file, &x, &classes).0;
        }
    }
    assert_eq!(bits(&training), bits(&loaded.unwrap()));
    assert_eq!(step.compiled_programs(), 1);
    assert_eq!(training.optimizer.gradient_step.item::<i32>().unwrap(), 30);
    let mean = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len() as f32;
    assert!(mean(&losses[50..]) < 0.6 * mean(&losses[..10]), "{losses:?}");
}

#[test]
fn a_compiled_step_is_the_interpreted_one() {
    let (x, classes) = batch(0);
    let compiled = jit(|training: &Training, x: &Tensor, classes: &Tensor| training.step(x, classes));
    let (mut by_code, mut by_hand) = (Training::new(), Training::new());
    for _ in 0..4 {
        by_code = compiled(&by_code, &x, &classes).0;
        by_hand = by_hand.step(&x, &classes).0;
        Tensor::realize_all(&by_hand.leaves()).unwrap();
    }
    for ((path, a), (_, b)) in by_code.leaves_with_paths("training").iter().zip(by_hand.leaves_with_paths("training")) {
        let close = a.cast(DType::F32).isclose(b.cast(DType::F32), 1e-4, 1e-5);
        assert!(close.all().item::<bool>().unwrap(), "{path}: {a} and {b}");
    }
}

#[test]
fn names_in_files_are_those_of_fields() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.safetensors");
    storage::save(&path, &Training::new()).unwrap();
    let names: Vec<String> = storage::read(&path).unwrap().into_keys().collect();
    for name in
        ["model.hidden.weight", "statistics.mean", "optimizer.inner.1.0.mu.hidden.weight", "optimizer.mini_step", "key"]
    {
        assert!(names.iter().any(|n| n == name), "no {name} in {names:?}");
    }
}

#[test]
fn a_small_gpt_learns_more_than_pairs_of_characters() {
    let week = "monday tuesday wednesday thursday friday saturday sunday ";
    let text = Text::new(&week.repeat(40));
    let (learned, held_out) = text.codes.split_at(text.codes.len() / 2);
    let sizes = Sizes { characters: text.characters(), context: 16, features: 32, heads: 2, layers: 1, dropout: 0.0 };
    let [start, training, writing] = random::split_into(&random::key(0));
    let plan = Plan { steps: 150, batch: 8, rate: 1e-2 };
    let mut losses = Vec::new();
    let model = gpt::train(Gpt::new(&start, sizes), plan, learned, &training, |_, loss| losses.push(loss)).unwrap();
    let (loss, of_pairs) = (gpt::loss_over(&model, held_out).unwrap(), text.bigram_loss(learned, held_out));
    assert!(loss < 0.5 * of_pairs, "{loss}, and {of_pairs} of pairs of characters; {losses:?}");

    let write = jit(|model: &Gpt, start: &Tensor, keys: &Tensor| model.continued(start, keys, 0.5));
    let prompt = "tuesday wed";
    let written = write(&model, &Tensor::from(text.encode(prompt)), &random::split(&writing, 40));
    let written = text.decode(&written.to_vec::<i32>().unwrap());
    assert!(written.starts_with("tuesday wednesday thursday "), "{written}");
    assert_eq!(written.len(), prompt.len() + 40);
}
