"""Writes test/fixtures/step/pruned: ten steps of a pruned predictor that stays pruned, computed by PyTorch.

    python bench/peers/pruned_reference.py [folder]

The case is `shortcut-a` of step_reference.py in the same folder; before the first step the weights of smallest magnitude
of all layers together, a share of them, are set to zero, and after every step of Ranger set to zero again; their gradient
is zero as well. `pruned.safetensors` holds pruned/<i>.*, the predictor before, and ranger/<i>.*, the predictor after ten
steps; `pruned.json` the share and every loss. In float64 from the float32 inputs.
"""

import json
import sys
from pathlib import Path

import torch

from method import Target
from safetensors_file import read_safetensors, write_safetensors
from step_reference import RANGER, Case, learning_rates, ranger

FRACTION = 0.3


def masks_of(parameters: list[torch.Tensor]) -> list[torch.Tensor]:
    """Ones, but zeros for the smallest weights; biases stay."""
    weights = torch.cat([parameter.flatten() for parameter in parameters if parameter.dim() == 2]).abs()
    bound = weights.sort().values[int(FRACTION * len(weights)) - 1]
    return [(p.abs() > bound).to(p.dtype) if p.dim() == 2 else torch.ones_like(p) for p in parameters]


class PrunedCase(Case):
    def train_pruned(self):
        predictor = self.predictor()
        parameters = list(predictor.parameters())
        masks = masks_of([p.detach() for p in parameters])
        apply = lambda: [p.data.masked_fill_(mask == 0, 0) for p, mask in zip(parameters, masks)]
        apply()
        before = [p.detach().clone() for p in parameters]
        for p, mask in zip(parameters, masks):
            p.register_hook(lambda gradient, mask=mask: gradient * mask)
        optimizer, history = ranger(parameters), []
        for step, rate in enumerate(learning_rates(RANGER)):
            optimizer.param_groups[0]["lr"] = rate
            losses = self.losses(predictor, step)
            optimizer.zero_grad()
            losses["total"].backward()
            optimizer.step()
            apply()
            history.append({name: loss.item() for name, loss in losses.items()})
        return before, [p.detach() for p in parameters], history


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/step"
    torch.set_num_threads(1)
    known = read_safetensors(folder / "shortcut-a.safetensors")
    reference = json.loads((folder / "shortcut-a.json").read_text())
    part = lambda prefix: {key.removeprefix(prefix): value for key, value in known.items() if key.startswith(prefix)}
    case = PrunedCase(
        Target(reference["target"]["widths"], reference["target"]["blocks"], "A"),
        part("target/"), known["embedding"], part("initial/"),
        [torch.tensor(sample) for sample in reference["samples"]],
        read_safetensors(folder / "images.safetensors")["images"],
        torch.float64,
    )
    before, after, history = case.train_pruned()
    names = list(part("initial/"))
    tensors = {f"pruned/{name}": value for name, value in zip(names, before)}
    tensors |= {f"ranger/{name}": value for name, value in zip(names, after)}
    write_safetensors(folder / "pruned.safetensors", tensors)
    description = {"torch": torch.__version__.split("+")[0], "fraction": FRACTION, "losses": {"ranger": history}}
    (folder / "pruned.json").write_text(json.dumps(description) + "\n")
    print(history[0], history[-1], sum(int((p == 0).sum()) for p in after))


if __name__ == "__main__":
    main()
