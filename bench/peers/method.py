"""One NeRN training step in plain PyTorch: the reference for the fixtures and the peer for the timings.

Written from the published description of the method (NeRN, ICLR 2023), without any file of this project's own
implementation, so that the two can be compared. Everything follows the dtype of its inputs.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH_NORM_EPS = 1e-5
FEATURE_MAP_EPS = 1e-3
STABLE_KD_EPS = 1e-4


# --- The target: a CIFAR ResNet in inference mode, as a function of its state dict -----------------------------------


class Target:
    """A CIFAR ResNet (He et al., section 4.2). `widths` and `blocks` have one entry per stage; shortcut 'A' pads with
    zeros and names its head `linear`, shortcut 'B' is a 1x1 convolution with batch norm, and its head is `fc`."""

    def __init__(self, widths: list[int], blocks: list[int], shortcut: str):
        self.widths, self.blocks, self.shortcut = widths, blocks, shortcut
        self.head = "linear" if shortcut == "A" else "fc"

    def layout(self):
        """(prefix, in-width, out-width, stride) of each block, in order of execution."""
        width = self.widths[0]
        for stage, (planes, count) in enumerate(zip(self.widths, self.blocks)):
            for block in range(count):
                yield f"layer{stage + 1}.{block}", width, planes, 2 if stage > 0 and block == 0 else 1
                width = planes

    def learnable(self) -> dict[str, tuple[int, int, int, int]]:
        """Names and shapes of the learnable convolutions; within a block: conv1, conv2, shortcut."""
        shapes = {"conv1.weight": (self.widths[0], 3, 3, 3)}
        for prefix, width, planes, stride in self.layout():
            shapes[f"{prefix}.conv1.weight"] = (planes, width, 3, 3)
            shapes[f"{prefix}.conv2.weight"] = (planes, planes, 3, 3)
            if self.shortcut == "B" and (stride != 1 or width != planes):
                shapes[f"{prefix}.downsample.0.weight"] = (planes, width, 1, 1)
        return shapes

    def convolution(self, state: dict[str, Tensor], x: Tensor, name: str, bn: str, stride: int = 1) -> Tensor:
        """A convolution and its batch norm."""
        weight = state[f"{name}.weight"]
        x = F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
        parts = (state[f"{bn}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, *parts, training=False, eps=BATCH_NORM_EPS)

    def forward(self, state: dict[str, Tensor], images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits and the feature maps before each ReLU: stem BN, then per block BN1, BN2, sum."""
        x = self.convolution(state, images, "conv1", "bn1")
        maps = [x]
        for prefix, width, planes, stride in self.layout():
            entry = F.relu(x)
            first = self.convolution(state, entry, f"{prefix}.conv1", f"{prefix}.bn1", stride)
            second = self.convolution(state, F.relu(first), f"{prefix}.conv2", f"{prefix}.bn2")
            if stride == 1 and width == planes:
                skip = entry
            elif self.shortcut == "A":
                added = planes - width
                skip = F.pad(entry[:, :, ::2, ::2], (0, 0, 0, 0, added // 2, added - added // 2))
            else:
                skip = self.convolution(state, entry, f"{prefix}.downsample.0", f"{prefix}.downsample.1", stride)
            x = second + skip
            maps += [first, second, x]
        pooled = F.relu(x).mean(dim=(2, 3))
        return F.linear(pooled, state[f"{self.head}.weight"], state[f"{self.head}.bias"]), maps


# --- Kernels, coordinates, predictor ---------------------------------------------------------------------------------


def coordinates(shapes: dict[str, tuple[int, int, int, int]]) -> Tensor:
    """(layer, filter, channel) of every kernel, in order: [kernels, 3]."""
    return torch.tensor(
        [(l, f, c) for l, (F_, C, _, _) in enumerate(shapes.values()) for f in range(F_) for c in range(C)]
    )


def embed(positions: Tensor, base: float, levels: int) -> Tensor:
    """[kernels, 3 * 2 * levels]: sin and cos of v * base^i * pi, interleaved; the three coordinates one after another."""
    powers = torch.tensor(base, dtype=torch.float32) ** torch.arange(levels)
    angles = positions.unsqueeze(-1) * powers * math.pi
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def create_predictor(inputs: int, hidden: int, outputs: int = 9) -> nn.Sequential:
    sizes = [inputs, hidden, hidden, hidden, hidden]
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU(inplace=True))]
    return nn.Sequential(*layers, nn.Linear(hidden, outputs))


def split_kernels(kernels: Tensor, shapes: dict[str, tuple[int, int, int, int]]) -> dict[str, Tensor]:
    """Rows of [kernels, 9] as convolution weights; a 1x1 kernel takes the centre of its row."""
    parts = kernels.split([f * c for f, c, _, _ in shapes.values()])
    return {
        name: (part if shape[-1] == 3 else part[:, 4:5]).reshape(shape)
        for (name, shape), part in zip(shapes.items(), parts)
    }


