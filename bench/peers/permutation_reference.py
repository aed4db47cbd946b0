"""Reference permutations, computed by the NeRN authors' own code in a clone of github.com/maorash/NeRN.

    python bench/peers/permutation_reference.py CLONE > test/fixtures/nern/permutation.json

Their progress bar (tqdm) and options module, which the permutations do not need, are replaced by stand-ins. Only what
agrees with the paper is kept: for 1x1 layers their code compares signs wherever it compares more than one filter, so
of those only the channels' paths are.
"""

import json
import sys
import types

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
sys.modules["tqdm"] = types.SimpleNamespace(tqdm=lambda steps: steps)
sys.modules["NeRN.options"] = types.SimpleNamespace(PermutationsConfig=object, EmbeddingsConfig=object)
from NeRN.permutations.permutations import CrossFilterPermutations, InFilterPermutations  # noqa: E402

random = np.random.default_rng(7)
shapes = [(4, 5, 3, 3), (6, 2, 3, 3), (3, 7, 1, 1), (8, 8, 3, 3)]
layers = [torch.tensor(random.normal(size=shape).round(3), dtype=torch.float32) for shape in shapes]
tables = [torch.arange(layer.shape[0] * layer.shape[1], dtype=torch.float32).unsqueeze(1) for layer in layers]

cross = [CrossFilterPermutations()._calculate_layer_crossfilter_permutation(layer.numpy()) for layer in layers]
cross_rows = CrossFilterPermutations().apply(tables, cross)
inside = InFilterPermutations().calculate(layers)
inside_rows = InFilterPermutations().apply(tables, inside, shapes)


def integers(tensor):
    return [int(value) for value in tensor.flatten()]


print(
    json.dumps(
        [
            {"shape": shape, "weights": [round(value, 3) for value in layer.flatten().tolist()]}
            | {"channels": [list(map(int, path)) for path in inside[i][1]]}
            | (
                {
                    "filters": list(map(int, inside[i][0])),
                    "inFilterRows": integers(inside_rows[i]),
                    "kernels": list(map(int, cross[i])),
                    "crossFilterRows": integers(cross_rows[i]),
                }
                if shape[2] > 1
                else {}
            )
            for i, (shape, layer) in enumerate(zip(shapes, layers))
        ]
    )
)
