"""Writes test/fixtures/onnx: networks as PyTorch exports them, and their logits.

    python bench/peers/onnx_reference.py [folder]

Small networks that have between them every operation that is read: with batch norms kept or folded, by exporters with
different habits. `onnx.json` holds the images' shape and the logits of `hashed` images (networks_reference.py).
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from networks_reference import hashed


class Mixed(nn.Module):
    """Shortcut A, a fire module, a batch norm by itself, maxima and means, two linear layers."""

    def __init__(self, viewed: bool):
        super().__init__()
        self.viewed = viewed
        self.conv1 = nn.Conv2d(3, 8, 5, 1, 2, bias=False)
        self.bn1 = nn.BatchNorm2d(8, eps=1e-3)
        self.conv2 = nn.Conv2d(8, 12, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(12)
        self.pre = nn.BatchNorm2d(12)
        self.squeeze = nn.Conv2d(12, 4, 1)
        self.one = nn.Conv2d(4, 5, 1)
        self.three = nn.Conv2d(4, 7, 3, padding=1)
        self.fc1 = nn.Linear(192, 9)
        self.fc2 = nn.Linear(9, 10)
        self.dropout = nn.Dropout()

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        shortcut = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
        x = F.relu(self.pre(self.bn2(self.conv2(x)) + shortcut))
        x = F.relu(self.squeeze(x))
        x = torch.cat([F.relu(self.one(x)), F.relu(self.three(x))], 1)
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = F.avg_pool2d(x, 2)
        x = x.view(x.size(0), -1) if self.viewed else torch.flatten(x, 1)
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


class Convolutional(nn.Module):
    """Its classifier is a convolution; its product has no bias."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 6, 1))
        self.classifier = nn.Conv2d(6, 8, 1)
        self.last = nn.Linear(8, 10, bias=False)

    def forward(self, x):
        return self.last(F.relu(self.classifier(F.relu(self.features(x)))).mean((2, 3)))


def randomise(model: nn.Module) -> nn.Module:
    """Batch norms that do something, and weights large enough for logits that differ."""
    for name, value in model.state_dict().items():
        if value.dim() > 1:
            value.mul_(2)
        elif value.dim() and (name.endswith(("running_var", "running_mean")) or "bn" in name):
            value.add_(torch.rand_like(value) / 2)
    return model.eval()


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/onnx"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    warnings.simplefilter("ignore")
    shape = (2, 3, 32, 32)
    images = torch.from_numpy(hashed("images", int(np.prod(shape))).astype(np.float32)).reshape(shape)
    open_batch = {"input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
    exports = {
        "folded": (Mixed(viewed=False), {"opset_version": 17}),
        "kept": (Mixed(viewed=True), {"opset_version": 13, "training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False, **open_batch}),
        "convolutional": (Convolutional(), {"opset_version": 18, **open_batch}),
    }
    logits = {}
    for name, (model, options) in exports.items():
        randomise(model)
        logits[name] = model(images).tolist()
        torch.onnx.export(model, images, folder / f"{name}.onnx", dynamo=False, **options)
    (folder / "onnx.json").write_text(json.dumps({"shape": shape, "logits": logits}) + "\n")


if __name__ == "__main__":
    main()