def predict(predictor: nn.Module, embedding: Tensor, sampled: Tensor) -> Tensor:
    """All kernels [kernels, 9], with a gradient path through the sampled rows only; a row drawn twice has two paths."""
    rest = torch.ones(len(embedding), dtype=torch.bool)
    rest[sampled] = False
    rest = rest.nonzero().squeeze(1)
    with torch.no_grad():
        kernels = torch.empty(len(embedding), 9, dtype=embedding.dtype)
        kernels[rest] = predictor(embedding[rest])
    return kernels.index_put((sampled,), predictor(embedding[sampled]))


# --- Losses ----------------------------------------------------------------------------------------------------------


def reconstruction_loss(reconstructed: dict[str, Tensor], original: dict[str, Tensor]) -> Tensor:
    """Root mean square over all learnable parameters."""
    total = sum((weight - original[name]).square().sum() for name, weight in reconstructed.items())
    return (total / sum(weight.numel() for weight in reconstructed.values())).sqrt()


def fmd_loss(reconstructed: list[Tensor], original: list[Tensor]) -> Tensor:
    """Feature-map distillation: squared difference of the per-sample normalised maps, summed, over the batch size."""

    def normalised(x: Tensor) -> Tensor:
        return x / (x.flatten(1).norm(dim=1).view(-1, 1, 1, 1) + FEATURE_MAP_EPS)

    return sum((normalised(a) - normalised(b)).square().sum() for a, b in zip(reconstructed, original)) / len(original[0])


def kd_loss(reconstructed: Tensor, original: Tensor) -> Tensor:
    """KL(softmax(original) || softmax(reconstructed) + 1e-4), batch mean."""
    return F.kl_div((reconstructed.softmax(1) + STABLE_KD_EPS).log(), original.softmax(1), reduction="batchmean")


# --- Optimizer -------------------------------------------------------------------------------------------------------


class Ranger(torch.optim.Optimizer):
    """RAdam (Liu et al. 2020) with decoupled weight decay inside Lookahead (Zhang et al. 2019); the slow weights start
    at the initial parameters. As in the authors' code, each unit's gradient loses its mean over the inputs first; those of
    biases stay."""

    def __init__(self, parameters, lr: float, betas=(0.5, 0.999), eps=1e-5, weight_decay=1e-3, every=6, rate=0.5, threshold=5,
                 centralize=True):
        super().__init__(
            parameters,
            dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, every=every, rate=rate, threshold=threshold,
                 centralize=centralize),
        )
        self.count = 0

    @torch.no_grad()
    def step(self):
        self.count += 1
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            for p in parameters:
                if p not in self.state:
                    self.state[p] = dict(mean=torch.zeros_like(p), square=torch.zeros_like(p), slow=p.clone())
            gradients = [centralized(p.grad) if group["centralize"] else p.grad for p in parameters]
            means, squares, slows = ([self.state[p][k] for p in parameters] for k in ("mean", "square", "slow"))
            b1, b2 = group["betas"]
            torch._foreach_lerp_(means, gradients, 1 - b1)
            torch._foreach_mul_(squares, b2)
            torch._foreach_addcmul_(squares, gradients, gradients, 1 - b2)
            torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
            size, adaptive = ranger_step_size(self.count, b1, b2, group["threshold"])
            if adaptive:
                roots = torch._foreach_sqrt(squares)
                torch._foreach_add_(roots, group["eps"])
                torch._foreach_addcdiv_(parameters, means, roots, -group["lr"] * size)
            else:
                torch._foreach_add_(parameters, means, alpha=-group["lr"] * size)
            if self.count % group["every"] == 0:
                torch._foreach_lerp_(slows, parameters, group["rate"])
                torch._foreach_copy_(parameters, slows)


def centralized(gradient: Tensor) -> Tensor:
    return gradient - gradient.mean(dim=1, keepdim=True) if gradient.dim() > 1 else gradient


def ranger_step_size(step: int, b1: float, b2: float, threshold: float) -> tuple[float, bool]:
    """Step size and whether the second moment is used (it is once its variance is tractable), at 1-based `step`."""
    longest = 2 / (1 - b2) - 1
    length = longest - 2 * step * b2**step / (1 - b2**step)
    if length <= threshold:
        return 1 / (1 - b1**step), False
    rectifier = (length - 4) / (longest - 4) * (length - 2) / length * longest / (longest - 2)
    return math.sqrt((1 - b2**step) * rectifier) / (1 - b1**step), True


def cosine(lr: float, minimum: float, iteration: int, iterations: int) -> float:
    """Learning rate at 0-based `iteration`."""
    return minimum + (lr - minimum) * (1 + math.cos(math.pi * iteration / iterations)) / 2
