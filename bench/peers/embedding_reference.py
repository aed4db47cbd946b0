"""Reference values of the positional embedding as PyTorch computes it.

    python bench/peers/embedding_reference.py > test/fixtures/nern/embedding.json

Angles as the NeRN authors form them: an integer coordinate times a float32 power of the base, times pi.
"""

import json
import math

import torch

CASES = [
    (0.76, 40, [[0, 0, 0], [1, 2, 3], [18, 63, 62], [54, 37, 15], [20, 511, 510]]),
    (1.25, 40, [[1, 2, 3], [54, 63, 62]]),
]


def embed(coordinates, base, levels):
    angles = torch.tensor(coordinates).unsqueeze(-1) * (base ** torch.arange(levels)) * math.pi
    return torch.stack([torch.sin(angles), torch.cos(angles)], dim=-1).flatten(start_dim=1)


cases = [
    {
        "base": base,
        "levels": levels,
        "coordinates": coordinates,
        "embedding": [[float(f"{value:.9g}") for value in row] for row in embed(coordinates, base, levels).tolist()],
    }
    for base, levels, coordinates in CASES
]
print(json.dumps({"torch": torch.__version__, "cases": cases}))
