"""Runs one model in PyTorch, as rune-models/examples/worker.rs does in rune: `worker.py WORKLOAD FOLDER`."""

import json
import os
import resource
import sys
import time
from pathlib import Path

begin = time.perf_counter()
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from against_pytorch.models import PICTURES, picture_model, text_model

PROMPT, TOKENS = 64, 32


def tokens(count):
    return [i * 7919 % 997 + 3 for i in range(count)]


def call_of(workload, folder):
    name, work, *sizes = workload.split("-")
    dtype = torch.bfloat16 if sizes and sizes[-1] == "bf16" else torch.float32
    sizes = [int(n) for n in sizes if n.isdigit()]
    if name in PICTURES:
        from safetensors.torch import load_file
        model = picture_model(name)
        model.load_state_dict(load_file(folder / "model.safetensors"))
        model = model.eval()
        count = sizes[0] * 3 * 224 * 224
        picture = ((torch.arange(count) % 255).float() / 255 - 0.5).reshape(sizes[0], 3, 224, 224)
        return lambda: timed(lambda: model(picture).flatten()[:8].tolist())
    import transformers as t
    kinds = {"minilm": t.BertModel, "gpt2": t.GPT2LMHeadModel}
    more = {"add_pooling_layer": False} if name == "minilm" else {}
    model = kinds.get(name, t.LlamaForCausalLM).from_pretrained(folder, dtype=dtype, **more).eval()
    if work == "embed":
        batch = torch.tensor(tokens(sizes[0] * sizes[1])).reshape(sizes)
        mask = torch.ones_like(batch)

        def embed():
            hidden = model(batch, mask)[0]
            mean = (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
            return torch.nn.functional.normalize(mean, dim=1).flatten()[:8].tolist()

        return lambda: timed(embed)
    prompt = torch.tensor([tokens(sizes[0] if sizes else PROMPT)])

    def read(text, past):
        out = model(text, past_key_values=past, use_cache=True, logits_to_keep=1)
        return out.logits[:, -1].argmax(-1, keepdim=True), out.past_key_values

    if work == "prefill":
        return lambda: timed(lambda: [float(read(prompt, None)[0])])

    def decode():
        token, past = read(prompt, None)
        written = [token]
        start = time.perf_counter()
        for _ in range(TOKENS):
            token, past = read(token, past)
            written.append(token)
            token.item()
        seconds = (time.perf_counter() - start) / TOKENS
        return seconds, [float(token) for token in written[:8]]

    return decode


def timed(f):
    start = time.perf_counter()
    result = f()
    return time.perf_counter() - start, result


@torch.no_grad()
def main(workload, folder):
    torch.set_num_threads(int(os.environ.get("RAYON_NUM_THREADS", "2")))
    call = call_of(workload, Path(folder))
    loaded = time.perf_counter() - begin
    _, result = call()
    print(json.dumps({"loaded": loaded, "first": time.perf_counter() - begin, "result": result}), flush=True)
    for line in sys.stdin:
        start, fastest = time.perf_counter(), float("inf")
        while time.perf_counter() - start < float(line):
            fastest = min(fastest, call()[0])
        print(fastest, flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


main(*sys.argv[1:])
