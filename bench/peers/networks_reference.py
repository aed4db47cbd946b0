"""Writes what PyTorch says of every named network into test/fixtures/networks.

    python bench/peers/networks_reference.py [folder]

`names.json`: what public checkpoints call the parameters, with their shapes; of timm's and transformers' networks by the
libraries themselves, of weiaicunzai's (pytorch-cifar100) after its modules. `pooled.json`: as
`networks.json`, of the layer list docs/networks/resnet18-cifar-pooled.yaml. `networks.json`, for each network: the number of its parameters, and of those of its convolutions; for hashed weights and images, the logits, and
for each convolution the gradient of one weighting of the logits with respect to its filters (its norm and a few of its
values). ImageNet's networks are torchvision's own; the others are written here after their papers, with the names that
public checkpoints have. Nothing is stored but results: weights and images are the same hash here and in
test/networks/hashed.ts. `parameters` are counted with the classes that the papers and torchvision count them with.
"""

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models


def hashed(name: str, count: int) -> np.ndarray:
    """Values in [-1, 1): murmur3's finalizer of the name's crc32 and the place."""
    x = np.arange(count, dtype=np.uint32) + np.uint32(zlib.crc32(name.encode()))
    for shift, factor in [(16, 0x85EBCA6B), (13, 0xC2B2AE35)]:
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2**31 - 1


def weight(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    values = hashed(name, int(np.prod(shape)))
    if len(shape) > 1:
        values *= np.sqrt(6 / np.prod(shape[1:]))
    elif name.endswith("running_var"):
        values = 1 + values / 2
    elif name.endswith("weight"):
        values = 0.6 + values / 10
    else:
        values /= 10
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


class Basic(nn.Module):
    expansion = 1

    def __init__(self, channels: int, width: int, stride: int, option: str):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = identity(channels, width, stride, option)

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self.shortcut(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, channels: int, width: int, stride: int, option: str):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.shortcut = identity(channels, 4 * width, stride, option)

    def forward(self, x):
        out = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(out)) + self.shortcut(x))


class Padded(nn.Module):
    """Every second pixel, and zero channels on both sides."""

    def __init__(self, margin: int):
        super().__init__()
        self.margin = margin

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.margin, self.margin))


def identity(channels: int, filters: int, stride: int, option: str) -> nn.Module:
    if stride == 1 and channels == filters:
        return nn.Sequential()
    if option == "A":
        return Padded((filters - channels) // 2)
    return nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))


class CifarResnet(nn.Module):
    def __init__(self, block, blocks: list[int], widths: list[int], option: str, classes: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        channels = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks)):
            layers = []
            for i in range(count):
                layers.append(block(channels, width, 2 if stage > 0 and i == 0 else 1, option))
                channels = width * block.expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.stages = len(widths)
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.linear(x.mean((2, 3)))


class PlainCnn(nn.Module):
    def __init__(self, classes: int):
        super().__init__()
        channels = 3
        for stage, filters in enumerate([32, 64, 128], 1):
            for i in [1, 2]:
                setattr(self, f"conv{stage}_{i}", nn.Conv2d(channels, filters, 3, 1, 1, bias=False))
                setattr(self, f"bn{stage}_{i}", nn.BatchNorm2d(filters))
                channels = filters
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        for stage in [1, 2, 3]:
            for i in [1, 2]:
                x = F.relu(getattr(self, f"bn{stage}_{i}")(getattr(self, f"conv{stage}_{i}")(x)))
            x = F.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


