"""Writes the models to measure, with random weights, in the files that each library expects."""

import json


def make(name, folder):
    """Writes the config.json and model.safetensors of a model."""
    import torch
    from safetensors.torch import save_file
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    if name in PICTURES:
        save_file({k: v.contiguous() for k, v in picture_model(name).state_dict().items()}, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps({"model": name}))
        return
    config, make_model = text_model(name)
    model = make_model(config)
    model.save_pretrained(folder)


PICTURES = {"resnet18", "vit"}


def picture_model(name):
    import timm
    import torchvision
    if name == "resnet18":
        return torchvision.models.resnet18(weights=None)
    return timm.create_model("vit_tiny_patch16_224", pretrained=False)


def text_model(name):
    import transformers as t
    if name == "minilm":
        config = t.BertConfig(vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
        return config, lambda c: t.BertModel(c, add_pooling_layer=False)
    if name == "gpt2":
        return t.GPT2Config(), t.GPT2LMHeadModel
    sizes = {
        # Two decoders, of 5.4 and 134 million parameters.
        "llama5m": dict(hidden_size=256, num_hidden_layers=4, num_attention_heads=8, num_key_value_heads=2, intermediate_size=768, vocab_size=8192),
        "llama134m": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, num_key_value_heads=12, intermediate_size=2048, vocab_size=32000),
    }[name]
    return t.LlamaConfig(**sizes, max_position_embeddings=1024, tie_word_embeddings=False), t.LlamaForCausalLM
