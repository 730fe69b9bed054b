//! The state of the decoder for one window of sound.

use super::WhisperError;
use super::layers::Memory;
use super::model::{Decoder, Rows, Whisper};
use rune::{EvalError, Tensor};

/// The least number of rows to which a prompt is padded.
const MIN_LENGTH: usize = 8;

/// The program of a step of the decoder.
pub(super) type Step = Box<dyn Fn(Vec<Memory>, &Decoder, &Vec<Memory>, &Rows) -> (Tensor, Vec<Memory>) + Send + Sync>;

/// The tokens of one text after the prompt, and the slots of those already read.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub tokens: Vec<u32>,
    slots: Vec<usize>,
}

/// The keys and values of the tokens that the decoder has read.
pub(super) struct Session<'a> {
    model: &'a Whisper,
    step: &'a Step,
    sound: &'a Vec<Memory>,
    caches: Vec<Memory>,
    slots: usize,
    prompt: usize,
    used: usize,
}

impl<'a> Session<'a> {
    /// Starts a session with space for the longest prompt, and for `tokens` tokens of `width` texts.
    pub fn new(model: &'a Whisper, step: &'a Step, sound: &'a Vec<Memory>, width: usize, tokens: usize) -> Session<'a> {
        // The size is the same for each prompt, so one program serves all.
        let prompt = padded(longest_prompt(model.config.max_target_positions));
        let slots = prompt + width * tokens;
        let caches = model.decoder.caches(&model.config, slots);
        Session { model, step, sound, caches, slots, prompt: 0, used: 0 }
    }
    /// Reads the prompt. Returns the concatenated logits of the next token after each of its tokens `wanted`.
    pub fn read(&mut self, prompt: &[u32], wanted: &[usize]) -> Result<Vec<f32>, WhisperError> {
        let count = padded(prompt.len());
        // Padding repeats the last token. Later tokens overwrite its slots, and nothing attends to them before.
        let last = prompt.len() - 1;
        let rows: Vec<usize> = (0..count).map(|row| row.min(last)).collect();
        let mut mask = vec![false; count * self.slots];
        for (row, seen) in mask.chunks_exact_mut(self.slots).enumerate() {
            seen[..=row].fill(true);
        }
        let tokens: Vec<u32> = rows.iter().map(|&row| prompt[row]).collect();
        let logits = self.run(&tokens, &rows, mask, wanted)?;
        (self.prompt, self.used) = (prompt.len(), prompt.len());
        Ok(logits)
    }
    /// Reads the last token of each path. Returns the concatenated logits of the next tokens.
    pub fn step(&mut self, paths: &mut [&mut Path]) -> Result<Vec<f32>, WhisperError> {
        let mut mask = vec![false; paths.len() * self.slots];
        for (row, (path, seen)) in paths.iter_mut().zip(mask.chunks_exact_mut(self.slots)).enumerate() {
            path.slots.push(self.used + row);
            seen[..self.prompt].fill(true);
            path.slots.iter().for_each(|&slot| seen[slot] = true);
        }
        let tokens: Vec<u32> = paths.iter().map(|path| path.tokens[path.tokens.len() - 1]).collect();
        let positions: Vec<usize> = paths.iter().map(|path| self.prompt + path.tokens.len() - 1).collect();
        let all: Vec<usize> = (0..paths.len()).collect();
        let logits = self.run(&tokens, &positions, mask, &all)?;
        self.used += paths.len();
        Ok(logits)
    }
    fn run(
        &mut self,
        tokens: &[u32],
        positions: &[usize],
        mask: Vec<bool>,
        wanted: &[usize],
    ) -> Result<Vec<f32>, EvalError> {
        let ints = |numbers: &[usize]| Tensor::from(numbers.iter().map(|&n| n as i32).collect::<Vec<_>>());
        let rows = Rows {
            tokens: tokens.iter().map(|&token| token.cast_signed()).collect::<Vec<_>>().into(),
            positions: ints(positions),
            slot: Tensor::scalar(self.used as i32),
            mask: Tensor::from_vec([tokens.len(), self.slots], mask),
            wanted: ints(wanted),
        };
        let caches = std::mem::take(&mut self.caches);
        let (logits, caches) = (self.step)(caches, &self.model.decoder, self.sound, &rows);
        self.caches = caches;
        logits.to_vec()
    }
}

fn padded(tokens: usize) -> usize {
    tokens.next_power_of_two().max(MIN_LENGTH)
}

/// Returns the length of the longest prompt: the text before the window, its mark, and the four tokens that start a
/// transcript.
pub(super) fn longest_prompt(positions: usize) -> usize {
    positions / 2 + 4
}
