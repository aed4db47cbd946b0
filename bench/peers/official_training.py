"""Follows the reconstruction error through trainings of the authors' own program (see official.py), and through those of
nern-sweep with the same settings, and prints both as one table.

    python bench/peers/official_training.py theirs CODE --weights FILE --order none --seed 0 --iterations 2000 >> theirs.jsonl
    python bench/peers/official_training.py ours RUNS/SWEEP --initial RUNS/OTHER >> ours.jsonl
    python bench/peers/official_training.py table theirs.jsonl ours.jsonl

`theirs` runs NeRN/train.py with a published configuration of ResNet20, by default on the reconstruction loss alone; with
`--images` it shows batches of their loader, shuffled and augmented, and all three losses act from iteration `--warmup` on.
`ours` reads the runs of a sweep that evaluates at the same iterations; `--initial` names one of a single step that changes
nothing. Both write a line of JSON a run: errors after 0, 1/5, ... of the iterations, and that of each layer at the end.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import torch
from scipy import stats

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
    """The runs of a sweep; `--initial` names one of a single step that changes nothing, with the same grid and seeds."""
    return [
        {
            "of": options.name, "order": cell["values"].get("permutation", options.order), "images": options.images,
            "seed": int(seed), "errors": [*points(options.initial, cells(options.initial)[index], seed), *points(options.sweep, cell, seed)],
            "layers": [layer["error"] for layer in read(options.sweep, cell, seed, "measures/layer-errors.json")["layers"]],
        }
        for index, cell in enumerate(cells(options.sweep))
        for seed in cell["metrics"]["reconstruction-error"]["values"]
    ]


def cells(sweep: str) -> list[dict]:
    return json.loads((Path(sweep) / "results.json").read_text())["cells"]


def read(sweep: str, cell: dict, seed: str, file: str):
    return json.loads((Path(sweep) / "trials" / cell["id"] / f"seed-{seed}" / file).read_text())


def points(sweep: str, cell: dict, seed: str) -> list[float]:
    [phase] = read(sweep, cell, seed, "result.json")["phases"]
    return [evaluation["metrics"]["reconstruction-error"] for evaluation in phase["evaluations"]]


def table(files: list[str]) -> str:
    """Mean and half the width of the 95 % Student-t interval over the seeds, of each point; then the layers' ratios."""
    runs = [json.loads(line) for file in files for line in Path(file).read_text().splitlines()]
    names = list(dict.fromkeys(run["of"] for run in runs))
    lines = []
    for order, images in dict.fromkeys((run["order"], run["images"]) for run in runs):
        kind = {name: [r for r in runs if (r["of"], r["order"], r["images"]) == (name, order, images)] for name in names}
        for name, found in kind.items():
            if found:
                columns = " | ".join(map(interval, zip(*(run["errors"] for run in found))))
                lines.append(f"| {order} | {images} | {name} | {len(found)} | {columns} |")
        layers = {name: np.mean([run["layers"] for run in found], axis=0) for name, found in kind.items() if found}
        for name in list(layers)[1:]:
            ratios = layers[name] / layers[names[0]]
            lines.append(f"layers, {name} / {names[0]}: " + " ".join(f"{ratio:.3f}" for ratio in ratios))
    return "\n".join(lines)


def interval(values) -> str:
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
    return f"{np.mean(values):.4f} ± {half:.4f}"


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
    reading = commands.add_parser("ours")
    reading.add_argument("sweep")
    reading.add_argument("--initial", required=True)
    reading.add_argument("--name", default="ours")
    reading.add_argument("--order", default="none")
    reading.add_argument("--images", type=int, default=0)
    showing = commands.add_parser("table")
    showing.add_argument("files", nargs="+")
    options = parser.parse_args()
    if options.command == "table":
        print(table(options.files))
    elif options.command == "ours":
        print(*map(json.dumps, ours(options)), sep="\n")
    else:
        torch.set_num_threads(1)
        print(json.dumps(theirs(options)), flush=True)


if __name__ == "__main__":
    main()
