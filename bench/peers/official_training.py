"""Follows the reconstruction error through trainings of the authors' own program (see official.py), and through those of
nern-sweep with the same settings, and prints both as one table.

    python bench/peers/official_training.py theirs CODE --weights FILE --order none --seed 0 --iterations 2000 >> theirs.jsonl
    python bench/peers/official_training.py ours RUNS/SWEEP >> ours.jsonl
    python bench/peers/official_training.py table theirs.jsonl ours.jsonl

`theirs` runs NeRN/train.py with a published configuration of ResNet20, by default on the reconstruction loss alone; with
`--images` it shows batches of their loader, shuffled and augmented, and all three losses act from iteration `--warmup` on. `ours` reads the runs of a sweep that evaluates at the same iterations. Both write a line of JSON a run:
errors after 0, 1/5, ... of the iterations, and the error of each layer at the end.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import torch

import official

POINTS = 5


def layer_errors(reconstructed, original) -> list[float]:
    """Root mean square of each layer's differences."""
    return [(a - b).square().mean().sqrt().item() for a, b in zip(reconstructed, original)]


def whole_error(reconstructed, original) -> float:
    """Root mean square over all learnable parameters."""
    total = sum((a - b).double().square().sum().item() for a, b in zip(reconstructed, original))
    return (total / sum(b.numel() for b in original)) ** 0.5


def watched(trainer_class, iterations: int, into: dict):
    """Their trainer, which notes the error before every fifth of the iterations and at the end."""

    class Watched(trainer_class):
        def train(self):
            self.noted = 0
            loss = self.reconstruction_loss.forward

            def noting(updated, original, **rest):
                if self.noted % (iterations // POINTS) == 0:
                    self.note(updated, original)
                self.noted += 1
                return loss(updated, original, **rest)

            self.reconstruction_loss.forward = noting
            super().train()
            model, original = self.reconstructed_model, self.original_model.get_learnable_weights()
            _, embeddings = model.get_indices_and_positional_embeddings()
            with torch.no_grad():
                kernels = [self.predictor(embedding).reshape(*weights.shape[:2], 3, 3)
                           for embedding, weights in zip(embeddings, original)]
            final = model.sample_weights_by_shapes(kernels)
            self.note(final, original)
            into["layers"] = layer_errors(final, original)

        def note(self, updated, original):
            into.setdefault("errors", []).append(whole_error(updated, original))

    return Watched


def theirs(options) -> dict:
    main, loaders = official.import_program(options.code)
    from NeRN import train
    into = {"of": "theirs", "order": options.order, "images": options.images, "seed": options.seed}
    train.Trainer = watched(train.Trainer, options.iterations, into)
    if options.images:
        official.datasets.CIFAR10 = official.Records
    else:
        loaders.get = lambda *_, **__: (official.Stopwatch(1, options.iterations), official.Stopwatch(1, 1))
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    official.run_program(
        main, options, options.code,
        batch_size=options.images or 1,
        num_iterations=options.iterations,
        eval_loss_window_interval=options.iterations,
        loss_warmup_iterations=options.warmup if options.images else options.iterations,
    )
    return into


def ours(options) -> list[dict]:
    raise NotImplementedError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("theirs")
    running.add_argument("code")
    running.add_argument("--weights", required=True)
    running.add_argument("--order", choices=official.ORDERS, required=True)
    running.add_argument("--hidden", type=int, default=180)
    running.add_argument("--seed", type=int, default=0)
    running.add_argument("--iterations", type=int, default=2000)
    running.add_argument("--images", type=int, default=0)
    running.add_argument("--warmup", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(theirs(options)), flush=True)


if __name__ == "__main__":
    main()
