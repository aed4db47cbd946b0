"""Writes test/fixtures/options: what each option of the method gives, computed by PyTorch.

    python bench/peers/options_reference.py [folder]

`steps.json` lists cases; each differs from the papers' settings in the options it names (in the words of a spec). Their
target and images are those of test/fixtures/step/shortcut-b, whose 1x1 kernels make smaller kernels matter.
`steps.safetensors` holds, for each case, `<case>/initial` and `<case>/gradient`: the predictor's parameters as one
vector (weight, bias, weight, ...), and the gradient of the total loss (of the reconstruction loss alone where the case
says `distils: false`), clipped where it says so. Fourier features come with their directions, `<case>/directions`.
In the JSON: `fourier`, embeddings of some coordinates; `matched`, the last layer of a matched initialisation;
`activations`, each one's values and derivatives.
`optimizers.json` holds ten steps of each optimizer on a given sequence of gradients, and the schedules' learning rates.

All is computed in float64 from float32 inputs; embeddings, as the authors do, in float32.
"""

import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from method import Ranger, Target, coordinates, fmd_loss
from safetensors_file import write_safetensors

FIXTURES = Path(__file__).resolve().parents[2] / "test/fixtures"
WIDTHS, BLOCKS = [4, 8, 16], [1, 1, 1]
HIDDEN, BASE, LEVELS = 8, 0.76, 5
SAMPLED, FITTING_STEPS = 48, 60

DEFAULTS = {
    "layers": 5, "architecture": "plain", "activation": "relu", "resample": "centre", "method": "positional",
    "fusion": "concatenate", "normalize": "none", "reconstruction": "rms", "kd": "stable", "temperature": 1,
    "fmd": "per-image", "reconstructionWeight": 1, "clip": {}, "distils": True, "root": "exact", "layer": None, "all": False,
    # Far larger than in practice: an error in a distillation loss must show in the total gradient.
    "alpha": 0.3, "beta": 0.05,
}
CASES = {
    "paper": {},
    **{name: {"activation": name} for name in ["leaky-relu", "hardswish", "gelu", "relu6", "elu"]},
    "nerf": {"architecture": "nerf"},
    "nerf-gelu": {"architecture": "nerf", "activation": "gelu", "layers": 6},
    "residual": {"architecture": "residual"},
    "depth-2": {"layers": 2},
    "depth-7": {"layers": 7},
    "sum": {"fusion": "sum"},
    "nerf-sum-local": {"architecture": "nerf", "fusion": "sum", "normalize": "local"},
    "global": {"normalize": "global"},
    "local": {"normalize": "local"},
    "fourier": {"method": "fourier"},
    "fourier-local": {"method": "fourier", "normalize": "local", "architecture": "nerf"},
    "average": {"resample": "average"},
    "max": {"resample": "max"},
    "max-sampled": {"resample": "max", "distils": False, "root": "sampled"},
    "layer-mse": {"reconstruction": "layer-mse"},
    "layer-mse-sampled": {"reconstruction": "layer-mse", "distils": False, "root": "sampled"},
    "kd-plain": {"kd": "plain", "alpha": 3, "beta": 0},
    "kd-stable-both": {"kd": "stable-both", "alpha": 3, "beta": 0},
    "kd-tempered": {"kd": "stable", "temperature": 2, "alpha": 3, "beta": 0},
    "fmd-per-batch": {"fmd": "per-batch", "alpha": 0},
    "fmd-gram": {"fmd": "gram", "alpha": 0, "beta": 0.5},
    "weighted": {"reconstructionWeight": 0.2, "alpha": 0.02, "beta": 0.002},
    "weighted-sampled": {"reconstructionWeight": 0.2, "distils": False, "root": "sampled"},
    "distillation-alone": {"reconstructionWeight": 0},
    "all": {"all": True},
    "all-average": {"all": True, "resample": "average"},
    "layer": {"layer": 3},
    "layer-average": {"layer": 2, "resample": "average"},
    "layer-sampled": {"layer": 4, "distils": False, "root": "sampled"},
    "clip-norm": {"clip": {"norm": 0.01, "scope": "tensor"}},
    "clip-norm-all": {"clip": {"norm": 0.01, "scope": "all"}},
    "clip-value": {"clip": {"norm": 0.05, "scope": "tensor", "value": 0.002}},
}


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    return {
        name: torch.frombuffer(bytearray(data[8 + size + at:8 + size + end]), dtype=torch.float32).reshape(entry["shape"])
        for name, entry in header.items() for at, end in [entry["data_offsets"]]
    }


