"""Writes test/fixtures/onnx: networks as PyTorch exports them, and their logits.

    python bench/peers/onnx_reference.py [folder]

Small networks that have between them every operation that is read: with batch norms kept or folded, by exporters with
different habits: TorchScript's and `dynamo`, of several opsets. `onnx.json` holds the images' shape and the logits of `hashed` images (networks_reference.py).
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


class Habits(nn.Module):
    """What people write around layers: images normalised inside, vectors added, kernels used twice, norms of vectors."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2, 0.3, 0.25]).view(1, 3, 1, 1))
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.shift = nn.Parameter(torch.rand(6, 1, 1))
        self.scale = nn.Parameter(torch.rand(1, 6, 1, 1) + 0.5)
        self.bn1 = nn.BatchNorm2d(6)
        self.twice = nn.Conv2d(6, 6, 3, padding=1)
        self.pre = nn.BatchNorm2d(6)
        self.even = nn.ZeroPad2d(1)
        self.conv2 = nn.Conv2d(6, 8, 3, bias=False)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Conv2d(8, 12, 1)
        self.bn2 = nn.BatchNorm1d(12)
        self.fc1 = nn.Linear(12, 7)
        self.vector = nn.Parameter(torch.rand(7))
        self.fc2 = nn.Linear(7, 10)
        self.temperature = nn.Parameter(torch.tensor(1.7))
        self.last = nn.Parameter(torch.rand(10))

    def forward(self, x):
        x = (x - self.mean) / self.std
        x = F.relu(self.bn1(self.conv1(x) + self.shift) * self.scale)
        x = self.twice(F.relu(self.twice(x))) + x + self.shift
        x = F.max_pool2d(self.pre(x), 2)
        x = F.relu(self.conv2(self.even(x)))
        x = self.head(self.pool(x))
        x = self.bn2(x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3]))
        x = F.relu(self.fc1(x) + self.vector + self.vector)
        return self.fc2(F.dropout(x, training=self.training)) / self.temperature + self.last


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
    # The exporter of today, with its weights in a file beside each network's; and the one before for what people write.
    for name, model in {"mixed": Mixed(viewed=True), "means": Convolutional(), "habits": Habits()}.items():
        randomise(model)
        logits[f"{name}-dynamo"] = model(images).tolist()
        batch = {"dynamic_shapes": ({0: torch.export.Dim("n")},)} if name == "mixed" else {}
        torch.onnx.export(model, (images,), folder / f"{name}-dynamo.onnx", dynamo=True, verbose=False, **batch)
        if name == "habits":
            logits["habits-script"] = logits["habits-dynamo"]
            torch.onnx.export(model, images, folder / "habits-script.onnx", dynamo=False, **open_batch)
    (folder / "onnx.json").write_text(json.dumps({"shape": shape, "logits": logits}) + "\n")


if __name__ == "__main__":
    main()
