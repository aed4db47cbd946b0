"""Writes test/fixtures/step: one NeRN training step, and ten, of a tiny target, computed by PyTorch.

    python bench/peers/step_reference.py [folder]

Two cases, shortcut A and shortcut B. `<case>.safetensors` holds (all float32)
  target/<key>            the target's state dict            embedding          [kernels, 6 * levels]
  initial/<i>.weight|bias the predictor's five layers (0..4), torch layout [out, in]
  gradient/<loss>/<i>.*   gradient of one loss at the initial parameters with step 0's sample and images;
                          losses: reconstruction, fmd, kd, total, and reconstruction-sampled (the root is taken over the
                          sampled kernels, duplicates counted, instead of over all)
  ranger/<i>.*, adam/<i>.*  parameters after ten steps
`<case>.json` holds the configuration, the samples, the learning rates, and every loss. `images.safetensors` holds the
images of the ten steps [10, 4, 3, 32, 32], the same for both cases. Gradients, losses and parameters are computed in
float64 from the float32 inputs; `float32` in the JSON says how far PyTorch's own float32 run is from them
(largest difference within a tensor over the largest magnitude within it; for the optimizers, of the change from the
initial parameters, which is what a test should compare).
"""

import json
import sys
from pathlib import Path

import torch

from method import (
    BATCH_NORM_EPS, Ranger, Target, coordinates, cosine, create_predictor, embed, fmd_loss, kd_loss, predict,
    reconstruction_loss, split_kernels,
)
from safetensors_file import write_safetensors

