//! Tokens: text, and the special tokens that control the decoder.

use super::{GenerationConfig, WhisperConfig, WhisperError};
use crate::LoadError;
use std::path::Path;
use tokenizers::Tokenizer;

/// The task of the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Task {
    /// Writes the words in their own language.
    #[default]
    Transcribe,
    /// Writes the words in English.
    Translate,
}

/// The tokens of a model.
#[derive(Debug)]
pub struct WhisperTokens {
    tokenizer: Tokenizer,
    /// The end of a text. The ids of all text tokens are below it.
    pub(super) end: u32,
    /// The start of a transcript.
    pub(super) start: u32,
    /// The start of the text before the window.
    pub(super) previous: Option<u32>,
    /// Marks a transcript without timestamps.
    pub(super) no_timestamps: u32,
    /// The token of the timestamp 0 s. Each token after it is a timestamp 20 ms later than the one before.
    pub(super) timestamps: u32,
    /// Marks a window without speech.
    pub(super) no_speech: Option<u32>,
    /// The tasks, and the languages with their codes. English-only models have none.
    tasks: Option<[u32; 2]>,
    languages: Vec<(String, u32)>,
    /// The tokens that are never decoded.
    pub(super) suppressed: Vec<u32>,
    /// The tokens that are not decoded first.
    pub(super) suppressed_first: Vec<u32>,
}

impl WhisperTokens {
    /// Loads `tokenizer.json` and the lists of `generation_config.json`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or the tokenizer lacks a special token.
    pub fn load(folder: impl AsRef<Path>, config: &WhisperConfig) -> Result<WhisperTokens, WhisperError> {
        let folder = folder.as_ref();
        let generation = GenerationConfig::read(folder.join("generation_config.json"), config)?;
        let path = folder.join("tokenizer.json");
        let failed = |error: tokenizers::Error| LoadError::Tokenizer { path: path.clone(), reason: error.to_string() };
        let tokenizer = Tokenizer::from_file(&path).map_err(failed)?;
        let find = |token: &str| tokenizer.token_to_id(token);
        let needed = |token: &str, purpose| {
            let missing = || WhisperError::NoToken { path: path.clone(), token: token.to_owned(), purpose };
            find(token).ok_or_else(missing)
        };
        let end = needed("<|endoftext|>", "the end of a text")?;
        let start = needed("<|startoftranscript|>", "the start of a transcript")?;
        let no_timestamps = needed("<|notimestamps|>", "transcripts without timestamps")?;
        let tasks = find("<|transcribe|>").zip(find("<|translate|>")).map(|(a, b)| [a, b]);
        let previous = find("<|startofprev|>");
        // Older models have another name for the token of windows without speech.
        let no_speech = find("<|nospeech|>").or_else(|| find("<|nocaptions|>"));

        // English-only models also have tokens for languages, but their vocabularies are shorter.
        let multilingual = generation.is_multilingual.unwrap_or(config.vocab_size >= 51_865);
        let mut languages = Vec::new();
        if let Some([_, translate]) = tasks.filter(|_| multilingual) {
            let special = tokenizer.get_added_tokens_decoder();
            let codes = special.iter().filter(|&(&id, _)| id > start && id < translate);
            languages = codes.map(|(&id, token)| (code_of(&token.content).to_owned(), id)).collect();
            languages.sort_by_key(|&(_, id)| id);
        }
        let blank = tokenizer.encode(" ", false).map_err(failed)?;
        let listed =
            |ids: Option<Vec<i64>>| ids.map(|ids| ids.into_iter().filter_map(|id| u32::try_from(id).ok()).collect());
        let mut suppressed: Vec<u32> = listed(generation.suppress_tokens).unwrap_or_default();
        suppressed.extend([Some(start), previous, find("<|startoflm|>"), no_speech].into_iter().flatten());
        suppressed.extend(tasks.into_iter().flatten());
        suppressed.sort_unstable();
        suppressed.dedup();
        let first = listed(generation.begin_suppress_tokens);
        let suppressed_first = first.unwrap_or_else(|| blank.get_ids().iter().copied().chain([end]).collect());
        let last = suppressed.iter().chain(&suppressed_first).chain([&no_timestamps]).max();
        let too_large = last.filter(|&&id| id as usize >= config.vocab_size);
        if let Some(id) = too_large {
            let reason = format!("the token {id} is beyond the {} tokens of the model", config.vocab_size);
            return Err(LoadError::Tokenizer { path, reason }.into());
        }
        let tasks = tasks.filter(|_| multilingual);
        let timestamps = no_timestamps + 1;
        Ok(WhisperTokens {
            tokenizer,
            end,
            start,
            previous,
            no_timestamps,
            timestamps,
            no_speech,
            tasks,
            languages,
            suppressed,
            suppressed_first,
        })
    }
    /// Returns whether the model has tokens for languages and tasks.
    #[must_use]
    pub fn is_multilingual(&self) -> bool {
        !self.languages.is_empty()
    }
    /// Returns the codes of the languages, such as `en`, with their tokens.
    #[must_use]
    pub fn languages(&self) -> &[(String, u32)] {
        &self.languages
    }
    /// Returns the tokens of a text, without special ones.
    ///
    /// # Errors
    /// Returns an error if the tokenizer fails.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, WhisperError> {
        let failed = |error: tokenizers::Error| WhisperError::Tokenizer(error.to_string());
        Ok(self.tokenizer.encode(text, false).map_err(failed)?.get_ids().to_vec())
    }
    /// Returns the text of tokens. Special tokens and timestamps have none.
    ///
    /// # Errors
    /// Returns an error if the tokenizer fails.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, WhisperError> {
        let text: Vec<u32> = tokens.iter().copied().filter(|&token| token < self.end).collect();
        self.tokenizer.decode(&text, false).map_err(|error| WhisperError::Tokenizer(error.to_string()))
    }
    /// Returns the tokens at the start of a transcript.
    pub(super) fn header(
        &self,
        language: Option<&str>,
        task: Task,
        with_timestamps: bool,
    ) -> Result<Vec<u32>, WhisperError> {
        let mut header = vec![self.start];
        if let Some([transcribe, translate]) = self.tasks {
            header.push(self.language(language.unwrap_or("en"))?);
            header.push(if task == Task::Transcribe { transcribe } else { translate });
        } else if task == Task::Translate || language.is_some_and(|language| language != "en") {
            let language = language.unwrap_or("en").to_owned();
            let known = "English alone, and cannot translate".to_owned();
            return Err(WhisperError::Language { language, known });
        }
        if !with_timestamps {
            header.push(self.no_timestamps);
        }
        Ok(header)
    }
    fn language(&self, code: &str) -> Result<u32, WhisperError> {
        let unknown = || WhisperError::Language {
            language: code.to_owned(),
            known: self.languages.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>().join(", "),
        };
        self.languages.iter().find(|(known, _)| known == code).map(|&(_, id)| id).ok_or_else(unknown)
    }
}

/// Returns the code of a language from its token, such as `<|en|>`.
fn code_of(token: &str) -> &str {
    token.trim_start_matches("<|").trim_end_matches("|>")
}
