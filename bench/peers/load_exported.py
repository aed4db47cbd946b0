"""Loads a network that `nern-sweep export` wrote into a plain PyTorch module and classifies the test records of
NERN_SWEEP_DATA with it: the accuracy must be the run's.

    python bench/peers/load_exported.py EXPORT_FOLDER [--original FILE] [--run RESULT_JSON]

The module is a CIFAR ResNet with identity shortcuts (He et al. 2016) under akamaster's names. `--original` compares what
is copied, `--run` the accuracy. Ends with an error where something differs.
"""

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from torch_run import records


class Block(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.stride, self.missing = stride, filters - channels

    def forward(self, x):
        identity = x if self.stride == 1 else F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.missing // 2, self.missing // 2))
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + identity)


class ResNet(nn.Module):
    def __init__(self, blocks: int, classes: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (channels, filters) in enumerate([(16, 16), (16, 32), (32, 64)]):
            first = Block(channels, filters, 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, *(Block(filters, filters, 1) for _ in range(blocks - 1))))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--original", type=Path)
    parser.add_argument("--run", type=Path)
    options = parser.parse_args()

    state = torch.load(options.folder / "network.pth", weights_only=True)
    blocks = len({name.split(".")[1] for name in state if name.startswith("layer1.")})
    network = ResNet(blocks, len(state["linear.bias"])).eval()
    print(network.load_state_dict(state))

    if options.original:
        original = torch.load(options.original, weights_only=False, map_location="cpu")
        original = {name.removeprefix("module."): tensor for name, tensor in original.get("state_dict", original).items()}
        assert list(state) == list(original), "other names, or another order"
        differ = [name for name in state if not torch.equal(state[name], original[name])]
        assert all(state[name].dim() == 4 for name in differ), f"not copied: {differ}"
        print(f"{len(state) - len(differ)} tensors copied, {len(differ)} predicted")

    images, labels = records(["test_batch.bin"])
    with torch.no_grad():
        correct = sum(int((network(part).argmax(1) == truth).sum()) for part, truth in zip(images.split(256), labels.split(256)))
    accuracy = 100 * correct / len(labels)
    print(f"PyTorch {torch.__version__}: {correct} of {len(labels)} test records right, {accuracy:.4f} %")

    if options.run:
        expected = json.loads(options.run.read_text())["metrics"]["accuracy"]["value"]
        print(f"the run: {expected:.4f} %")
        assert abs(accuracy - expected) < 1e-6, "another accuracy"


if __name__ == "__main__":
    main()
