"""Computes every measure of a finished run anew, in PyTorch and numpy, and prints both numbers beside each other.

    python bench/peers/measures_check.py MEASURES PREDICTOR RESULT NERN_SWEEP_DATA

for a run of akamaster's ResNet20 on CIFAR-10 with the papers' embedding and predictor and in-filter permutation:
MEASURES is its folder of documents, PREDICTOR its predictor.safetensors, RESULT its result.json. What is printed last is
the largest difference of each line; accuracies are counts of images.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from measures_reference import MEAN, STD, attack, low_frequency_ratio, quantise
from method import Target, coordinates, create_predictor, embed, split_kernels
from safetensors_file import read_safetensors

measures, predictor_file, result_file, data = map(Path, sys.argv[1:])
documents = {file.stem: json.loads(file.read_text()) for file in measures.glob("*.json")}
result = json.loads(result_file.read_text())


def greedy(rows: np.ndarray) -> list[int]:
    """From the first row always to the one not visited yet whose cosine is the highest."""
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    path, left = [0], set(range(1, len(rows)))
    while left:
        rest = sorted(left)
        path.append(rest[int(np.argmax(rows[rest] @ rows[path[-1]]))])
        left.remove(path[-1])
    return path


def in_filter(weight: torch.Tensor) -> np.ndarray:
    """Which position's embedding each kernel gets."""
    filters, channels = weight.shape[:2]
    kernels = weight.reshape(filters, channels, -1).double().numpy()
    inner = np.array([greedy(kernels[f]) for f in range(filters)])
    unit = kernels / np.maximum(np.linalg.norm(kernels, axis=2, keepdims=True), 1e-12)
    outer = greedy(np.stack([unit[f][inner[f]].ravel() for f in range(filters)]))
    order = np.array([f * channels + c for f in outer for c in inner[f]])
    return np.argsort(order)


def records(name: str):
    table = np.fromfile(data / "cifar-10-batches-bin" / name, dtype=np.uint8).reshape(-1, 3073)
    return torch.tensor(table[:, 1:].reshape(-1, 3, 32, 32)).float() / 255, torch.tensor(table[:, 0].astype(np.int64))


pixels, labels = records("test_batch.bin")
train_pixels, train_labels = (part[:512] for part in records("data_batch_1.bin"))
saved = torch.load(data / "resnet/resnet20-12fca82f.th", map_location="cpu", weights_only=False)
state = {name.removeprefix("module."): value for name, value in saved["state_dict"].items()}
target = Target([16, 32, 64], [3, 3, 3], "A")
shapes = target.learnable()
original = {name: state[name] for name in shapes}
parameters = read_safetensors(predictor_file)
hidden = len(parameters["layers.0.bias"])
table = embed(coordinates(shapes), 0.76, 40)
places, start = [], 0
for weight in original.values():
    places.append(start + in_filter(weight))
    start += weight.shape[0] * weight.shape[1]
embedding = table[torch.tensor(np.concatenate(places))]


def predicted(parameters):
    predictor = create_predictor(240, hidden)
    for i, layer in enumerate(module for module in predictor if hasattr(module, "weight")):
        layer.weight.data, layer.bias.data = parameters[f"layers.{i}.weight"], parameters[f"layers.{i}.bias"]
    with torch.no_grad():
        return split_kernels(predictor(embedding), shapes)


def logits(weights, images=pixels):
    with torch.no_grad():
        return torch.cat([target.forward({**state, **weights}, (x - MEAN) / STD)[0] for x in images.split(256)])


def right(found, wanted=labels, within=1):
    return int((found.topk(within, 1).indices == wanted[:, None]).any(1).sum())


def compare(name, ours, theirs, unit=""):
    ours, theirs = np.asarray(ours, dtype=float).ravel(), np.asarray(theirs, dtype=float).ravel()
    both = f"{ours[0]:.6g} {theirs[0]:.6g}" if len(ours) == 1 else f"{len(ours)} numbers"
    print(f"{name:42} {both:24} differ by {np.abs(ours - theirs).max():.2g}{unit}", flush=True)


count = len(labels)
images_right = lambda percent: np.asarray(percent) * count / 100
own = predicted(parameters)
before, after = logits(original), logits(own)
difference = {name: own[name] - original[name] for name in shapes}
learnable = sum(weight.numel() for weight in original.values())
error = lambda weights: (sum((weights[n] - original[n]).double().square().sum() for n in shapes) / learnable).sqrt().item()
metric = {name: value["value"] for name, value in result["metrics"].items()}
compare("accuracy", images_right(metric["accuracy"]), right(after), " images")
compare("top-5", images_right(metric["top-5"]), right(after, within=5), " images")
compare("loss", metric["loss"], F.cross_entropy(after, labels).item())
compare("agreement", images_right(metric["agreement"]), int((before.argmax(1) == after.argmax(1)).sum()), " images")
compare("reconstruction-error", metric["reconstruction-error"], error(own))
size = float(result["metrics"]["fgsm"]["settings"]["epsilon"].split("/")[0])
for name, options in [("fgsm", (size, 1, size)), ("i-fgsm", (size, 10, size / 4))]:
    for whose, weights, ours in [("", own, metric[name]), (" of the original", original, result["target"][name])]:
        logits_of = lambda x: target.forward({**state, **weights}, (x - MEAN) / STD)[0]
        moved = torch.cat([attack(logits_of, x, y, *options) for x, y in zip(pixels.split(128), labels.split(128))])
        compare(name + whose, images_right(ours), right(logits(weights, moved)), " images")

