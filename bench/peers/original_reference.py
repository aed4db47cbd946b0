"""Writes test/fixtures/original: ten steps of training small CIFAR ResNets from scratch, computed by PyTorch's own modules.

    python bench/peers/original_reference.py [folder]

`original.safetensors` holds (all float32; keys of networks as akamaster has them)
  images                    three batches [3, 8, 3, 12, 12], used in turn; their labels are in the JSON
  <network>/initial/<key>   the state dict that training starts from
  teacher/<key>             the state dict of the teacher
  <case>/gradient/<key>     gradient of the whole loss at the first step, weight decay not included (narrow ones)
  <case>/final/<key>        the state dict after ten steps, running statistics included
  kernels/<i>               two layers for the smoothness terms alone
`original.json` holds labels, networks, and for each case its settings and each step's losses; `smoothness` holds the terms
of the two layers. Everything is computed in float64 from the float32 inputs; `float32` says how far PyTorch's own float32
run is from that (largest difference within a tensor over the largest change of that tensor in training).

Conventions. SGD and batch norm are torch.optim.SGD and nn.BatchNorm2d. Smoothness is equation 6 of NeRN (`inner`) or, as
the authors' training code has the pairs, all neighbours (`all`); kernels of more than one value are compared by
1 - cosine_similarity or by the norm of the difference of the normalised ones, single values by that of their difference.
Distillation is KLDivLoss(batchmean) of the logits over T, times T^2; the `stable` form has log(softmax + 1e-4).
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from safetensors_file import write_safetensors

STEPS, BATCHES, IMAGES, SIZE, CLASSES = 10, 3, 8, 12, 10
NETWORKS = {
    "narrow-a": {"widths": [4, 8, 16], "shortcut": "A"},
    "narrow-b": {"widths": [4, 8, 16], "shortcut": "B"},
    "wide-b": {"widths": [16, 16, 32], "shortcut": "B"},
}
PLAIN = {"lr": 0.05, "momentum": 0.9, "nesterov": False, "weightDecay": 5e-4, "labels": 1}
# Factors far larger than in practice: an error in a term must show in the total.
CASES = {
    "plain": {**PLAIN, "network": "narrow-a"},
    "nesterov": {**PLAIN, "network": "wide-b", "nesterov": True, "weightDecay": 1e-2},
    "cosine": {**PLAIN, "network": "narrow-b", "smoothness": {"distance": "cosine", "neighbours": "inner", "factor": 5e-3}},
    "l2": {**PLAIN, "network": "narrow-b", "smoothness": {"distance": "l2", "neighbours": "all", "factor": 5e-3}},
    "teacher": {**PLAIN, "network": "narrow-a", "labels": 0.1, "guidance": {"kd": "plain", "temperature": 4, "weight": 0.9}},
    "teacher-alone": {
        **PLAIN, "network": "wide-b", "labels": 0, "guidance": {"kd": "stable", "temperature": 1, "weight": 1},
        "smoothness": {"distance": "cosine", "neighbours": "all", "factor": 1e-3},
    },
}


class Subsample(nn.Module):
    """Shortcut A: every second pixel, channels padded with zeros on both sides."""

    def __init__(self, added):
        super().__init__()
        self.added = added

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added // 2))


class Block(nn.Module):
    def __init__(self, width, planes, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(width, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        if stride == 1 and width == planes:
            self.shortcut = nn.Identity()
        elif shortcut == "A":
            self.shortcut = Subsample(planes - width)
        else:
            self.shortcut = nn.Sequential(nn.Conv2d(width, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


class ResNet8(nn.Module):
    def __init__(self, widths, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        width = widths[0]
        for stage, planes in enumerate(widths):
            block = Block(width, planes, 1 if stage == 0 else 2, shortcut)
            setattr(self, f"layer{stage + 1}", nn.Sequential(block))
            width = planes
        self.linear = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))

    def filters(self):
        return [module.weight for module in self.modules() if isinstance(module, nn.Conv2d)]


def state_of(network):
    return {name: value.clone() for name, value in network.state_dict().items() if "num_batches" not in name}


def random_state(network):
    """The modules' own initialisation, with norms that are not 1 and 0, and statistics that are not those of a start."""
    for name, value in network.state_dict().items():
        if "num_batches" in name:
            continue
        if name.endswith("running_var"):
            value.copy_(torch.rand(value.shape) + 0.5)
        elif name.endswith("running_mean"):
            value.copy_(torch.randn(value.shape) * 0.1)
        elif value.dim() == 1 and name.endswith("weight"):
            value.copy_(torch.rand(value.shape) + 0.5)
        elif value.dim() == 1:
            value.copy_(torch.randn(value.shape) * 0.1)
    return state_of(network)


