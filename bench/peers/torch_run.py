"""One whole training in plain PyTorch, as bench/peers/official.py runs the authors' program: the CIFAR-10 records of
NERN_SWEEP_DATA, in-filter permutation, the steps of torch_step.py, accuracy on the test records now and then.

    python bench/peers/torch_run.py --weights FILE --seed 0 --iterations 100 --evaluate-every 50

Prints one line of JSON.
"""

import argparse
import json
import os
import resource
from pathlib import Path

import torch
import torch.nn.functional as F

from method import cosine
from torch_step import SAMPLED, Peer

LEARNING_RATE, LOWEST_RATE = 5e-3, 1e-6
UNIFORM = 0.8
TEST_BATCH = 128


def records(names: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Normalised images [records, 3, 32, 32] and their labels."""
    folder = Path(os.environ.get("NERN_SWEEP_DATA", "../shared/data")) / "cifar-10-batches-bin"
    rows = torch.cat([torch.frombuffer(bytearray((folder / name).read_bytes()), dtype=torch.uint8) for name in names])
    rows = rows.view(-1, 3073)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    return (rows[:, 1:].view(-1, 3, 32, 32) / 255 - mean) / std, rows[:, 0].long()


def augmented(images: torch.Tensor) -> torch.Tensor:
    """Flipped by chance, and cropped after padding by 4 with the mean colour."""
    padded = F.pad(images, (4, 4, 4, 4))
    corners = torch.randint(0, 9, (len(images), 2)).tolist()
    crops = torch.stack([image[:, y:y + 32, x:x + 32] for image, (y, x) in zip(padded, corners)])
    flip = torch.rand(len(images), 1, 1, 1) < 0.5
    return torch.where(flip, crops.flip(3), crops)


def greedy_path(rows: torch.Tensor) -> torch.Tensor:
    """From row 0 always on to the most similar row not yet visited; `rows` are of unit length or a sum of such."""
    similarity = (rows @ rows.T).numpy()
    path = [0]
    for _ in range(len(rows) - 1):
        similarity[:, path[-1]] = float("-inf")
        path.append(int(similarity[path[-1]].argmax()))
    return torch.tensor(path)


def in_filter_places(weights: list[torch.Tensor]) -> torch.Tensor:
    """For each kernel the row of the embedding that it gets."""
    places, first = [], 0
    for weight in weights:
        filters, channels = weight.shape[:2]
        rows = F.normalize(weight.reshape(filters, channels, -1), dim=2)
        paths = [greedy_path(kernels) for kernels in rows]
        ordered = torch.stack([kernels[path] for kernels, path in zip(rows, paths)])
        filter_place = greedy_path(ordered.flatten(1)).argsort()
        channel_places = torch.stack([path.argsort() for path in paths])
        places.append((first + filter_place.view(-1, 1) * channels + channel_places).flatten())
        first += filters * channels
    return torch.cat(places)


class Training(Peer):
    def __init__(self, options):
        super().__init__(options)
        self.embedding = self.embedding[in_filter_places(list(self.original.values()))]
        self.norms = self.goal.norm(dim=1)
        self.train_images, _ = records([f"data_batch_{i}.bin" for i in range(1, 6)])
        self.test_images, self.test_labels = records(["test_batch.bin"])

    def draw(self):
        if torch.rand(()) < UNIFORM:
            return super().draw()
        return torch.multinomial(self.norms, SAMPLED, replacement=True)

    def batches(self):
        while True:
            for chosen in torch.randperm(len(self.train_images)).split(self.options.images):
                yield self.train_images[chosen]

    @torch.inference_mode()
    def accuracy(self) -> float:
        rows = self.predictor(self.embedding)
        split = rows.split([f * c for f, c, _, _ in self.shapes.values()])
        state = {**self.state, **{name: part.view(shape) for part, (name, shape) in zip(split, self.shapes.items())}}
        batches = zip(self.test_images.split(TEST_BATCH), self.test_labels.split(TEST_BATCH))
        right = sum((self.target.forward(state, x)[0].argmax(1) == y).sum().item() for x, y in batches)
        return 100 * right / len(self.test_labels)

    def train(self) -> list[float]:
        accuracies = []
        batches = self.batches()
        for iteration in range(self.options.iterations):
            rate = cosine(LEARNING_RATE, LOWEST_RATE, iteration, self.options.iterations)
            self.optimizer.param_groups[0]["lr"] = rate
            distilled = iteration >= self.options.warmup_iterations
            if distilled:
                self.images = augmented(next(batches))
            self.step(self.full_loss if distilled else self.recon_loss)
            if (iteration + 1) % self.options.evaluate_every == 0:
                accuracies.append(self.accuracy())
        return accuracies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--iterations", type=int, required=True)
    parser.add_argument("--evaluate-every", type=int, required=True)
    parser.add_argument("--warmup-iterations", type=int, default=0)
    fixed = dict(mode="full", batch_norm="folded", graph="eager", layout="channels-first", root="sampled")
    options = argparse.Namespace(**fixed, **vars(parser.parse_args()))
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    accuracies = Training(options).train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", **vars(options), "accuracies": accuracies, "peakMegabytes": peak}))


if __name__ == "__main__":
    main()