def cifar(depth: int, option: str):
    return lambda classes: CifarResnet(Basic, [(depth - 2) // 6] * 3, [16, 32, 64], option, classes)


# Network, shortcut, how it is made, the classes its parameters are counted with, the image shown (height, width).
networks = [
    *[(f"resnet{depth}", option, cifar(depth, option), 10, (32, 32)) for depth in [8, 20, 32, 44, 110] for option in "AB"],
    ("resnet56", "A", cifar(56, "A"), 10, (32, 32)),
    ("resnet56", "B", cifar(56, "B"), 10, (96, 96)),
    ("resnet18-cifar", None, lambda classes: CifarResnet(Basic, [2, 2, 2, 2], [64, 128, 256, 512], "B", classes), 10, (32, 32)),
    ("resnet50-cifar", None, lambda classes: CifarResnet(Bottleneck, [3, 4, 6, 3], [64, 128, 256, 512], "B", classes), 100, (32, 32)),
    ("resnet18", None, lambda classes: models.resnet18(num_classes=classes), 1000, (112, 112)),
    ("resnet34", None, lambda classes: models.resnet34(num_classes=classes), 1000, (75, 96)),
    ("resnet50", None, lambda classes: models.resnet50(num_classes=classes), 1000, (64, 65)),
    ("squeezenet1_0", None, lambda classes: models.squeezenet1_0(num_classes=classes), 1000, (111, 111)),
    ("squeezenet1_1", None, lambda classes: models.squeezenet1_1(num_classes=classes), 1000, (75, 98)),
    ("cnn", None, PlainCnn, 10, (32, 32)),
]

classes = 10
images = 2


def describe(name: str, shortcut: str | None, create, counted: int, size: tuple[int, int]) -> dict:
    model = create(classes).eval()
    model.load_state_dict(
        {key: weight(key, tuple(value.shape)) if value.dim() else value for key, value in model.state_dict().items()}
    )
    model = model.double()
    shape = (images, 3, *size)
    pixels = torch.from_numpy(hashed("images", int(np.prod(shape))).astype(np.float32)).reshape(shape)
    logits = model(pixels.double())
    weighting = torch.from_numpy(hashed("logits", logits.numel()).astype(np.float32)).reshape(logits.shape)
    (logits * weighting.double()).sum().backward()
    convolutions = {key: value for key, value in model.named_parameters() if value.dim() == 4}
    parts = lambda gradient: gradient.flatten()[:: max(1, gradient.numel() // 4)][:4].tolist()
    return {
        "network": name,
        "shortcut": shortcut,
        "size": size,
        "classes": counted,
        "parameters": sum(value.numel() for value in create(counted).parameters()),
        "convolutions": sum(value.numel() for value in convolutions.values()),
        "logits": [[float(f"{x:.7g}") for x in row] for row in logits.tolist()],
        "gradients": {
            key: {"norm": float(f"{value.grad.norm():.7g}"), "values": [float(f"{x:.7g}") for x in parts(value.grad)]}
            for key, value in list(convolutions.items())[:: max(1, len(convolutions) // 8)]
        },
    }


class Pooled(CifarResnet):
    """A ResNet for small images with a max-pool behind its stem, as huyvnphan's."""

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.linear(x.mean((2, 3)))


def pooled() -> dict:
    create = lambda classes: Pooled(Basic, [2, 2, 2, 2], [64, 128, 256, 512], "B", classes)
    return describe("resnet18-cifar-pooled", None, create, 10, (32, 32))


class BasicFunction(nn.Module):
    """A block of two convolutions with weiaicunzai's names."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        convolution = lambda *args, **rest: nn.Conv2d(*args, bias=False, **rest)
        self.residual_function = nn.Sequential(
            convolution(channels, width, 3, stride=stride, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            convolution(width, width, 3, padding=1), nn.BatchNorm2d(width),
        )  # fmt: skip
        self.shortcut = identity(channels, width, stride, "B")


class ResidualFunction(nn.Module):
    """A bottleneck with weiaicunzai's names."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        convolution = lambda *args, **rest: nn.Conv2d(*args, bias=False, **rest)
        self.residual_function = nn.Sequential(
            convolution(channels, width, 1), nn.BatchNorm2d(width), nn.ReLU(),
            convolution(width, width, 3, stride=stride, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            convolution(width, 4 * width, 1), nn.BatchNorm2d(4 * width),
        )  # fmt: skip
        self.shortcut = identity(channels, 4 * width, stride, "B")


def weiaicunzai(block: type, expansion: int, blocks: list[int]) -> nn.Module:
    net = nn.Module()
    net.conv1 = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
    channels = 64
    for stage, (width, count) in enumerate(zip([64, 128, 256, 512], blocks)):
        made = []
        for i in range(count):
            made.append(block(channels, width, 2 if stage > 0 and i == 0 else 1))
            channels = expansion * width
        setattr(net, f"conv{stage + 2}_x", nn.Sequential(*made))
    net.fc = nn.Linear(channels, 100)
    return net


def huyvnphan() -> nn.Module:
    """torchvision's with a stem for small images; its max-pool has no parameters."""
    net = models.resnet18(num_classes=100)
    net.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    return net


def names() -> dict:
    import timm
    from transformers import ResNetConfig, ResNetForImageClassification

    config = dict(depths=[2, 2, 2, 2], hidden_sizes=[64, 128, 256, 512], layer_type="basic", num_labels=1000)
    created = {
        "resnet18 of timm": timm.create_model("resnet18"),
        "resnet50 of torchvision": models.resnet50(),
        "resnet18 of transformers": ResNetForImageClassification(ResNetConfig(**config)),
        "resnet50-cifar of weiaicunzai": weiaicunzai(ResidualFunction, 4, [3, 4, 6, 3]),
        "resnet18-cifar of weiaicunzai": weiaicunzai(BasicFunction, 1, [2, 2, 2, 2]),
        "resnet18-cifar of kuangliu": CifarResnet(Basic, [2, 2, 2, 2], [64, 128, 256, 512], "B", 100),
        "resnet18-cifar of huyvnphan": huyvnphan(),
    }
    return {
        of: [f"{key} {' '.join(map(str, value.shape))}".strip() for key, value in model.state_dict().items()]
        for of, model in created.items()
    }


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/networks"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    (folder / "names.json").write_text(json.dumps(names(), indent=0) + "\n")
    file = folder / "networks.json"
    (folder / "pooled.json").write_text(json.dumps(pooled()) + "\n")
    file.write_text("[\n" + ",\n".join(json.dumps(describe(*network)) for network in networks) + "\n]\n")


if __name__ == "__main__":
    main()