# --- Coordinates and embeddings, in float32 ----------------------------------------------------------------------------


def normalised(shapes, mode: str) -> torch.Tensor:
    raw = coordinates(shapes)
    if mode == "none":
        return raw
    sizes = list(shapes.values())
    if mode == "global":
        largest = max(max(shape) for shape in sizes)
        return torch.tensor([[value / largest for value in row] for row in raw.tolist()])
    return torch.tensor(
        [(l / len(sizes), f / sizes[l][0], c / sizes[l][1]) for l, f, c in raw.tolist()]
    )


def embed(positions: torch.Tensor, case, directions) -> torch.Tensor:
    if case["method"] == "fourier":
        angles = (positions * 2 * math.pi) @ directions.T
        return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
    powers = torch.tensor(BASE, dtype=torch.float32) ** torch.arange(LEVELS)
    angles = positions.unsqueeze(-1) * powers * math.pi
    parts = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(2)
    return parts.sum(dim=1) if case["fusion"] == "sum" else parts.flatten(1)


# --- Predictors ----------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": nn.ReLU(), "leaky-relu": nn.LeakyReLU(), "hardswish": nn.Hardswish(), "gelu": nn.GELU(), "relu6": nn.ReLU6(),
    "elu": nn.ELU(),
}


def create(case, inputs: int) -> list[torch.Tensor]:
    parameters = []
    for i in range(case["layers"]):
        again = inputs if case["architecture"] == "nerf" and i == case["layers"] // 2 else 0
        layer = nn.Linear(inputs if i == 0 else HIDDEN + again, 9 if i == case["layers"] - 1 else HIDDEN)
        parameters += [layer.weight.detach(), layer.bias.detach()]
    return parameters


def predict(case, parameters, embedding) -> torch.Tensor:
    layers = list(zip(parameters[::2], parameters[1::2]))
    act, middle, x = ACTIVATIONS[case["activation"]], len(layers) // 2, embedding
    for i, (weight, bias) in enumerate(layers[:-1]):
        if case["architecture"] == "nerf" and i == middle:
            x = torch.cat([embedding, x], dim=-1)
        x = F.linear(x, weight, bias)
        if case["architecture"] == "residual":
            if i == 0:
                first = x
                continue
            if i == middle:
                x = x + first
        x = act(x)
    return F.linear(x, *layers[-1])


def predict_sampled(case, parameters, embedding, sampled) -> torch.Tensor:
    with torch.no_grad():
        kernels = predict(case, parameters, embedding)
    rows = predict(case, parameters, embedding[sampled])
    # Not index_put: a kernel drawn twice gets its gradient twice.
    return kernels + torch.zeros_like(kernels).index_add(0, sampled, rows - rows.detach())


def as_weights(case, kernels, shapes) -> dict[str, torch.Tensor]:
    weights = {}
    for (name, shape), part in zip(shapes.items(), kernels.split([s[0] * s[1] for s in shapes.values()])):
        full = part.reshape(*shape[:2], 3, 3)
        margin = (3 - shape[-1]) // 2
        if case["resample"] == "average":
            weights[name] = F.avg_pool2d(full, 4 - shape[-1], 1)
        elif case["resample"] == "max":
            weights[name] = F.max_pool2d(full, 4 - shape[-1], 1)
        else:
            weights[name] = full[:, :, margin:margin + shape[-1], margin:margin + shape[-1]]
    return weights


# --- Losses ----------------------------------------------------------------------------------------------------------------


def reconstruction(case, predicted, original) -> torch.Tensor:
    if case["reconstruction"] == "layer-mse":
        return sum(F.mse_loss(predicted[name], weight) for name, weight in original.items()) / len(original)
    squares = sum((predicted[name] - weight).square().sum() for name, weight in original.items())
    return (squares / sum(weight.numel() for weight in original.values())).sqrt()


def kd(case, logits, original) -> torch.Tensor:
    t = case["temperature"]
    logits, original = logits / t, original / t
    target = original.softmax(1)
    own = logits.log_softmax(1) if case["kd"] == "plain" else (logits.softmax(1) + 1e-4).log()
    if case["kd"] == "stable-both":
        target = target + 1e-4
    return nn.KLDivLoss(reduction="batchmean")(own, target) * t**2


