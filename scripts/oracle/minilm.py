"""Writes rune-models/tests/data/minilm.json: embeddings of a few texts, as the library `transformers` computes them.

Needs the packages torch and transformers, and `scripts/fetch-minilm`.
"""

import json

import torch
from transformers import AutoModel, AutoTokenizer

from .common import ROOT

FOLDER = ROOT / "data/minilm"
TEXTS = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "",
    " ".join(["a very long text about nothing"] * 80),
    "Ünïcode ☃ naïve café 東京",
    " ".join(["Fifteen words make a text of a middle length, which fills no power of two exactly."] * 3),
    "One",
]


def main():
    tokenizer, model = AutoTokenizer.from_pretrained(FOLDER), AutoModel.from_pretrained(FOLDER).eval()
    encoded = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**encoded)[0]
    mask = encoded["attention_mask"].unsqueeze(-1).float()
    embeddings = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
    rows = [[float(f"{x:.7g}") for x in row] for row in embeddings.tolist()]
    (ROOT / "rune-models/tests/data/minilm.json").write_text(json.dumps({"texts": TEXTS, "embeddings": rows}) + "\n")
