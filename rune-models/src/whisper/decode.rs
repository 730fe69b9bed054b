//! Decoding one window of sound.

use super::layers::Memory;
use super::model::{Encoder, Whisper};
use super::rules::Rules;
use super::search::{Limits, Search};
use super::session::{Session, Step, longest_prompt};
use super::tokens::{Task, WhisperTokens};
use super::{LogMel, WhisperError};
use rune::{Tensor, jit};
use std::path::Path;

/// The settings for decoding one window of sound, like OpenAI's `DecodingOptions`.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeOptions {
    /// The code of the language, such as `de`. Without it, the language is detected.
    pub language: Option<String>,
    /// Whether to transcribe or to translate into English.
    pub task: Task,
    /// The number of beams. Without it, the search is greedy.
    pub beams: Option<usize>,
    /// The number of finished texts that a beam search collects, as a multiple of the beams (Kasai et al., 2022).
    pub patience: f64,
    /// The exponent of the length penalty (Wu et al., 2016), between 0 and 1. Without it, the logarithm of the
    /// probability is divided by the number of tokens.
    pub length_penalty: Option<f64>,
    /// The temperature. Above 0, tokens are drawn at random, and there are no beams.
    pub temperature: f32,
    /// The seed of random draws.
    pub seed: u64,
    /// Whether the text has timestamps.
    pub timestamps: bool,
    /// The greatest first timestamp in seconds.
    pub max_initial_timestamp: Option<f64>,
    /// Whether a text cannot be empty or start with a space alone.
    pub suppress_blank: bool,
    /// The greatest number of tokens. The default is half of the decoder's positions.
    pub max_tokens: Option<usize>,
    /// The tokens of the text before the window. The decoder reads the last ones, up to half of its positions.
    pub prompt: Vec<u32>,
}

impl Default for DecodeOptions {
    /// Greedy, with timestamps, in a detected language.
    fn default() -> DecodeOptions {
        DecodeOptions {
            language: None,
            task: Task::Transcribe,
            beams: None,
            patience: 1.0,
            length_penalty: None,
            temperature: 0.0,
            seed: 0,
            timestamps: true,
            max_initial_timestamp: Some(1.0),
            suppress_blank: true,
            max_tokens: None,
            prompt: Vec::new(),
        }
    }
}

/// The result of decoding one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The tokens, with timestamps, without the end.
    pub tokens: Vec<u32>,
    /// The text.
    pub text: String,
    /// The code of the language; `en` for English-only models.
    pub language: String,
    /// The mean log probability of the tokens and the end.
    pub mean_log_probability: f64,
    /// The probability that the window has no speech, if the model has a token for it.
    pub no_speech_probability: Option<f64>,
    /// The temperature at which the tokens were drawn.
    pub temperature: f32,
}

/// The keys and values of the encoder's features for one window; see [`Recognizer::encode`].
#[derive(Clone, Debug)]
pub struct EncodedWindow(Vec<Memory>);

type Encode = Box<dyn Fn(&Encoder, &Tensor) -> Tensor + Send + Sync>;
type Listen = Box<dyn Fn(&super::Decoder, &Tensor) -> Vec<Memory> + Send + Sync>;

/// A model with its tokens, its front end and its compiled programs.
///
/// There is one program for the encoder, one for each power of two to which prompts are padded, and one for all later
/// positions.
pub struct Recognizer {
    pub(super) model: Whisper,
    pub(super) tokens: WhisperTokens,
    pub(super) front_end: LogMel,
    encode: Encode,
    listen: Listen,
    step: Step,
}