def fmd(case, maps, original) -> torch.Tensor:
    if case["fmd"] == "per-image":
        return fmd_loss(maps, original)
    if case["fmd"] == "per-batch":
        return sum((b / b.norm() - a / (a.norm() + 1e-3)).square().sum() for a, b in zip(maps, original))

    def gram(x):
        products = x.flatten(1) @ x.flatten(1).T
        return products / (products.norm(dim=1, keepdim=True) + 1e-3)

    return sum((gram(a) - gram(b)).square().sum() for a, b in zip(maps, original)) / len(original[0]) ** 2


class Setting:
    def __init__(self):
        tensors = read_safetensors(FIXTURES / "step/shortcut-b.safetensors")
        self.target = Target(WIDTHS, BLOCKS, "B")
        self.shapes = self.target.learnable()
        self.state = {name[7:]: value.double() for name, value in tensors.items() if name.startswith("target/")}
        self.original = {name: self.state[name] for name in self.shapes}
        self.images = read_safetensors(FIXTURES / "step/images.safetensors")["images"][0].double()
        self.firsts = [0]
        for shape in self.shapes.values():
            self.firsts.append(self.firsts[-1] + shape[0] * shape[1])

    def sample(self, case) -> torch.Tensor:
        if case["all"]:
            return torch.arange(self.firsts[-1])
        if case["layer"] is not None:
            return torch.arange(self.firsts[case["layer"]], self.firsts[case["layer"] + 1])
        sample = torch.randint(self.firsts[-1], (SAMPLED,))
        sample[[5, 17]] = sample[0].item()
        return sample

    def fit(self, case, parameters, embedding) -> None:
        """Some way towards the weights, so that the reconstructed network is neither dead nor saturated."""
        for parameter in parameters:
            parameter.requires_grad_()
        optimizer = torch.optim.Adam(parameters, 1e-2)
        for _ in range(FITTING_STEPS):
            optimizer.zero_grad()
            reconstruction({**case, "reconstruction": "rms"}, as_weights(case, predict(case, parameters, embedding), self.shapes), self.original).backward()
            optimizer.step()

    def losses(self, case, parameters, embedding, sample) -> dict[str, torch.Tensor]:
        own = as_weights(case, predict_sampled(case, parameters, embedding, sample), self.shapes)
        with torch.no_grad():
            logits, maps = self.target.forward(self.state, self.images)
        own_logits, own_maps = self.target.forward({**self.state, **own}, self.images)
        parts = {
            "reconstruction": reconstruction(case, own, self.original),
            "kd": kd(case, own_logits, logits),
            "fmd": fmd(case, own_maps, maps),
        }
        return {**parts, "total": case["reconstructionWeight"] * parts["reconstruction"] + case["alpha"] * parts["kd"] + case["beta"] * parts["fmd"]}

    def estimate(self, case, parameters, embedding, sample) -> torch.Tensor:
        """The root mean square over the parameters of the sampled kernels, counted as often as they were drawn."""
        whole = predict(case, parameters, embedding)
        own = as_weights(case, whole, self.shapes)
        squares, sizes = (
            torch.cat([of(name).flatten(0, 1).flatten(1).sum(1) for name in self.shapes])
            for of in (
                lambda name: (own[name] - self.original[name]).square(),
                lambda name: torch.ones_like(own[name]),
            )
        )
        return (squares[sample].sum() / sizes[sample].sum()).sqrt()


def clipped(case, gradients):
    for gradient in gradients:
        gradient.grad = gradient.clone()
    clip = case["clip"]
    if "norm" in clip:
        for group in [gradients] if clip["scope"] == "all" else [[gradient] for gradient in gradients]:
            torch.nn.utils.clip_grad_norm_(group, clip["norm"])
    if "value" in clip:
        torch.nn.utils.clip_grad_value_(gradients, clip["value"])
    return [gradient.grad for gradient in gradients]


