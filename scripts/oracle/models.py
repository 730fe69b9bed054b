"""Writes rune-models/tests/data: the results of published models with made-up weights, computed in PyTorch.

Needs the packages torch, torchvision, transformers and timm. The weights are not stored: both sides make them from the
names of the tensors. An argument selects one model.
"""

import json
import sys

import numpy as np

from .common import ROOT

FOLDER = ROOT / "rune-models/tests/data"


def made_up(name, shape):
    """Returns the weights of a tensor, which depend only on its name. rune-models/tests/models/made_up.rs does the
    same."""
    seed = np.uint64(0xCBF29CE484222325)
    with np.errstate(over="ignore"):
        for byte in name.encode():
            seed = (seed ^ np.uint64(byte)) * np.uint64(0x100000001B3)
        x = (np.arange(int(np.prod(shape)), dtype=np.uint64) + seed) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    # From −1 to 1.
    u = (x >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    if len(shape) >= 2:
        u = u * np.sqrt(3 / np.prod(shape[1:]))
    elif name.endswith(("weight", "running_var")):
        u = 1 + 0.5 * u
    else:
        u = 0.2 * u
    return u.astype(np.float32).reshape(shape)


def fill(model):
    """Sets the weights of a model, and returns the names and shapes of its tensors."""
    import torch
    state = model.state_dict()
    shapes = {}
    is_tied = getattr(getattr(model, "config", None), "tie_word_embeddings", False)
    tied = is_tied and getattr(model, "_tied_weights_keys", None) or {}
    for name, old in state.items():
        if old.dtype.is_floating_point and name not in tied:
            shapes[name] = list(old.shape)
            state[name] = torch.from_numpy(made_up(name, tuple(old.shape))).to(old.dtype)
    for name in tied:
        state.pop(name, None)
    missing = model.load_state_dict(state, strict=False)
    assert set(missing.missing_keys) <= set(tied), missing
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    return shapes


def numbers(tensor):
    return [float(f"{x:.8g}") for x in tensor.double().flatten().tolist()]


def write(name, **data):
    (FOLDER / f"{name}.json").write_text(json.dumps(data) + "\n")


def language_model(name, config, model, prompt, count):
    """Writes the logits of a prompt, and the greedy continuation."""
    import torch
    model = model.eval()
    shapes = fill(model)
    tokens = torch.tensor([prompt])
    with torch.no_grad():
        logits = model(tokens).logits[0]
        text = list(prompt)
        margins = []
        for _ in range(count):
            last = model(torch.tensor([text])).logits[0, -1].double()
            best = last.topk(2).values
            margins.append(float(best[0] - best[1]))
            text.append(int(last.argmax()))
    print(name, "smallest margin of the greedy choice:", min(margins))
    write(name, config=config.to_diff_dict(), shapes=shapes, prompt=prompt, logits=numbers(logits), text=text)


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel
    config = GPT2Config(vocab_size=96, n_positions=64, n_embd=32, n_layer=2, n_head=4)
    config.activation_function = "gelu_new"
    language_model("gpt2", config, GPT2LMHeadModel(config), [5, 17, 80, 3, 44, 9, 61], 40)


SMALL = dict(vocab_size=96, hidden_size=32, intermediate_size=88, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5)


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM
    config = LlamaConfig(**SMALL, tie_word_embeddings=False)
    language_model("llama", config, LlamaForCausalLM(config), [1, 17, 80, 3, 44, 9, 61], 40)


def llama3():
    """Scaled rotary positions, tied embeddings, an explicit head size, biases, bf16."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    rope = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 16}
    config = LlamaConfig(**SMALL, tie_word_embeddings=True, head_dim=16, attention_bias=True, rope_parameters=rope)
    model = LlamaForCausalLM(config)
    language_model("llama3", config, model, [1, 17, 80, 3, 44, 9, 61, 70, 71, 72, 33, 34], 40)
    config.dtype = "bfloat16"
    language_model("llama3-bf16", config, LlamaForCausalLM(config).to(torch.bfloat16), [1, 17, 80, 3, 44, 9, 61], 8)


def bert():
    import torch
    from transformers import BertConfig, BertModel
    config = BertConfig(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                        max_position_embeddings=32)
    model = BertModel(config, add_pooling_layer=False).eval()
    shapes = fill(model)
    tokens = [[2, 17, 80, 3, 44], [2, 9, 3, 0, 0]]
    mask = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    with torch.no_grad():
        hidden = model(torch.tensor(tokens), torch.tensor(mask))[0]
    write("bert", config=config.to_diff_dict() | {"hidden_act": "gelu"}, shapes=shapes, tokens=tokens, mask=mask, features=numbers(hidden))


def picture():
    """Returns a picture of the shape [1, 3, 224, 224]."""
    import torch
    return torch.from_numpy(made_up("picture", (3 * 224 * 224,))).reshape(1, 3, 224, 224) * 5


def classifier(name, model, **more):
    import torch
    model = model.eval()
    shapes = fill(model)
    with torch.no_grad():
        logits = model(picture())
    write(name, shapes=shapes, logits=numbers(logits), **more)


def resnet18():
    import torchvision
    classifier("resnet18", torchvision.models.resnet18(weights=None))


def resnet50():
    import torchvision
    classifier("resnet50", torchvision.models.resnet50(weights=None))


def vit():
    import timm
    classifier("vit_tiny", timm.create_model("vit_tiny_patch16_224", pretrained=False))


def vit_torchvision():
    import torchvision
    model = torchvision.models.VisionTransformer(image_size=224, patch_size=32, num_layers=2, num_heads=4, hidden_dim=64, mlp_dim=128)
    classifier("vit_torchvision", model)


def sampling():
    """Writes the probabilities that the filters of `generate` leave."""
    import torch
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper
    cases = []
    logits = torch.from_numpy(made_up("logits", (3 * 50,))).reshape(3, 50) * 40
    for temperature, k, p in [(0.7, None, None), (1.0, 5, None), (0.8, None, 0.9), (1.3, 20, 0.6), (1.0, None, 1e-9), (0.5, 1, None)]:
        kept = TemperatureLogitsWarper(temperature)(None, logits)
        kept = TopKLogitsWarper(k)(None, kept) if k else kept
        kept = TopPLogitsWarper(p)(None, kept) if p else kept
        probabilities = [numbers(row.softmax(-1)) for row in kept]
        cases.append({"temperature": temperature, "k": k, "p": p, "probabilities": probabilities})
    write("sampling", logits=[numbers(row) for row in logits], cases=cases)


MODELS = [gpt2, llama, llama3, bert, resnet18, resnet50, vit, vit_torchvision, sampling]


def main(*names):
    for make in MODELS:
        if not names or make.__name__ in names:
            make()
    unknown = set(names) - {make.__name__ for make in MODELS}
    if unknown:
        sys.exit(f"there are no models {unknown}; there are {[make.__name__ for make in MODELS]}")