impl Recognizer {
    /// Loads a folder with `config.json`, the weights, `tokenizer.json` and, optionally, `generation_config.json`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or does not hold such a model.
    ///
    /// ```no_run
    /// use rune_models::whisper::{Recognizer, TranscribeOptions, read_wav};
    /// let recognizer = Recognizer::load("data/whisper")?;
    /// let transcript = recognizer.transcribe(&read_wav("speech.wav")?, &TranscribeOptions::default())?;
    /// for segment in &transcript.segments {
    ///     println!("{:.2} – {:.2}: {}", segment.start, segment.end, segment.text);
    /// }
    /// # Ok::<(), rune_models::whisper::WhisperError>(())
    /// ```
    pub fn load(folder: impl AsRef<Path>) -> Result<Recognizer, WhisperError> {
        let folder = folder.as_ref();
        let model = Whisper::load(folder)?;
        let tokens = WhisperTokens::load(folder, &model.config)?;
        Ok(Recognizer::new(model, tokens))
    }
    /// Creates a recognizer from its parts.
    #[must_use]
    pub fn new(model: Whisper, tokens: WhisperTokens) -> Recognizer {
        let (encode, listen) = (jit(Encoder::forward), jit(super::Decoder::listen));
        let step = jit(super::Decoder::step).donate();
        Recognizer {
            front_end: LogMel::new(model.config.num_mel_bins),
            model,
            tokens,
            encode: Box::new(move |encoder, mel| encode(encoder, mel)),
            listen: Box::new(move |decoder, features| listen(decoder, features)),
            step: Box::new(move |caches, decoder, sound, rows| step(caches, decoder, sound, rows)),
        }
    }
    /// Returns the model.
    #[must_use]
    pub fn model(&self) -> &Whisper {
        &self.model
    }
    /// Returns the tokens.
    #[must_use]
    pub fn tokens(&self) -> &WhisperTokens {
        &self.tokens
    }
    /// Returns the front end.
    #[must_use]
    pub fn front_end(&self) -> &LogMel {
        &self.front_end
    }
    /// Returns the encoder's features `[positions, features]` of a spectrogram `[mels, frames]`.
    ///
    /// # Errors
    /// Returns an error if the spectrogram has the wrong shape for the model.
    pub fn features(&self, mel: &Tensor) -> Result<Tensor, WhisperError> {
        let expected = [self.model.config.num_mel_bins, self.model.config.frames()];
        if mel.shape()[..] != expected {
            let (found, expected) = (mel.shape().to_string(), format!("{expected:?}"));
            return Err(WhisperError::Shape { what: "the spectrogram of a window", found, expected });
        }
        Ok((self.encode)(&self.model.encoder, mel))
    }
    /// Encodes a spectrogram `[mels, frames]` for the decoder.
    ///
    /// # Errors
    /// Returns an error if the spectrogram has the wrong shape for the model.
    pub fn encode(&self, mel: &Tensor) -> Result<EncodedWindow, WhisperError> {
        Ok(EncodedWindow((self.listen)(&self.model.decoder, &self.features(mel)?)))
    }
    /// Returns the logits `[tokens of the text, tokens]` of the next token after each token of a text.
    ///
    /// # Errors
    /// Returns an error if the text is empty or longer than half of the decoder's positions.
    pub fn logits(&self, sound: &EncodedWindow, text: &[u32]) -> Result<Tensor, WhisperError> {
        let longest = longest_prompt(self.model.config.max_target_positions);
        if text.is_empty() || text.len() > longest {
            let (value, must) = (text.len().to_string(), format!("the number of tokens: 1 to {longest}"));
            return Err(WhisperError::Option { option: "text", value, must });
        }
        let mut session = Session::new(&self.model, &self.step, &sound.0, 1, 0);
        let logits = session.read(text, &(0..text.len()).collect::<Vec<_>>())?;
        Ok(Tensor::from_vec([text.len(), self.model.config.vocab_size], logits))
    }
    /// Returns the probabilities of the languages, the greatest first. The list is empty for English-only models.
    ///
    /// # Errors
    /// Returns an error if the decoder cannot be run.
    pub fn languages(&self, sound: &EncodedWindow) -> Result<Vec<(String, f64)>, WhisperError> {
        if !self.tokens.is_multilingual() {
            return Ok(Vec::new());
        }
        let mut session = Session::new(&self.model, &self.step, &sound.0, 1, 0);
        let logits = session.read(&[self.tokens.start], &[0])?;
        let languages = self.tokens.languages();
        let heard: Vec<f32> = languages.iter().map(|&(_, token)| logits[token as usize]).collect();
        let total = super::rules::log_sum_exp(&heard);
        let probability = |logit: f32| (f64::from(logit) - total).exp();
        let codes = languages.iter().map(|(code, _)| code.clone());
        let mut probabilities: Vec<_> = codes.zip(heard.into_iter().map(probability)).collect();
        probabilities.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(probabilities)
    }
    /// Decodes one window.
    ///
    /// # Errors
    /// Returns an error if an option does not fit the model, or the decoder cannot be run.
    pub fn decode(&self, sound: &EncodedWindow, options: &DecodeOptions) -> Result<Decoded, WhisperError> {
        options.check()?;
        let config = &self.model.config;
        let language = match &options.language {
            Some(language) => language.clone(),
            None => self.languages(sound)?.into_iter().next().map_or_else(|| "en".to_owned(), |(code, _)| code),
        };
        let (prompt, start) = self.prompt(&language, options)?;
        let half = config.max_target_positions / 2;
        let tokens = options.max_tokens.unwrap_or(half).min(config.max_target_positions - prompt.len() + 1);
        let first = options.max_initial_timestamp.map(|seconds| (seconds / self.precision()).round() as u32);
        let rules = Rules::new(&self.tokens, options.suppress_blank, options.timestamps.then_some(first));
        let search = match options.beams {
            Some(count) if options.temperature == 0.0 => {
                Search::Beams { count, patience: options.patience, length_penalty: options.length_penalty }
            }
            Some(_) | None => Search::One { temperature: options.temperature, seed: options.seed },
        };
        let room = options.max_tokens.unwrap_or(half).min(config.max_target_positions);
        let mut session = Session::new(&self.model, &self.step, &sound.0, search.width(), room);
        let mut logits = session.read(&prompt, &[start, prompt.len() - 1])?;
        let last = logits.split_off(config.vocab_size);
        let no_speech = |token: u32| (f64::from(logits[token as usize]) - super::rules::log_sum_exp(&logits)).exp();
        let no_speech_probability = self.tokens.no_speech.map(no_speech);
        let limits = Limits { rules: &rules, end: self.tokens.end, tokens };
        let found = search.run(&mut session, last, &limits)?;
        Ok(Decoded {
            text: self.tokens.decode(&found.tokens)?.trim().to_owned(),
            mean_log_probability: found.log_probability / (found.tokens.len() + 1) as f64,
            tokens: found.tokens,
            language,
            no_speech_probability,
            temperature: options.temperature,
        })
    }
    /// The seconds between consecutive timestamps.
    pub(super) fn precision(&self) -> f64 {
        // Two frames of 10 ms for each position of the encoder.
        2.0 * super::mel::HOP as f64 / f64::from(super::SAMPLE_RATE)
    }
    /// Returns the tokens that the decoder reads first, and the index of the token that starts the transcript.
    fn prompt(&self, language: &str, options: &DecodeOptions) -> Result<(Vec<u32>, usize), WhisperError> {
        let header = self.tokens.header(Some(language), options.task, options.timestamps)?;
        let mut prompt = Vec::new();
        if let Some(previous) = self.tokens.previous.filter(|_| !options.prompt.is_empty()) {
            let longest = self.model.config.max_target_positions / 2 - 1;
            prompt.push(previous);
            prompt.extend(&options.prompt[options.prompt.len().saturating_sub(longest)..]);
        }
        let unknown = prompt.iter().find(|&&token| token as usize >= self.model.config.vocab_size);
        if let Some(token) = unknown {
            let must = format!("tokens below {}", self.model.config.vocab_size);
            return Err(WhisperError::Option { option: "prompt", value: token.to_string(), must });
        }
        let start = prompt.len();
        prompt.extend(header);
        Ok((prompt, start))
    }
}

impl DecodeOptions {
    fn check(&self) -> Result<(), WhisperError> {
        let wrong =
            |option, value: String, must: &str| Err(WhisperError::Option { option, value, must: must.to_owned() });
        if let Some(beams) = self.beams.filter(|&beams| beams == 0 || beams > 64) {
            return wrong("beams", beams.to_string(), "between 1 and 64");
        }
        if !(self.patience > 0.0 && self.patience.is_finite()) {
            return wrong("patience", self.patience.to_string(), "a number above 0");
        }
        if let Some(penalty) = self.length_penalty.filter(|penalty| !(0.0..=1.0).contains(penalty)) {
            return wrong("length_penalty", penalty.to_string(), "between 0 and 1");
        }
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return wrong("temperature", self.temperature.to_string(), "0 or a number above it");
        }
        if self.max_tokens == Some(0) {
            return wrong("max_tokens", "0".to_owned(), "at least 1");
        }
        if self.max_initial_timestamp.is_some_and(|seconds| seconds.is_nan() || seconds < 0.0) {
            return wrong("max_initial_timestamp", format!("{:?}", self.max_initial_timestamp), "0 or above");
        }
        Ok(())
    }
}