def vector(tensors) -> torch.Tensor:
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def write_steps(folder: Path) -> None:
    setting = Setting()
    tensors, cases = {}, []
    for name, changes in CASES.items():
        torch.manual_seed(1)
        case = {**DEFAULTS, **changes}
        directions = torch.randn(3 * LEVELS, 3) * torch.tensor([1, 0.1, 0.1])
        embedding = embed(normalised(setting.shapes, case["normalize"]), case, directions).double()
        start = [parameter.double() for parameter in create(case, embedding.shape[1])]
        setting.fit(case, start, embedding)
        # What the test starts from is float32.
        parameters = [parameter.detach().float().double().requires_grad_() for parameter in start]
        sample = setting.sample(case)
        losses = setting.losses(case, parameters, embedding, sample)
        objective = losses["total"] if case["distils"] else case["reconstructionWeight"] * losses["reconstruction"]
        if case["root"] == "sampled" and case["reconstruction"] == "rms":
            ratio = losses["reconstruction"] / setting.estimate(case, parameters, embedding, sample)
            objective = objective * ratio.detach()
        gradients = clipped(case, torch.autograd.grad(objective, parameters))
        tensors[f"{name}/initial"] = vector(parameters)
        tensors[f"{name}/gradient"] = vector(gradients)
        if case["method"] == "fourier":
            tensors[f"{name}/directions"] = directions
        shapes = [list(parameter.shape) for parameter in parameters]
        cases.append({
            "name": name, **case, "sample": sample.tolist(), "shapes": shapes,
            "losses": {key: loss.item() for key, loss in losses.items()},
        })
    write_safetensors(folder / "steps.safetensors", tensors)
    document = {
        "torch": torch.__version__.split("+")[0], "widths": WIDTHS, "hidden": HIDDEN, "base": BASE, "levels": LEVELS,
        "cases": cases, "matched": matched(setting, tensors["paper/initial"]),
        "fourier": fourier(), "activations": activations(),
    }
    (folder / "steps.json").write_text(json.dumps(document) + "\n")
    for case in cases:
        print(case["name"], {key: round(value, 4) for key, value in case["losses"].items()})


def activations() -> dict:
    """Each activation and its derivative."""
    points = torch.linspace(-9.05, 9.05, 200)
    curves = {}
    for name, activation in ACTIVATIONS.items():
        x = points.double().requires_grad_()
        y = activation(x)
        curves[name] = {"values": y.tolist(), "derivatives": torch.autograd.grad(y.sum(), x)[0].tolist()}
    return {"points": points.tolist(), **curves}


def fourier() -> dict:
    """The authors' "ffn" embedding of some coordinates, raw and divided."""
    torch.manual_seed(3)
    directions = torch.randn(9, 3) * torch.tensor([1, 0.1, 0.1])
    positions = [[0, 0, 0], [1, 2, 3], [18, 63, 62], [0.25, 0.984375, 0.5], [54, 37, 15]]
    rows = [embed(torch.tensor([p]), {"method": "fourier"}, directions)[0].tolist() for p in positions]
    return {"directions": directions.flatten().tolist(), "coordinates": positions, "embedding": rows}


def matched(setting: Setting, initial: torch.Tensor) -> dict:
    """The last layer of the case `paper`, changed so that all predictions have the weights' mean and deviation."""
    case = DEFAULTS
    embedding = embed(normalised(setting.shapes, "none"), case, None).double()
    shapes = [p.shape for p in create(case, embedding.shape[1])]
    parts = [part.reshape(shape) for part, shape in zip(initial.double().split([s.numel() for s in shapes]), shapes)]
    flat = lambda weights: torch.cat([weights[name].flatten() for name in setting.shapes])
    wanted = flat(setting.original)
    found = flat(as_weights(case, predict(case, parts, embedding), setting.shapes))
    factor = wanted.std(correction=0) / found.std(correction=0)
    parts[-2], parts[-1] = parts[-2] * factor, (parts[-1] - found.mean()) * factor + wanted.mean()
    again = flat(as_weights(case, predict(case, parts, embedding), setting.shapes))
    assert abs(again.mean() - wanted.mean()) < 1e-12 and abs(again.std() - wanted.std()) < 1e-12
    return {"wanted": {"mean": wanted.mean().item(), "deviation": wanted.std(correction=0).item()},
            "lastLayer": vector(parts[-2:]).tolist()}


# --- Optimizers and schedules -----------------------------------------------------------------------------------------------

STEPS, SHAPES = 14, [(4, 3), (4,), (2, 4), (2,)]


