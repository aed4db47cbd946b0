"""Writes test/fixtures/measures: every measure on a tiny network and a disturbed copy of it, computed by PyTorch.

    python bench/peers/measures_reference.py [folder]
    python bench/peers/measures_reference.py attacks NERN_SWEEP_DATA

`images.bin` holds 16 images as CIFAR-10 does: a label and 3,072 bytes each. `measures.safetensors` holds
  target/<key>             the network's state dict (shortcut B)
  reconstructed/<name>     the learnable convolutions of the copy
  gradient                 of the summed cross-entropy for the first two images, normalised, by the original network
  direction/<name>         normal draws, and normalised/<name>, the same scaled filter by filter to the norms of target
  activation               the average activation map of some filters
  predictor, pruned, quantised/<bits>   the parameters of a predictor, and what compression leaves of them
`measures.json` holds all that is a number. Everything is computed in float64 from the float32 inputs.

The second form prints, for the ResNet20 and the CIFAR-10 test records of the data folder, how many images PyTorch (in
float32, as a user would) gets right under attack.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from method import Target, create_predictor, embed
from safetensors_file import write_safetensors
from step_reference import random_target

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
ATTACKS = [
    {"epsilon": 1, "steps": 1, "stepSize": 1},
    {"epsilon": 1, "steps": 10, "stepSize": 0.25},
    {"epsilon": 8, "steps": 5, "stepSize": 2},
]
POSITIONS = [-0.5, 0, 0.3, 1, 1.5]
PLACES = [[0.5, -0.5], [1, 1]]
LAYER, FILTERS = "layer2.0.conv1.weight", [4, 1, 2]
PREDICTOR = {"inputs": 12, "hidden": 8, "outputs": 9}
PRUNED, BITS = 0.3, [8, 6, 4]


def attack(logits_of, pixels, labels, epsilon, steps, stepSize):
    """FGSM with one step, I-FGSM with several; sizes in 1/255."""
    epsilon, stepSize = epsilon / 255, stepSize / 255
    moved = pixels.clone()
    for _ in range(steps):
        moved.requires_grad_()
        (gradient,) = torch.autograd.grad(F.cross_entropy(logits_of(moved), labels, reduction="sum"), moved)
        moved = moved.detach() + stepSize * gradient.sign()
        moved = torch.max(torch.min(moved, pixels + epsilon), pixels - epsilon).clamp(0, 1)
    return moved


def right(logits, labels, within=1):
    return 100 * (logits.topk(within, 1).indices == labels[:, None]).any(1).double().mean().item()


def low_frequency_ratio(weight):
    energy = torch.linalg.svdvals(weight.flatten(1)).square()
    return (energy[: len(energy) // 2].sum() / energy.sum()).item()


def normalise_filters(direction, weight):
    norms = [x.flatten(1).norm(dim=1).view(-1, 1, 1, 1) for x in (weight, direction)]
    return direction * norms[0] / norms[1]


def quantise(weight, bits):
    scale = (weight.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)).float()
    return (weight / scale).round() * scale


def compressed(predictor):
    """Parameters after pruning the smallest weights of all layers, and after quantising these further."""
    weights = [layer.weight for layer in predictor if hasattr(layer, "weight")]
    order = torch.cat([weight.abs().flatten() for weight in weights]).sort().values
    bound = order[int(PRUNED * len(order))]
    pruned = [weight.where(weight.abs() >= bound, 0) for weight in weights]
    biases = [layer.bias for layer in predictor if hasattr(layer, "bias")]
    vector = lambda given: torch.cat([part.flatten() for pair in zip(given, biases) for part in pair])
    quantised = {bits: vector([quantise(weight, bits) for weight in pruned]) for bits in BITS}
    return vector(weights), vector(pruned), quantised


def tiny(folder: Path) -> None:
    torch.manual_seed(3)
    target = Target([4, 6, 8], [1, 1, 1], "B")
    coarse = F.interpolate(torch.rand(16, 3, 4, 4), size=32, mode="bilinear")
    pixels = (255 * (0.85 * coarse + 0.15 * torch.rand(16, 3, 32, 32))).round().byte()
    images = pixels.double() / 255
    state = random_target(target, ((images.float() - MEAN) / STD))
    # A head that tells these images apart, so that attacks have something to overturn.
    state["fc.weight"] *= 8
    exact = {name: value.double() for name, value in state.items()}
    names = list(target.learnable())
    original = {name: exact[name] for name in names}
    noise = {name: 0.02 * (i + 1) * state[name].std() * torch.randn_like(state[name]) for i, name in enumerate(names)}
    copy = {name: (state[name] + noise[name]) for name in names}
    own = {name: value.double() for name, value in copy.items()}

    logits_of = lambda weights: lambda x: target.forward({**exact, **weights}, (x - MEAN) / STD)[0]
    before = logits_of(original)(images)
    after = logits_of(own)(images)
    labels = before.argmax(1)
    labels[::4] = before.topk(2).indices[::4, 1]
    labels[::7] = (labels[::7] + 3) % 10

    normalised = ((images - MEAN) / STD)[:2].requires_grad_()
    loss = F.cross_entropy(target.forward(exact, normalised)[0], labels[:2], reduction="sum")
    (gradient,) = torch.autograd.grad(loss, normalised)
    direction = {name: torch.randn_like(state[name]) for name in names}
    scaled = {name: normalise_filters(direction[name].double(), original[name]) for name in names}
    loss_at = lambda weights: F.cross_entropy(logits_of(weights)(images), labels).item()
    between = lambda t: {name: (1 - t) * original[name] + t * own[name] for name in names}
    beside = lambda a, b: {name: original[name] + a * scaled[name] + b * (own[name] - original[name]) for name in names}

    captured = {}
    convolution = target.convolution

    def capturing(given, x, name, bn, stride=1):
        captured[f"{name}.weight"] = convolution(given, x, name, bn, stride)
        return captured[f"{name}.weight"]

    target.convolution = capturing
    target.forward(exact, (images - MEAN) / STD)
    target.convolution = convolution
    activation = captured[LAYER].relu()[:, FILTERS].mean((0, 1))

    predictor = create_predictor(*PREDICTOR.values())
    parameters, pruned, quantised = compressed(predictor)

    similarity = {}
    for base in (0.76, 1.25):
        table = embed(torch.tensor([[0, 0, c] for c in range(64)]), base, 40).double()
        similarity[base] = F.cosine_similarity(table, table[31:32]).tolist()

    difference = {name: own[name] - original[name] for name in names}
    results = {
        "labels": labels.tolist(),
        "top1": right(after, labels),
        "top5": right(after, labels, 5),
        "loss": F.cross_entropy(after, labels).item(),
        "agreement": 100 * (before.argmax(1) == after.argmax(1)).double().mean().item(),
        "layers": {
            name: {
                "error": difference[name].square().mean().sqrt().item(),
                "relative": (difference[name].norm() / original[name].norm()).item(),
                "filters": (difference[name].flatten(1).norm(dim=1) / original[name].flatten(1).norm(dim=1)).tolist(),
                "lowFrequency": [low_frequency_ratio(weights[name]) for weights in (original, own)],
            }
            for name in names
        },
        "attacks": [
            {**options, "accuracy": right(logits, labels), "loss": F.cross_entropy(logits, labels).item()}
            for options in ATTACKS
            for logits in [logits_of(original)(attack(logits_of(original), images, labels, **options))]
        ],
        "interpolation": [{"t": t, "loss": loss_at(between(t))} for t in POSITIONS],
        "landscape": [{"place": place, "loss": loss_at(beside(*place))} for place in PLACES],
        "activation": {"layer": LAYER, "filters": FILTERS},
        "embeddingSimilarity": similarity,
        "predictor": {**PREDICTOR, "pruned": PRUNED},
    }
    folder.mkdir(parents=True, exist_ok=True)
    records = np.concatenate([labels.byte().numpy()[:, None], pixels.flatten(1).numpy()], 1)
    (folder / "images.bin").write_bytes(records.tobytes())
    (folder / "measures.json").write_text(json.dumps(results, indent=1) + "\n")
    write_safetensors(folder / "measures.safetensors", {
        **{f"target/{name}": value for name, value in state.items()},
        **{f"reconstructed/{name}": value for name, value in copy.items()},
        **{f"direction/{name}": value for name, value in direction.items()},
        **{f"normalised/{name}": value for name, value in scaled.items()},
        "gradient": gradient, "activation": activation, "predictor": parameters, "pruned": pruned,
        **{f"quantised/{bits}": value for bits, value in quantised.items()},
    })
    print({key: results[key] for key in ("top1", "top5", "loss", "agreement", "attacks", "interpolation", "landscape")})


def real(data: Path) -> None:
    records = np.fromfile(data / "cifar-10-batches-bin/test_batch.bin", dtype=np.uint8).reshape(-1, 3073)
    labels = torch.tensor(records[:, 0].astype(np.int64))
    images = torch.tensor(records[:, 1:].reshape(-1, 3, 32, 32)).float() / 255
    saved = torch.load(data / "resnet/resnet20-12fca82f.th", map_location="cpu", weights_only=False)
    state = {name.removeprefix("module."): value for name, value in saved["state_dict"].items()}
    target = Target([16, 32, 64], [3, 3, 3], "A")
    logits_of = lambda x: target.forward(state, (x - MEAN) / STD)[0]
    for options in ATTACKS[:2]:
        found = [
            (logits_of(attack(logits_of, x, y, **options)).argmax(1) == y).tolist()
            for x, y in zip(images.split(256), labels.split(256))
        ]
        flat = sum(found, [])
        print({**options, "right": sum(flat), "rightOfFirst128": sum(flat[:128]), "of": len(flat)}, flush=True)


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["attacks"]:
        real(Path(sys.argv[2]))
    else:
        root = Path(__file__).resolve().parents[2]
        tiny(Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/measures")


if __name__ == "__main__":
    main()