STEPS, IMAGES, SAMPLED = 10, 4, 64
FITTING_STEPS = 200
WIDTHS, BLOCKS = [4, 8, 16], [1, 1, 1]
HIDDEN, BASE, LEVELS = 16, 0.76, 8
# Far larger than in practice: an error in either distillation loss must show in the total gradient.
ALPHA, BETA = 0.3, 0.05
# Ten times the method's learning rate: ten steps change the parameters by much more than float32 rounds.
RANGER = {"lr": 5e-2, "betas": [0.5, 0.999], "eps": 1e-5, "weightDecay": 1e-3, "lookahead": {"every": 6, "rate": 0.5}}
ADAM = {"lr": 5e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weightDecay": 0}
MINIMUM_RATE = 1e-6


def learning_rates(options) -> list[float]:
    return [cosine(options["lr"], MINIMUM_RATE, step, STEPS) for step in range(STEPS)]


def random_target(target: Target, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """He-scaled convolutions; running statistics measured on `images`, layer by layer, and then disturbed."""
    state = {}
    for name, shape in target.learnable().items():
        fan_in = shape[1] * shape[2] * shape[3]
        state[name] = torch.randn(shape) * (2 / fan_in) ** 0.5
        bn = name.replace("downsample.0", "downsample.1").replace("conv", "bn").removesuffix(".weight")
        state[f"{bn}.weight"] = torch.rand(shape[0]) + 0.5
        state[f"{bn}.bias"] = torch.randn(shape[0]) * 0.3
        state[f"{bn}.running_mean"] = torch.zeros(shape[0])
        state[f"{bn}.running_var"] = torch.ones(shape[0])
    state[f"{target.head}.weight"] = torch.randn(10, target.widths[-1]) * 0.2
    state[f"{target.head}.bias"] = torch.randn(10) * 0.1
    calibrate(target, state, images)
    return state


def calibrate(target: Target, state: dict[str, torch.Tensor], images: torch.Tensor) -> None:
    original = torch.nn.functional.batch_norm

    def measuring(x, mean, var, *rest, **options):
        mean.copy_(x.mean(dim=(0, 2, 3)) + 0.1 * torch.randn(len(mean)))
        var.copy_(x.var(dim=(0, 2, 3)) * (torch.rand(len(var)) + 0.5))
        return original(x, mean, var, *rest, **options)

    torch.nn.functional.batch_norm = measuring
    try:
        target.forward(state, images)
    finally:
        torch.nn.functional.batch_norm = original


def draw_sample(kernels: int, step: int) -> torch.Tensor:
    """Even steps with replacement and at least one kernel drawn three times, odd steps without replacement."""
    if step % 2 == 1:
        return torch.randperm(kernels)[:SAMPLED]
    sample = torch.randint(kernels, (SAMPLED,))
    sample[[7, 31]] = sample[0].item()
    return sample


def fit(predictor, embedding, target: Target, state: dict[str, torch.Tensor]) -> None:
    """Some way towards the weights, so that the reconstructed network is neither dead nor saturated."""
    goal = torch.cat([as_rows(state[name]) for name in target.learnable()])
    optimizer = torch.optim.Adam(predictor.parameters(), 1e-2)
    for _ in range(FITTING_STEPS):
        optimizer.zero_grad()
        (predictor(embedding) - goal).square().mean().backward()
        optimizer.step()


class Case:
    """The inputs of one case, in one dtype."""

    def __init__(self, target, state, embedding, initial, samples, images, dtype):
        self.target, self.samples = target, samples
        self.state = {name: value.to(dtype) for name, value in state.items()}
        self.original = {name: self.state[name] for name in target.learnable()}
        self.embedding, self.images, self.initial = embedding.to(dtype), images.to(dtype), initial
        self.dtype = dtype

    def predictor(self):
        predictor = create_predictor(6 * LEVELS, HIDDEN).to(self.dtype)
        for parameter, value in zip(predictor.parameters(), self.initial.values()):
            parameter.data.copy_(value)
        return predictor

    def losses(self, predictor, step: int) -> dict[str, torch.Tensor]:
        shapes = self.target.learnable()
        kernels = predict(predictor, self.embedding, self.samples[step])
        reconstructed = split_kernels(kernels, shapes)
        with torch.no_grad():
            logits, maps = self.target.forward(self.state, self.images[step])
        own_logits, own_maps = self.target.forward({**self.state, **reconstructed}, self.images[step])
        losses = {
            "reconstruction": reconstruction_loss(reconstructed, self.original),
            "fmd": fmd_loss(own_maps, maps),
            "kd": kd_loss(own_logits, logits),
        }
        total = losses["reconstruction"] + ALPHA * losses["kd"] + BETA * losses["fmd"]
        return {**losses, "total": total}

    def sampled_root(self, predictor, step: int) -> torch.Tensor:
        """Root mean square over the sampled kernels alone, counted as often as they were drawn."""
        sampled = self.samples[step]
        rows = predictor(self.embedding[sampled])
        used = torch.cat([
            torch.ones(f * c, 9, dtype=torch.bool) if size == 3 else centre_only(f * c)
            for f, c, size, _ in self.target.learnable().values()
        ])[sampled]
        goal = torch.cat([as_rows(weight) for weight in self.original.values()])[sampled]
        return (((rows - goal) * used).square().sum() / used.sum()).sqrt()

    def gradients(self, step: int):
        predictor = self.predictor()
        losses = self.losses(predictor, step)
        for name, loss in losses.items():
            yield name, torch.autograd.grad(loss, list(predictor.parameters()), retain_graph=True)
        # The estimate replaces the root as a divisor only: d/dw of rms * constant, with the constant rms / estimate.
        ratio = (losses["reconstruction"] / self.sampled_root(predictor, step)).detach()
        scaled = losses["reconstruction"] * ratio
        yield "reconstruction-sampled", torch.autograd.grad(scaled, list(predictor.parameters()))

    def train(self, optimizer_of, rates: list[float]) -> tuple[list[torch.Tensor], list[dict[str, float]]]:
        predictor = self.predictor()
        optimizer = optimizer_of(list(predictor.parameters()))
        history = []
        for step, rate in enumerate(rates):
            optimizer.param_groups[0]["lr"] = rate
            losses = self.losses(predictor, step)
            optimizer.zero_grad()
            losses["total"].backward()
            optimizer.step()
            history.append({name: loss.item() for name, loss in losses.items()})
        return list(predictor.parameters()), history




def centre_only(kernels: int) -> torch.Tensor:
    used = torch.zeros(kernels, 9, dtype=torch.bool)
    used[:, 4] = True
    return used


def as_rows(weight: torch.Tensor) -> torch.Tensor:
    flat = weight.flatten(0, 1).flatten(1)
    return flat if flat.shape[1] == 9 else torch.nn.functional.pad(flat, (4, 4))


def ranger(parameters):
    options = RANGER["lookahead"]
    return Ranger(
        parameters, RANGER["lr"], tuple(RANGER["betas"]), RANGER["eps"], RANGER["weightDecay"],
        options["every"], options["rate"],
    )


def adam(parameters):
    return torch.optim.Adam(
        parameters, ADAM["lr"], tuple(ADAM["betas"]), ADAM["eps"], ADAM["weightDecay"], foreach=False
    )


def changes(parameters, initial) -> list[torch.Tensor]:
    return [parameter.detach().double() - start.double() for parameter, start in zip(parameters, initial.values())]


def deviation(actual, expected) -> float:
    return max(((a - e).abs().max() / e.abs().max()).item() for a, e in zip(actual, expected))


def write_case(folder: Path, shortcut: str, images: torch.Tensor, seed: int) -> None:
    torch.manual_seed(seed)
    target = Target(WIDTHS, BLOCKS, shortcut)
    state = random_target(target, images[0])
    embedding = embed(coordinates(target.learnable()), BASE, LEVELS)
    predictor = create_predictor(6 * LEVELS, HIDDEN)
    fit(predictor, embedding, target, state)
    names = [f"{layer}.{part}" for layer in range(5) for part in ("weight", "bias")]
    initial = dict(zip(names, (p.detach().clone() for p in predictor.parameters())))
    samples = [draw_sample(len(embedding), step) for step in range(STEPS)]
    single, double = (
        Case(target, state, embedding, initial, samples, images, dtype) for dtype in (torch.float32, torch.float64)
    )

    tensors = {f"target/{name}": value for name, value in state.items()} | {"embedding": embedding}
    tensors |= {f"initial/{name}": value for name, value in initial.items()}
    off = {}
    for (loss, gradients), (_, singles) in zip(double.gradients(0), single.gradients(0)):
        tensors |= {f"gradient/{loss}/{name}": value for name, value in zip(names, gradients)}
        off[f"gradient/{loss}"] = deviation([g.double() for g in singles], gradients)
    histories = {}
    rates = {"ranger": learning_rates(RANGER), "adam": learning_rates(ADAM)}
    for label, optimizer in (("ranger", ranger), ("adam", adam)):
        parameters, histories[label] = double.train(optimizer, rates[label])
        parameters32, history32 = single.train(optimizer, rates[label])
        tensors |= {f"{label}/{name}": value for name, value in zip(names, parameters)}
        off[label] = deviation(*(changes(p, initial) for p in (parameters32, parameters)))
        off[f"{label} losses"] = max(
            abs(a[key] - b[key]) / abs(b[key]) for a, b in zip(history32, histories[label]) for key in b
        )
    write_safetensors(folder / f"{case_name(shortcut)}.safetensors", tensors)
    description = {
        "torch": torch.__version__.split("+")[0],
        "target": {
            "widths": WIDTHS, "blocks": BLOCKS, "shortcut": shortcut, "classes": 10,
            "batchNormEps": BATCH_NORM_EPS, "learnable": target.learnable(),
        },
        "predictor": {"hidden": HIDDEN, "embedding": {"base": BASE, "levels": LEVELS}},
        "alpha": ALPHA, "beta": BETA, "ranger": RANGER, "adam": ADAM,
        "learningRates": rates, "samples": [sample.tolist() for sample in samples],
        "sampledRoot": double.sampled_root(double.predictor(), 0).item(),
        "losses": histories, "float32": off,
    }
    (folder / f"{case_name(shortcut)}.json").write_text(json.dumps(description) + "\n")
    print(case_name(shortcut), json.dumps({"losses": histories["ranger"][0], "float32": off}, indent=1))


def case_name(shortcut: str) -> str:
    return f"shortcut-{shortcut.lower()}"


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/step"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images = torch.randn(STEPS, IMAGES, 3, 32, 32)
    write_safetensors(folder / "images.safetensors", {"images": images})
    write_case(folder, "A", images, seed=1)
    write_case(folder, "B", images, seed=2)


if __name__ == "__main__":
    main()
