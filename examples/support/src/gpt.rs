//! A small character-level GPT (Radford et al., 2019): training and text generation.

use rune::nn::{self, Attention, Dropout, Embedding, LayerNorm, Linear, MultiHeadAttention};
use rune::optim::{self, AdamW, ClipByGlobalNorm, Mask};
use rune::{prelude::*, random};
use std::collections::BTreeSet;

/// A text as character indices.
pub struct Text {
    alphabet: Vec<char>,
    pub codes: Vec<i32>,
}

impl Text {
    pub fn new(text: &str) -> Text {
        let alphabet: Vec<char> = text.chars().collect::<BTreeSet<_>>().into_iter().collect();
        let mut this = Text { alphabet, codes: Vec::new() };
        this.codes = this.encode(text);
        this
    }
    pub fn characters(&self) -> usize {
        self.alphabet.len()
    }
    /// Returns the indices of the characters, without those that the text lacks.
    pub fn encode(&self, text: &str) -> Vec<i32> {
        text.chars().filter_map(|c| self.alphabet.binary_search(&c).ok()).map(|i| i as i32).collect()
    }
    pub fn decode(&self, codes: &[i32]) -> String {
        codes.iter().map(|&code| self.alphabet[code as usize]).collect()
    }
    /// Returns the mean loss on `later` of a bigram model fitted to `codes`: the best that a model can reach that sees
    /// only the previous character.
    pub fn bigram_loss(&self, codes: &[i32], later: &[i32]) -> f64 {
        let n = self.characters();
        // Each pair counts once more than it occurs, so that none is impossible.
        let mut counts = vec![vec![1.0f64; n]; n];
        codes.windows(2).for_each(|pair| counts[pair[0] as usize][pair[1] as usize] += 1.0);
        let surprise = |pair: &[i32]| {
            let row = &counts[pair[0] as usize];
            (row.iter().sum::<f64>() / row[pair[1] as usize]).ln()
        };
        later.windows(2).map(surprise).sum::<f64>() / (later.len() - 1) as f64
    }
}

/// The size of a model.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub characters: usize,
    pub context: usize,
    pub features: usize,
    pub heads: usize,
    pub layers: usize,
    pub dropout: f64,
}

#[derive(Tree, Clone)]
struct Block {
    norm1: LayerNorm,
    attention: MultiHeadAttention,
    norm2: LayerNorm,
    up: Linear,
    down: Linear,
}

impl Block {
    fn new(key: &Tensor, sizes: Sizes) -> Block {
        let [a, b, c] = random::split_into(key);
        let features = sizes.features;
        Block {
            norm1: LayerNorm::new(features),
            attention: MultiHeadAttention::new(&a, features, sizes.heads),
            norm2: LayerNorm::new(features),
            up: Linear::new(&b, features, 4 * features),
            down: Linear::new(&c, 4 * features, features),
        }
    }
    fn map_layers(&self, f: &impl Fn(&Linear) -> Linear) -> Block {
        let MultiHeadAttention { query, key, value, output, heads } = &self.attention;
        let attention =
            MultiHeadAttention { query: f(query), key: f(key), value: f(value), output: f(output), heads: *heads };
        Block { attention, up: f(&self.up), down: f(&self.down), ..self.clone() }
    }
    fn forward(&self, x: &Tensor, dropout: impl Fn(&Tensor, usize) -> Tensor) -> Tensor {
        let h = self.norm1.forward(x);
        let x = x + dropout(&self.attention.forward(&h, &h, &Attention::causal()), 0);
        let h = self.up.forward(&self.norm2.forward(&x)).gelu();
        &x + dropout(&self.down.forward(&h), 1)
    }
}

/// The model. Its last layer reuses the character embedding.
#[derive(Tree, Clone)]
pub struct Gpt {
    characters: Embedding,
    positions: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
    dropout: Dropout,
}

impl Gpt {
    pub fn new(key: &Tensor, sizes: Sizes) -> Gpt {
        let [a, b, c] = random::split_into(key);
        Gpt {
            characters: Embedding::new(&a, sizes.characters, sizes.features),
            positions: nn::init::normal(&b, 0.02, [sizes.context, sizes.features], DType::F32),
            blocks: (0..sizes.layers).map(|i| Block::new(&random::fold_in(&c, i), sizes)).collect(),
            norm: LayerNorm::new(sizes.features),
            dropout: Dropout { rate: sizes.dropout },
        }
    }
    pub fn context(&self) -> usize {
        self.positions.shape()[0]
    }
    /// Returns the model with other linear layers.
    pub fn map_layers(&self, f: impl Fn(&Linear) -> Linear) -> Gpt {
        Gpt { blocks: self.blocks.iter().map(|block| block.map_layers(&f)).collect(), ..self.clone() }
    }
    /// Returns the logits of the next character for each position of texts with the shape `[batch, context]`. With a
    /// key, applies dropout.
    pub fn forward(&self, codes: &Tensor, key: Option<&Tensor>) -> Tensor {
        let mut x = self.characters.forward(codes) + &self.positions;
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, |x, n| self.dropout.forward(x, key.map(|k| random::fold_in(k, 2 * i + n)).as_ref()));
        }
        self.characters.attend(&self.norm.forward(&x))
    }
    /// Returns the mean loss on the characters of `texts`, of shape `[batch, context + 1]`, after the first.
    pub fn loss(&self, texts: &Tensor, key: Option<&Tensor>) -> Tensor {
        let logits = self.forward(&texts.i((.., ..-1)), key);
        nn::softmax_cross_entropy_with_integer_labels(&logits, &texts.i((.., 1..))).mean()
    }
    /// Continues `start`, which is shorter than the context, by sampling one character per key. The loop is part of the
    /// program: nothing returns to the host before the end.
    pub fn continued(&self, start: &Tensor, keys: &Tensor, temperature: f64) -> Tensor {
        let (known, drawn, context) = (start.size(), keys.shape()[0], self.context());
        let places = Tensor::arange(0..known + drawn.max(context), DType::I32);
        let text = Tensor::concat(&[start, &Tensor::zeros([places.size() - known], DType::I32)], 0);
        let step = |(text, at): &(Tensor, Tensor), key: &Tensor| {
            let from = (at - context).maximum(0);
            let window = text.take(&(&from + Tensor::arange(0..context, DType::I32)), 0);
            let logits = self.forward(&window.unsqueeze(0), None).i(0).take(&(at - &from - 1), 0);
            let next = random::categorical(key, &(logits / temperature), -1).cast(DType::I32);
            ((rune::where_(places.eq(at), next, text), at + 1), ())
        };
        let ((text, _), ()) = scan(step, &(text, Tensor::scalar(known as i32)), keys);
        text.i(..known + drawn)
    }
}