OPTIMIZERS = {
    "ranger": ({"method": "ranger", "lr": 0.05, "betas": [0.5, 0.999], "eps": 1e-5, "weightDecay": 0.1,
                "lookahead": {"every": 6, "rate": 0.5}, "threshold": 5, "centralize": False},
               lambda p, o: Ranger(p, o["lr"], o["betas"], o["eps"], o["weightDecay"], centralize=False)),
    "ranger, all options": ({"method": "ranger", "lr": 0.05, "betas": [0.9, 0.95], "eps": 1e-3, "weightDecay": 0.01,
                             "lookahead": {"every": 4, "rate": 0.8}, "threshold": 4.5, "centralize": True},
                            lambda p, o: Ranger(p, o["lr"], o["betas"], o["eps"], o["weightDecay"], 4, 0.8, 4.5)),
    "adam with weight decay": ({"method": "adam", "lr": 0.05, "betas": [0.8, 0.99], "eps": 1e-6, "weightDecay": 0.1},
                               lambda p, o: torch.optim.Adam(p, o["lr"], o["betas"], o["eps"], o["weightDecay"])),
    "adamw": ({"method": "adamw", "lr": 0.05, "betas": [0.9, 0.999], "eps": 1e-8, "weightDecay": 0.2},
              lambda p, o: torch.optim.AdamW(p, o["lr"], o["betas"], o["eps"], o["weightDecay"])),
    "sgd with Nesterov momentum": ({"method": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weightDecay": 0.05},
                                   lambda p, o: torch.optim.SGD(p, o["lr"], momentum=0.9, weight_decay=0.05, nesterov=True)),
    "sgd with momentum": ({"method": "sgd", "lr": 0.1, "momentum": 0.8, "nesterov": False, "weightDecay": 0},
                          lambda p, o: torch.optim.SGD(p, o["lr"], momentum=0.8)),
    "adadelta": ({"method": "adadelta", "lr": 1, "rho": 0.9, "eps": 1e-6, "weightDecay": 0.01},
                 lambda p, o: torch.optim.Adadelta(p, o["lr"], rho=0.9, eps=1e-6, weight_decay=0.01)),
}


def optimized() -> dict:
    torch.manual_seed(2)
    initial = [torch.randn(shape) for shape in SHAPES]
    gradients = [[torch.randn(shape) * 10 ** torch.empty(shape).uniform_(-2, 1) for shape in SHAPES] for _ in range(STEPS)]
    results = {}
    for name, (options, create) in OPTIMIZERS.items():
        parameters = [nn.Parameter(tensor.double()) for tensor in initial]
        optimizer = create(parameters, options)
        for step in gradients:
            for parameter, gradient in zip(parameters, step):
                parameter.grad = gradient.double()
            optimizer.step()
        results[name] = {"options": options, "parameters": vector(parameters).tolist()}
    return {"shapes": SHAPES, "initial": vector(initial).tolist(), "gradients": [vector(step).tolist() for step in gradients],
            "optimizers": results}


def learning_rates(create, steps: int, interval: int = 1, minimum: float = 0) -> list[float]:
    """Of each iteration, the scheduler stepped as the authors do: at multiples of the interval, while above the minimum."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=5e-3)
    schedulers = create(optimizer)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for scheduler in schedulers:
            if step % interval == 0 and minimum < rates[-1]:
                scheduler.step()
    return rates


def schedules() -> list[dict]:
    lr = torch.optim.lr_scheduler
    steps, minimum = 120, 1e-4
    reaching = lambda every: (minimum / 5e-3) ** (every / steps)
    return [
        {"schedule": {"method": "exponential", "min": minimum, "every": 1, "warmup": 0},
         "rates": learning_rates(lambda o: [lr.ExponentialLR(o, reaching(1))], steps, 1)},
        {"schedule": {"method": "exponential", "min": minimum, "every": 10, "warmup": 0},
         "rates": learning_rates(lambda o: [lr.ExponentialLR(o, reaching(10))], steps, 10)},
        # 0.8^2 of the first rate is the minimum: there both stop.
        {"schedule": {"method": "exponential", "min": 5e-3 * 0.8 * 0.8, "every": 7, "factor": 0.8, "warmup": 0},
         "rates": learning_rates(lambda o: [lr.ExponentialLR(o, 0.8)], steps, 7, 5e-3 * 0.8 * 0.8)},
        {"schedule": {"method": "cosine", "min": minimum, "warmup": 0},
         "rates": learning_rates(lambda o: [lr.CosineAnnealingLR(o, steps, minimum)], steps)},
        {"schedule": {"method": "constant", "warmup": 20},
         "rates": learning_rates(lambda o: [lr.LinearLR(o, 1 / 20, 1, 19)], steps)},
        {"schedule": {"method": "exponential", "min": 1e-9, "every": 1, "factor": 0.97, "warmup": 20},
         "rates": learning_rates(lambda o: [lr.ExponentialLR(o, 0.97), lr.LinearLR(o, 1 / 20, 1, 19)], steps)},
    ]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES / "options"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    write_steps(folder)
    document = {"torch": torch.__version__.split("+")[0], **optimized(), "schedules": schedules()}
    (folder / "optimizers.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