layers = documents["layer-errors"]["layers"]
compare("layer-errors: error", [l["error"] for l in layers], [d.double().square().mean().sqrt() for d in difference.values()])
relative = [difference[n].double().norm() / original[n].double().norm() for n in shapes]
compare("layer-errors: relative", [l["relative"] for l in layers], relative)
filters = {n: difference[n].double().flatten(1).norm(dim=1) / original[n].double().flatten(1).norm(dim=1) for n in shapes}
alive = {n: ~torch.isnan(value) for n, value in filters.items()}
compare(
    "layer-errors: filters",
    [value for l in layers for value, there in zip(l["filters"], alive[l["layer"]]) if there],
    torch.cat([filters[n][alive[n]] for n in shapes]),
)
ratios = documents["low-frequency-ratio"]["layers"]
compare("low-frequency-ratio: original", [r["original"] for r in ratios], [low_frequency_ratio(w.double()) for w in original.values()])
compare("low-frequency-ratio: reconstructed", [r["reconstructed"] for r in ratios], [low_frequency_ratio(own[n].double()) for n in shapes])
for which, weights in [("original", original), ("reconstructed", own)]:
    grids = [np.array([[np.nan if v is None else v for v in row] for row in l[which]], dtype=float) for l in documents["kernel-grid"]["layers"]]
    there = np.concatenate([grid[~np.isnan(grid)] for grid in grids])
    blocks = [w[:8, :8].permute(0, 2, 1, 3).reshape(-1) for w in weights.values()]
    compare(f"kernel-grid: {which}", there, torch.cat(blocks))

captured, convolution = {}, target.convolution
def capturing(given, x, name, bn, stride=1):
    captured[f"{name}.weight"] = convolution(given, x, name, bn, stride)
    return captured[f"{name}.weight"]
target.convolution = capturing
logits(original, pixels[:128])
target.convolution = convolution
ranked, maps, theirs = True, [], []
for layer in documents["weight-importance"]["layers"]:
    value = filters[layer["layer"]].nan_to_num(float("nan"))
    order = [int(i) for i in value.argsort() if not torch.isnan(value[i])]
    for side, wanted in [("lowest", order[:10]), ("highest", order[::-1][:10])]:
        ranked &= [one["filter"] for one in layer[side]] == wanted
        maps.append(np.ravel(layer["activation"][side]))
        theirs.append(captured[layer["layer"]].relu()[:, wanted].mean((0, 1)).ravel())
print(f"{'weight-importance: filters':42} {'the same' if ranked else 'OTHERS'}")
compare("weight-importance: activation maps", np.concatenate(maps), torch.cat(theirs))

points = documents["interpolation"]["points"]
between = [{n: (1 - p["t"]) * original[n] + p["t"] * own[n] for n in shapes} for p in points]
looks = [logits(weights) for weights in between]
compare("interpolation: accuracy", images_right([p["accuracy"] for p in points]), [right(look) for look in looks], " images")
losses = [F.cross_entropy(look, labels).item() for look in looks]
compare("interpolation: loss, relative", np.array([p["loss"] for p in points]) / losses, np.ones(len(points)))
compare("interpolation: distance", [p["distance"] for p in points], [error(weights) for weights in between])
landscape = documents["loss-landscape"]
middle = len(landscape["axis"]) // 2
for split, images, wanted in [("train", train_pixels, train_labels), ("test", pixels[:512], labels[:512])]:
    centre = F.cross_entropy(logits(own, images), wanted).item()
    compare(f"loss-landscape: centre, {split}", landscape[split]["loss"][middle][middle], centre)
table64 = embed(torch.tensor([[0, 0, c] for c in range(64)]), 0.76, 40).double()
compare("embedding-similarity", documents["embedding-similarity"]["similarity"], F.cosine_similarity(table64, table64[31:32]))

names = [f"layers.{i}.weight" for i in range(5)]
flat = torch.cat([parameters[n].abs().flatten() for n in names]).sort().values
worst, worst_loss, size_of = 0, 0.0, {}
for point in documents["meta-compression"]["points"]:
    if point.get("fineTuned"):
        continue
    bound = flat[int(point["pruned"] * len(flat))]
    kept = {n: (v.where(v.abs() >= bound, 0) if n in names else v) for n, v in parameters.items()}
    if point["bits"] < 32:
        kept |= {n: quantise(kept[n], point["bits"]).float() for n in names}
    weights = predicted(kept)
    look = logits(weights)
    worst = max(worst, abs(images_right(point["accuracy"]) - right(look)))
    worst_loss = max(worst_loss, abs(point["loss"] / F.cross_entropy(look, labels).item() - 1))
    size_of[point["pruned"], point["bits"]] = point["bytes"]
print(f"{'meta-compression: accuracy':42} {len(size_of)} points                differ by {worst:.2g} images")
print(f"{'meta-compression: loss, relative':42} {len(size_of)} points                differ by {worst_loss:.2g}")