def smoothness(filters, distance, neighbours):
    total = 0
    for weight in filters:
        kernels = weight.flatten(2)
        one = kernels.shape[2] == 1
        if distance == "cosine" and not one:
            def apart(a, b):
                return (1 - F.cosine_similarity(a, b, dim=2)).sum()
        else:
            kernels = kernels if one else F.normalize(kernels, dim=2)

            def apart(a, b):
                return (a - b).norm(dim=2).sum()
        if neighbours == "inner":
            first = kernels[:-1, :-1]
            total = total + apart(first, kernels[1:, :-1]) + apart(first, kernels[:-1, 1:])
        else:
            total = total + apart(kernels[:-1], kernels[1:]) + apart(kernels[:, :-1], kernels[:, 1:])
    return total


def kd_loss(student, teacher, kd, temperature):
    student, teacher = student / temperature, teacher / temperature
    logarithms = (F.softmax(student, 1) + 1e-4).log() if kd == "stable" else F.log_softmax(student, 1)
    return F.kl_div(logarithms, F.softmax(teacher, 1), reduction="batchmean") * temperature ** 2


def train(case, initial, teacher_state, images, labels, dtype):
    network = ResNet8(**NETWORKS[case["network"]]).to(dtype)
    network.load_state_dict({name: value.to(dtype) for name, value in initial.items()}, strict=False)
    network.train()
    teacher = ResNet8(**NETWORKS["narrow-b"]).to(dtype)
    teacher.load_state_dict({name: value.to(dtype) for name, value in teacher_state.items()}, strict=False)
    teacher.eval()
    optimizer = torch.optim.SGD(
        network.parameters(), lr=case["lr"], momentum=case["momentum"], nesterov=case["nesterov"],
        weight_decay=case["weightDecay"],
    )
    losses, gradient = [], None
    for step in range(STEPS):
        batch = images[step % BATCHES].to(dtype)
        logits = network(batch)
        parts = {"crossEntropy": F.cross_entropy(logits, labels[step % BATCHES])}
        total = case["labels"] * parts["crossEntropy"]
        if "smoothness" in case:
            settings = {key: case["smoothness"][key] for key in ("distance", "neighbours")}
            parts["smoothness"] = smoothness(network.filters(), **settings)
            total = total + case["smoothness"]["factor"] * parts["smoothness"]
        if "guidance" in case:
            with torch.no_grad():
                answers = teacher(batch)
            guidance = case["guidance"]
            parts["kd"] = kd_loss(logits, answers, guidance["kd"], guidance["temperature"])
            total = total + guidance["weight"] * parts["kd"]
        optimizer.zero_grad()
        total.backward()
        if step == 0:
            gradient = {name: value.grad.clone() for name, value in network.named_parameters()}
        losses.append({"loss": total.item(), **{name: value.item() for name, value in parts.items()}})
        optimizer.step()
    return losses, gradient, state_of(network)


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/original"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images = torch.randn(BATCHES, IMAGES, 3, SIZE, SIZE)
    labels = torch.randint(CLASSES, (BATCHES, IMAGES))
    initial = {name: random_state(ResNet8(**form)) for name, form in NETWORKS.items()}
    teacher = ResNet8(**NETWORKS["narrow-b"])
    teacher_state = random_state(teacher)
    teacher_state["linear.weight"] = torch.randn(CLASSES, 16)
    kernels = [torch.randn(3, 4, 3, 3), torch.randn(5, 2, 1, 1)]
    tensors = {"images": images}
    tensors |= {f"{name}/initial/{key}": value for name, state in initial.items() for key, value in state.items()}
    tensors |= {f"teacher/{key}": value for key, value in teacher_state.items()}
    tensors |= {f"kernels/{i}": value for i, value in enumerate(kernels)}
    cases = {}
    for name, case in CASES.items():
        start = initial[case["network"]]
        losses, gradient, final = train(case, start, teacher_state, images, labels, torch.float64)
        _, _, single = train(case, start, teacher_state, images, labels, torch.float32)
        off = max(
            ((single[key] - final[key]).abs().max() / (final[key] - start[key]).abs().max()).item() for key in final
        )
        if case["network"].startswith("narrow"):
            tensors |= {f"{name}/gradient/{key}": value for key, value in gradient.items()}
        tensors |= {f"{name}/final/{key}": value for key, value in final.items()}
        cases[name] = {**case, "losses": losses, "float32": off}
    doubles = [value.double() for value in kernels]
    terms = [
        {"distance": distance, "neighbours": neighbours, "value": smoothness(doubles, distance, neighbours).item()}
        for distance in ("cosine", "l2") for neighbours in ("inner", "all")
    ]
    content = {"networks": NETWORKS, "labels": labels.tolist(), "cases": cases, "smoothness": terms}
    write_safetensors(folder / "original.safetensors", tensors)
    (folder / "original.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
