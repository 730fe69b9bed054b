"""Writes rune-models/tests/data/whisper: a small random model, with the results of transformers and openai-whisper.

Needs the packages torch, transformers, openai-whisper, tiktoken, more-itertools and safetensors. With `data/whisper`,
which `scripts/fetch-whisper` gets, and espeak-ng, it also writes openai-whisper's transcript of a spoken sentence.
"""

import json
import subprocess
import sys
import tempfile
import types
import wave
from math import gcd
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from .common import ROOT

OUT = ROOT / "rune-models/tests/data/whisper"
REAL = ROOT / "data/whisper"
SENTENCE = "The children walked to the river and watched the boats in the evening sun."

# Its word timestamps need numba, which is not used here.
stub = types.ModuleType("numba")
stub.jit = lambda *_, **__: lambda f: f
sys.modules.setdefault("numba", stub)

LANGUAGES = ["en", "zh", "de"]
SPECIAL = ["endoftext", "startoftranscript", *LANGUAGES, "translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
END = 256
TOKEN = {name: END + i for i, name in enumerate(SPECIAL)}
ZERO = END + len(SPECIAL)


def signal(seconds, seed):
    """Returns tones and noise by formulas that the tests repeat."""
    i = np.arange(int(seconds * 16000), dtype=np.int64)
    t = i / 16000.0
    noise = ((i * 7919 + seed * 104729) % 10007) / 10007.0 - 0.5
    loud = 0.5 + 0.5 * np.sin(2 * np.pi * 0.7 * t)
    tones = 0.4 * np.sin(2 * np.pi * (220.0 + 90.0 * seed) * t) + 0.2 * np.sin(2 * np.pi * 3100.0 * t)
    return (loud * tones + 0.01 * noise).astype(np.float32)


def front_end():
    """Returns the log-mel spectrograms of WhisperFeatureExtractor, at a few frames."""
    from transformers import WhisperFeatureExtractor

    cases = []
    for mels, seconds, seed in [(80, 3.3, 1), (80, 30.0, 2), (80, 31.7, 3), (128, 7.25, 4), (80, 0.01, 5), (80, 0.0, 6)]:
        extractor = WhisperFeatureExtractor(feature_size=mels)
        features = extractor(signal(seconds, seed), sampling_rate=16000, return_tensors="np")["input_features"][0]
        assert features.shape == (mels, 3000)
        frames = sorted({0, 1, 2, int(seconds * 100) - 2, int(seconds * 100), 1234, 2997, 2998, 2999, *range(17, 3000, 787)})
        frames = [f for f in frames if 0 <= f < 3000]
        values = [[round(float(x), 5) for x in features[:, f]] for f in frames]
        cases.append({"mels": mels, "seconds": seconds, "seed": seed, "frames": frames, "values": values})
    return cases


def poly(x, up, down):
    """Resamples by the formula of scipy.signal.resample_poly, with its default window."""
    common = gcd(up, down)
    up, down = up // common, down // common
    half = 10 * max(up, down)
    n = np.arange(-half, half + 1)
    h = np.sinc(n / max(up, down)) * np.kaiser(2 * half + 1, 5.0)
    h *= up / h.sum()
    spread = np.zeros(len(x) * up)
    spread[::up] = x
    length = 1 << (len(spread) + len(h)).bit_length()
    filtered = np.fft.irfft(np.fft.rfft(spread, length) * np.fft.rfft(h, length), length)
    return filtered[half:][::down][: -(-len(x) * up // down)]


def resampled():
    """Returns a signal at other sampling rates."""
    cases = []
    for rate in [8000, 22050, 44100, 48000]:
        x = signal(0.03, 1).astype(np.float64)
        y = poly(x, 16000, rate)
        cases.append({"rate": rate, "count": len(x), "values": [float(f"{v:.7g}") for v in y]})
    return cases


def tokenizer():
    """Returns a tokenizer of bytes."""
    # Byte-level tokenizers write each byte as a printable character.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    character = {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(others)}
    added = [
        {"id": i, "content": f"<|{name}|>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for name, i in TOKEN.items()
    ]  # fmt: skip
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": ""}
    model |= {"fuse_unk": False, "vocab": {character[b]: b for b in range(256)}, "merges": []}
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None}
    return whole | {"pre_tokenizer": level, "post_processor": None, "decoder": level, "model": model}


CONFIG = {
    "architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "d_model": 24, "num_mel_bins": 80,
    "vocab_size": ZERO + 1501, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 3,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 96, "decoder_ffn_dim": 96, "max_source_positions": 1500,
    "max_target_positions": 96, "activation_function": "gelu", "scale_embedding": False,
    "decoder_start_token_id": TOKEN["startoftranscript"], "bos_token_id": END, "eos_token_id": END, "pad_token_id": END,
}  # fmt: skip
GENERATION = {
    "is_multilingual": True, "no_timestamps_token_id": TOKEN["notimestamps"], "prev_sot_token_id": TOKEN["startofprev"],
    "max_initial_timestamp_index": 50, "lang_to_id": {f"<|{c}|>": TOKEN[c] for c in LANGUAGES},
    "task_to_id": {"transcribe": TOKEN["transcribe"], "translate": TOKEN["translate"]}, "max_length": 96,
    "decoder_start_token_id": TOKEN["startoftranscript"], "bos_token_id": END, "eos_token_id": END, "pad_token_id": END,
    # No control characters, and only ASCII.
    "suppress_tokens": [*range(32), 35, 36, *range(127, 256), *(TOKEN[n] for n in SPECIAL[1:] if n != "notimestamps")],
    "begin_suppress_tokens": [32, END],
}  # fmt: skip


def checkpoint():
    """Writes and returns a random model with widely spread logits and half-precision weights."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(7)
    model = WhisperForConditionalGeneration(WhisperConfig(**CONFIG)).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "layer_norm" in name:
                p.copy_(torch.randn_like(p) * 0.1 + (1.0 if name.endswith("weight") else 0.0))
            elif "decoder.embed_positions" in name:
                p.copy_(torch.randn_like(p) * 1.5)
            elif "embed_tokens" in name:
                p.copy_(torch.randn_like(p) * 0.6)
                # Makes the total probability of timestamps about that of text.
                p[ZERO:] *= 0.8
                # Makes texts end after a while.
                p[END] *= 5.0
            elif "embed_positions" not in name:
                p.copy_(torch.randn_like(p) * (0.1 if name.endswith("bias") else 0.3))
            p.copy_(p.half().float())
    arrays = {n: t.half().contiguous() for n, t in model.state_dict().items() if n != "proj_out.weight"}
    OUT.mkdir(parents=True, exist_ok=True)
    save_file(arrays, OUT / "model.safetensors")
    (OUT / "config.json").write_text(json.dumps(CONFIG) + "\n")
    (OUT / "generation_config.json").write_text(json.dumps(GENERATION) + "\n")
    (OUT / "tokenizer.json").write_text(json.dumps(tokenizer(), ensure_ascii=False) + "\n")
    return model


def openai_model(folder):
    """Returns the model of a folder as a model of openai-whisper."""
    import whisper

    config = json.loads((folder / "config.json").read_text())
    names = ["num_mel_bins", "max_source_positions", "d_model", "encoder_attention_heads", "encoder_layers"]
    names += ["vocab_size", "max_target_positions", "d_model", "decoder_attention_heads", "decoder_layers"]
    model = whisper.model.Whisper(whisper.model.ModelDimensions(*(config[n] for n in names)))
    pairs = [
        ("model.", ""), ("layers.", "blocks."), ("self_attn_layer_norm", "attn_ln"), ("encoder_attn_layer_norm", "cross_attn_ln"),
        ("final_layer_norm", "mlp_ln"), ("encoder_attn.", "cross_attn."), ("self_attn.", "attn."), ("q_proj", "query"),
        ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "out"), ("fc1", "mlp.0"), ("fc2", "mlp.2"),
        ("embed_tokens", "token_embedding"), ("embed_positions.weight", "positional_embedding"),
        ("encoder.layer_norm", "encoder.ln_post"), ("decoder.layer_norm", "decoder.ln"),
    ]  # fmt: skip
    state = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        for a, b in pairs:
            name = name.replace(a, b)
        state[name] = tensor.float()
    model.load_state_dict(state)
    return model.eval()


def with_small_tokenizer():
    """Makes openai-whisper use the tokenizer of bytes, and treat the small model as multilingual."""
    import tiktoken
    import whisper
    from whisper.tokenizer import Tokenizer

    special = {f"<|{name}|>": i for name, i in TOKEN.items()} | {f"<|{i * 0.02:.2f}|>": ZERO + i for i in range(1501)}
    encoding = tiktoken.Encoding("small", pat_str=r".|\n", mergeable_ranks={bytes([b]): b for b in range(256)}, special_tokens=special)

    def get_tokenizer(multilingual, *, num_languages=99, language=None, task=None):
        return Tokenizer(encoding, num_languages=len(LANGUAGES), language=language or "en", task=task or "transcribe")

    for module in ["decoding", "transcribe"]:
        sys.modules[f"whisper.{module}"].get_tokenizer = get_tokenizer
    whisper.model.Whisper.is_multilingual = property(lambda self: True)


def segments(result):
    keys = ["start", "end", "text", "tokens", "avg_logprob", "no_speech_prob", "temperature"]
    return [{k: s[k] for k in keys} for s in result["segments"] if s["tokens"]]


def small():
    """Returns the results of both libraries with the small model."""
    import whisper
    from transformers import GenerationConfig, GenerationMixin
    from whisper.audio import log_mel_spectrogram, pad_or_trim

    model = checkpoint()
    sound = signal(4.0, 1)
    mel = log_mel_spectrogram(torch.from_numpy(sound), padding=480000 - len(sound))
    text = [TOKEN["startoftranscript"], TOKEN["de"], TOKEN["transcribe"], TOKEN["notimestamps"], *b"Hello, world"]
    header = text[:4]
    with torch.no_grad():
        encoded = model.model.encoder(mel[None]).last_hidden_state[0]
        logits = model(input_features=mel[None], decoder_input_ids=torch.tensor([text])).logits[0]
        # Texts of one length, because the library scores beams of different lengths by its own rule.
        settings = GenerationConfig(**{k: v for k, v in GENERATION.items() if k not in {"max_length", "lang_to_id", "task_to_id"}})
        settings.update(min_new_tokens=40, max_new_tokens=40, do_sample=False, renormalize_logits=True)
        continued = []
        for beams in [1, 4]:
            settings.num_beams = beams
            answer = GenerationMixin.generate(
                model, mel[None], generation_config=settings, decoder_input_ids=torch.tensor([header])
            )[0].tolist()
            assert answer[:4] == header and len(answer) == 44
            continued.append(answer[4:])
            print(beams, answer)
    places = [0, 1, 7, 100, 749, 1499]
    expected = {
        "positions": places,
        "features": [[float(f"{x:.8g}") for x in encoded[i].tolist()] for i in places],
        "text": text,
        "logits": [[float(f"{x:.8g}") for x in row.tolist()[:300:3]] for row in logits],
        "greedy": continued[0],
        "beams": continued[1],
    }

    with_small_tokenizer()
    openai = openai_model(OUT)
    suppressed = {"suppress_tokens": GENERATION["suppress_tokens"], "fp16": False}
    _, languages = openai.detect_language(mel)
    expected["languages"] = {k: float(v) for k, v in languages.items()}
    cases = [
        {"seed": 1}, {"seed": 2}, {"seed": 1, "beam_size": 1}, {"seed": 1, "beam_size": 5}, {"seed": 2, "beam_size": 3},
        {"seed": 3, "beam_size": 4, "patience": 2.0}, {"seed": 2, "beam_size": 4, "length_penalty": 0.6},
        {"seed": 1, "without_timestamps": True}, {"seed": 4, "beam_size": 3, "without_timestamps": True},
        {"seed": 3, "max_initial_timestamp": None}, {"seed": 1, "prompt": [*b"Some words were said before this window, and they go on"]},
        {"seed": 5, "beam_size": 2, "prompt": [*b"Before."]}, {"seed": 2, "language": None}, {"seed": 2, "task": "translate"},
        {"seed": 5, "sample_len": 7, "beam_size": 3}, {"seed": 4, "suppress_blank": False},
    ]  # fmt: skip
    expected["windows"] = []
    for case in cases:
        options = {"language": "en", **{k: v for k, v in case.items() if k != "seed"}, **suppressed}
        window = pad_or_trim(log_mel_spectrogram(torch.from_numpy(signal(4.0, case["seed"])), padding=480000), 3000)
        found = openai.decode(window, whisper.DecodingOptions(**options))
        answer = {"tokens": found.tokens, "text": found.text, "language": found.language}
        answer |= {"avg_logprob": found.avg_logprob, "no_speech_prob": found.no_speech_prob}
        expected["windows"].append({"options": case, **answer})
        print(case, len(found.tokens), sum(t >= ZERO for t in found.tokens), repr(found.text[:40]))
    expected["long"] = []
    thresholds = {"compression_ratio_threshold": None, "logprob_threshold": None}
    for case in [{}, {"beam_size": 2, "condition_on_previous_text": False}, {"initial_prompt": "Once upon a time"}]:
        options = {"language": "en", "temperature": 0.0, "no_speech_threshold": None, **case, **suppressed, **thresholds}
        found = whisper.transcribe(openai, torch.from_numpy(signal(65.0, 3)), **options)
        expected["long"].append({"options": case, "segments": segments(found)})
        print(case, len(found["segments"]), [s["start"] for s in found["segments"]][:8])
    return expected


def spoken():
    """Writes a spoken sentence, and returns openai-whisper's transcripts with the published weights."""
    import whisper

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "160", "-w", file, SENTENCE], check=True)
        with wave.open(str(file)) as sound:
            rate, data = sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    # 8 bits and half the rate are clear enough, and make a small file.
    data = data[: len(data) // 2 * 2].astype(np.float64).reshape(-1, 2).mean(1)
    data = np.clip(np.round(data / 256) + 128, 0, 255).astype(np.uint8)
    with wave.open(str(OUT / "spoken.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(rate // 2)
        sound.writeframes(data.tobytes())
    samples = poly((data.astype(np.float64) - 128) / 128, 16000, rate // 2).astype(np.float32)
    model, answers = openai_model(REAL), []
    for case in [{}, {"beam_size": 5}]:
        found = whisper.transcribe(model, samples, language="en", temperature=0.0, fp16=False, **case)
        answers.append({"options": case, "segments": segments(found)})
        print(found["text"])
    return answers


def main(*parts):
    OUT.mkdir(parents=True, exist_ok=True)
    write = lambda name, value: (OUT / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")
    write("front-end.json", {"mel": front_end(), "resampled": resampled()})
    # This must precede `small`, which replaces the tokenizer.
    if REAL.exists() and "small" not in parts:
        write("spoken.json", spoken())
    write("expected.json", small())
    for file in sorted(OUT.iterdir()):
        print(file.name, file.stat().st_size)
