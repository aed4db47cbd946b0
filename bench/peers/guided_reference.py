"""Writes test/fixtures/step/guided-*: the steps of step_reference.py, guided by another network, computed by PyTorch.

    python bench/peers/guided_reference.py [folder]

The target, the predictor, the samples and the images are those of `shortcut-a` and `images` in the same folder. Two
teachers:
  other   of another architecture (two blocks a stage, shortcut B), which wants its images normalised with the means and
          deviations of CIFAR-10 where the target wants ImageNet's; reconstruction and KD
  alike   with the target's feature maps (shortcut B), other weights; reconstruction, KD and FMD
`guided-<teacher>.safetensors` holds teacher/<key>, the teacher's state dict; logits, its logits for step 0's images;
gradient/total/<i>.*; and parameters after ten steps, ranger/<i>.* and adam/<i>.*. `guided-<teacher>.json` holds every
loss and what the optimizers were given. All is computed in float64 from the float32 inputs, and `float32` says how far
PyTorch's own float32 run is, as in step_reference.py.
"""

import json
import sys
from pathlib import Path

import torch

from method import Target, fmd_loss, kd_loss, predict, reconstruction_loss, split_kernels
from safetensors_file import read_safetensors, write_safetensors
from step_reference import ADAM, ALPHA, BETA, RANGER, STEPS, Case, adam, changes, deviation, learning_rates, random_target, ranger

IMAGENET = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CIFAR10 = [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.201]


def renormalise(images: torch.Tensor, given, own) -> torch.Tensor:
    """Back to pixels, then the teacher's way."""
    (mean, std), (own_mean, own_std) = (
        [torch.tensor(values, dtype=images.dtype).view(1, 3, 1, 1) for values in pair] for pair in (given, own)
    )
    return (images * std + mean - own_mean) / own_std


class GuidedCase(Case):
    """A case whose distillation losses compare with a teacher."""

    def guide(self, teacher: Target, state: dict[str, torch.Tensor], same_maps: bool):
        self.teacher, self.same_maps = teacher, same_maps
        self.teacher_state = {name: value.to(self.dtype) for name, value in state.items()}
        return self

    def guidance(self, step: int):
        images = self.images[step]
        seen = images if self.same_maps else renormalise(images, IMAGENET, CIFAR10)
        with torch.no_grad():
            return self.teacher.forward(self.teacher_state, seen)

    def losses(self, predictor, step: int) -> dict[str, torch.Tensor]:
        reconstructed = split_kernels(
            predict(predictor, self.embedding, self.samples[step]), self.target.learnable()
        )
        logits, maps = self.guidance(step)
        own_logits, own_maps = self.target.forward({**self.state, **reconstructed}, self.images[step])
        losses = {"reconstruction": reconstruction_loss(reconstructed, self.original), "kd": kd_loss(own_logits, logits)}
        losses["total"] = losses["reconstruction"] + ALPHA * losses["kd"]
        if self.same_maps:
            losses["fmd"] = fmd_loss(own_maps, maps)
            losses["total"] = losses["total"] + BETA * losses["fmd"]
        return losses


def write_case(folder: Path, name: str, teacher: Target, same_maps: bool, seed: int) -> None:
    torch.manual_seed(seed)
    known = read_safetensors(folder / "shortcut-a.safetensors")
    reference = json.loads((folder / "shortcut-a.json").read_text())
    images = read_safetensors(folder / "images.safetensors")["images"]
    part = lambda prefix: {key.removeprefix(prefix): value for key, value in known.items() if key.startswith(prefix)}
    initial = part("initial/")
    target = Target(reference["target"]["widths"], reference["target"]["blocks"], "A")
    samples = [torch.tensor(sample) for sample in reference["samples"]]
    state = random_target(teacher, images[0])
    single, double = (
        GuidedCase(target, part("target/"), known["embedding"], initial, samples, images, dtype).guide(
            teacher, state, same_maps
        )
        for dtype in (torch.float32, torch.float64)
    )
    names = list(initial)
    tensors = {f"teacher/{key}": value for key, value in state.items()} | {"logits": double.guidance(0)[0]}
    off, histories = {}, {}
    gradients, gradients32 = (
        torch.autograd.grad(case.losses(predictor := case.predictor(), 0)["total"], list(predictor.parameters()))
        for case in (double, single)
    )
    tensors |= {f"gradient/total/{key}": value for key, value in zip(names, gradients)}
    off["gradient/total"] = deviation([g.double() for g in gradients32], gradients)
    rates = {"ranger": learning_rates(RANGER), "adam": learning_rates(ADAM)}
    for label, optimizer in (("ranger", ranger), ("adam", adam)):
        parameters, histories[label] = double.train(optimizer, rates[label])
        parameters32, _ = single.train(optimizer, rates[label])
        tensors |= {f"{label}/{key}": value for key, value in zip(names, parameters)}
        off[label] = deviation(*(changes(p, initial) for p in (parameters32, parameters)))
    write_safetensors(folder / f"guided-{name}.safetensors", tensors)
    description = {
        "torch": torch.__version__.split("+")[0], "alpha": ALPHA, "beta": BETA if same_maps else 0,
        "losses": histories, "float32": off,
    }
    (folder / f"guided-{name}.json").write_text(json.dumps(description) + "\n")
    print(name, json.dumps({"losses": histories["ranger"][0], "float32": off}, indent=1))


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/step"
    torch.set_num_threads(1)
    write_case(folder, "other", Target([4, 8, 16], [2, 2, 2], "B"), False, seed=3)
    write_case(folder, "alike", Target([4, 8, 16], [1, 1, 1], "B"), True, seed=4)


if __name__ == "__main__":
    main()