/// The training settings.
#[derive(Clone, Copy)]
pub struct Plan {
    pub steps: usize,
    pub batch: usize,
    pub rate: f64,
}

pub type Optimizer = (ClipByGlobalNorm, AdamW);

impl Plan {
    /// Returns Adam with gradients clipped to norm 1, a warm-up and cosine decay of the learning rate, and weight decay
    /// of weights other than biases and norms.
    pub fn optimizer(self) -> Optimizer {
        let rate = optim::warmup_cosine_decay_schedule(0.0, self.rate, self.steps / 20, self.steps, self.rate / 10.0);
        let adamw = AdamW { b2: 0.99, weight_decay: 0.1, mask: Mask::matrices(), ..optim::adamw(rate) };
        (optim::clip_by_global_norm(1.0), adamw)
    }
}

/// The state of training: the model, the optimiser's state, and the key of all further randomness.
#[derive(Tree, Clone)]
pub struct Training {
    pub model: Gpt,
    optimizer: optim::State<Optimizer, Gpt>,
    pub key: Tensor,
}

impl Training {
    pub fn new(model: Gpt, optimizer: &Optimizer, key: &Tensor) -> Training {
        Training { optimizer: optimizer.init(&model), model, key: key.clone() }
    }
    /// Takes one step on `batch` random pieces of the text. Returns the next state, and the loss before the step.
    pub fn step(&self, optimizer: &Optimizer, text: &Tensor, batch: usize) -> (Training, Tensor) {
        let [key, drawing, dropout] = random::split_into(&self.key);
        let texts = pieces(text, &drawing, batch, self.model.context());
        self.updated(optimizer, key, |model| model.loss(&texts, Some(&dropout)))
    }
    /// Takes one step on a loss. Returns the next state, whose key is `key`, and the loss before the step.
    pub fn updated(
        &self,
        optimizer: &Optimizer,
        key: Tensor,
        loss: impl Fn(&Gpt) -> Tensor + Send + Sync,
    ) -> (Training, Tensor) {
        let (loss, gradient) = value_and_grad(loss)(&self.model);
        let (updates, state) = optimizer.update(&gradient, &self.optimizer, &self.model);
        (Training { model: optim::apply_updates(&self.model, &updates), optimizer: state, key }, loss)
    }
}

/// Returns random pieces of the text, one character longer than the context.
fn pieces(text: &Tensor, key: &Tensor, batch: usize, context: usize) -> Tensor {
    let last = text.size() - context;
    let starts = random::randint(key, [batch, 1], 0, last as i32, DType::I32);
    text.take(&(starts + Tensor::arange(0..context + 1, DType::I32)), 0)
}

/// Trains a model. Calls `told` with the number of each step and the loss before it.
pub fn train(
    model: Gpt,
    plan: Plan,
    codes: &[i32],
    key: &Tensor,
    mut report: impl FnMut(usize, f32),
) -> anyhow::Result<Gpt> {
    let (optimizer, text) = (plan.optimizer(), Tensor::from(codes));
    let step = jit(|training: &Training, text: &Tensor| training.step(&optimizer, text, plan.batch));
    let mut training = Training::new(model, &optimizer, key);
    for i in 0..plan.steps {
        let (after, loss) = step(&training, &text);
        training = after;
        report(i, loss.item()?);
    }
    anyhow::ensure!(step.compiled_programs() == 1, "a step was compiled {} times", step.compiled_programs());
    Ok(training.model)
}

/// Returns the loss over a whole text, cut into pieces.
pub fn loss_over(model: &Gpt, codes: &[i32]) -> anyhow::Result<f64> {
    let loss = jit(|model: &Gpt, texts: &Tensor| model.loss(texts, None));
    let mut sum = 0.0;
    let mut count = 0;
    for rows in codes.windows(model.context() + 1).step_by(model.context()).collect::<Vec<_>>().chunks_exact(8) {
        let texts = Tensor::from_vec([rows.len(), rows[0].len()], rows.concat());
        sum += f64::from(loss(model, &texts).item::<f32>()?);
        count += 1;
    }
    anyhow::ensure!(count > 0, "{} characters are too few to be cut into pieces", codes.len());
    Ok(sum / f64::from(count))
}
