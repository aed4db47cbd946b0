"""Writes test/fixtures/original/networks.json: steps of training SqueezeNets and the plain network from scratch, by PyTorch.

    python bench/peers/original_networks_reference.py [file]

The networks are torchvision's SqueezeNets, without their dropout, and a module like the description `cnn`, on images of 32x32
with ten classes. Their weights are too many to be stored: weights, images and labels are drawn by `drawn`, which the test
has too. Of each tensor the JSON has its l2 norm and values at even distances: of the first step's gradient (weight decay not
included), and of the change over all steps. Everything is computed in float64 from float32 weights and images; `float32` says how
far PyTorch's own float32 run is off.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

IMAGES, SIZE, CLASSES, STEPS, SAMPLES = 4, 32, 10, 4, 12
SETTINGS = {"lr": 0.002, "momentum": 0.9, "nesterov": False, "weightDecay": 1e-3}


def drawn(start, count):
    """Numbers in [-1, 1), by their index: a finaliser of 32-bit hashes."""
    h = np.arange(start, start + count, dtype=np.uint32) * np.uint32(2654435761)
    h ^= h >> np.uint32(16)
    h *= np.uint32(2246822507)
    h ^= h >> np.uint32(13)
    h *= np.uint32(3266489909)
    h ^= h >> np.uint32(16)
    return h / 2.0 ** 31 - 1


class Plain(nn.Module):
    """Three stages of two 3x3 convolutions, halved by maxima."""

    def __init__(self):
        super().__init__()
        width = 3
        for stage, filters in enumerate([32, 64, 128]):
            for i in (1, 2):
                setattr(self, f"conv{stage + 1}_{i}", nn.Conv2d(width, filters, 3, padding=1, bias=False))
                setattr(self, f"bn{stage + 1}_{i}", nn.BatchNorm2d(filters))
                width = filters
        self.fc = nn.Linear(width, CLASSES)

    def forward(self, x):
        for stage in (1, 2, 3):
            for i in (1, 2):
                x = F.relu(getattr(self, f"bn{stage}_{i}")(getattr(self, f"conv{stage}_{i}")(x)))
            x = F.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


def squeezenet(make):
    network = make(num_classes=CLASSES)
    network.classifier[0].p = 0.0
    return network


NETWORKS = {
    "squeezenet1_0": lambda: squeezenet(torchvision.models.squeezenet1_0),
    "squeezenet1_1": lambda: squeezenet(torchvision.models.squeezenet1_1),
    "cnn": Plain,
}


def initial_state(network):
    """By name, in the order of the names: filters uniform with variance 2 / fan in, norms near 1, biases near 0."""
    state, at = {}, 0
    for name in sorted(name for name in network.state_dict() if "num_batches" not in name):
        shape = network.state_dict()[name].shape
        values = drawn(at, math.prod(shape))
        at += math.prod(shape)
        if len(shape) > 1:
            values = values * math.sqrt(6 / math.prod(shape[1:]))
        else:
            values = values / 4 + (1 if name.endswith("running_var") or ("bn" in name and name.endswith("weight")) else 0)
        state[name] = torch.tensor(values.astype(np.float32)).reshape(shape)
    return state


def run(make, dtype):
    network = make().to(dtype)
    start = {name: value.to(dtype) for name, value in initial_state(network).items()}
    network.load_state_dict(start, strict=False)
    network.train()
    images = torch.tensor((2 * drawn(10 ** 8, IMAGES * 3 * SIZE * SIZE)).astype(np.float32)).reshape(IMAGES, 3, SIZE, SIZE)
    labels = torch.arange(IMAGES)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=SETTINGS["lr"], momentum=SETTINGS["momentum"], weight_decay=SETTINGS["weightDecay"],
    )
    losses, gradient = [], None
    for step in range(STEPS):
        loss = F.cross_entropy(network(images.to(dtype)), labels)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            gradient = {name: value.grad.clone() for name, value in network.named_parameters()}
        losses.append(loss.item())
        optimizer.step()
    change = {name: value.detach() - start[name] for name, value in network.state_dict().items() if name in start}
    return losses, gradient, change


def told(tensors):
    def of(tensor):
        values = tensor.double().flatten()
        at = [i * len(values) // SAMPLES for i in range(min(SAMPLES, len(values)))] if len(values) > SAMPLES else range(len(values))
        return {"norm": float(f"{values.norm().item():.9g}"), "values": [float(f"{values[i].item():.9g}") for i in at]}

    return {name: of(tensor) for name, tensor in tensors.items()}


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/original/networks.json"
    torch.set_num_threads(1)
    cases = {}
    for name, make in NETWORKS.items():
        losses, gradient, change = run(make, torch.float64)
        _, _, single = run(make, torch.float32)
        off = max(((single[key] - value).abs().max() / value.abs().max()).item() for key, value in change.items())
        cases[name] = {"losses": losses, "gradient": told(gradient), "change": told(change), "float32": off}
        print(name, losses, off)
    content = {"images": IMAGES, "size": SIZE, "samples": SAMPLES, "settings": SETTINGS, "networks": cases}
    file.write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
