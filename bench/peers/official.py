"""Runs the authors' own training program (NeRN/train.py of maorash/NeRN) as it is, in one of its published
configurations, on the CIFAR-10 records that nern-sweep reads.

    python bench/peers/official.py step CODE recon | full | eval --weights FILE [--images 256] [--repeats 15]
    python bench/peers/official.py run CODE --weights FILE --seed 0 --iterations 100 --evaluate-every 50

CODE is a folder that holds the authors' `NeRN` folder; their program writes its caches into it. Python needs torch,
torchvision, einops, pyrallis and tqdm. Services that only log, and ImageNet's loader, are replaced by empty modules.

`step` hands their loop one batch again and again: the time between two requests for a batch is the time of one
iteration of it, without the loading of images. `eval` does the same with their loop over the test images. `run` is one
whole training with their loading and augmentation. Both end with one line of JSON.
"""

import argparse
import contextlib
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
import types
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision import datasets

CONFIGURATION = "NeRN/experiments/resnet20/cifar10/cifar10_resnet20_smoothpes_{order}_{hidden}.yaml"
ORDERS = {"none": "regular", "in-filter": "permute_infilter", "cross-filter": "permute_crossfilter"}


def stub(name: str, **members) -> None:
    module = sys.modules[name] = types.ModuleType(name)
    vars(module).update(members)


def import_program(code: str):
    """Their `main` and `DataloaderFactory`, with nothing behind the logging and the ImageNet data that CIFAR never uses."""
    sys.path.insert(0, code)
    stub("clearml", Logger=object, Task=object)
    stub("torch.utils.tensorboard", SummaryWriter=object)
    stub("timm", utils=None)
    stub("timm.data", create_dataset=None)
    stub("timm.data.constants", IMAGENET_DEFAULT_MEAN=None, IMAGENET_DEFAULT_STD=None)
    stub("timm.data.loader", create_loader=None)
    stub("timm.data.mixup", FastCollateMixup=None)
    from NeRN import train
    return train.main, train.DataloaderFactory


class Records:
    """CIFAR-10 in place of torchvision's, from the official binary records of NERN_SWEEP_DATA."""

    def __init__(self, root, train=True, transform=None, download=False):
        folder = Path(os.environ.get("NERN_SWEEP_DATA", "../shared/data")) / "cifar-10-batches-bin"
        files = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
        records = np.concatenate([np.fromfile(folder / name, np.uint8).reshape(-1, 3073) for name in files])
        self.labels = records[:, 0].tolist()
        self.images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(Image.fromarray(self.images[i])), self.labels[i]


class Stopwatch:
    """A loader of one batch, `count` times; the time of each request for a batch is kept."""

    def __init__(self, images: int, count: int):
        self.batch = torch.randn(images, 3, 32, 32), torch.zeros(images, dtype=torch.long)
        self.dataset = range(images * count)
        self.count = count
        self.requests = []

    def __len__(self):
        return self.count

    def __iter__(self):
        for _ in range(self.count):
            self.requests.append(time.perf_counter())
            yield self.batch
        self.requests.append(time.perf_counter())

    def milliseconds(self) -> list[float]:
        return [1000 * (b - a) for a, b in zip(self.requests, self.requests[1:])]


def state_file(weights: str, folder: str) -> str:
    """The checkpoint as their program loads it: a bare state dict."""
    content = torch.load(weights, map_location="cpu", weights_only=True)
    state = {name.removeprefix("module."): value for name, value in content.get("state_dict", content).items()}
    path = str(Path(folder) / "original.pt")
    torch.save(state, path)
    return path


def run_program(main, options, folder: str, **overrides) -> None:
    """Their program with its published configuration but for what a short run on a CPU needs otherwise."""
    settings = {
        "original_model_path": state_file(options.weights, folder),
        "epochs": "null", "eval_epochs_interval": "null", "save_epochs_interval": "null",
        "no_cuda": True, "num_gpus": 1, "num_workers": 0,
        "logging.disable_logging": True, "logging.log_dir": folder,
        **overrides,
    }
    published = Path(options.code) / CONFIGURATION.format(order=ORDERS[options.order], hidden=options.hidden)
    sys.argv = ["train.py", "--config_path", str(published)]
    sys.argv += [f"--{name}={value}" for name, value in settings.items()]
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(action="ignore"):
        main()


def step(options, folder: str) -> dict:
    main, loaders = import_program(options.code)
    count = options.warmup + options.repeats + 1
    evaluated = options.mode == "eval"
    timed = Stopwatch(options.images, count)
    other = Stopwatch(1, 1)
    loaders.get = lambda *_, **__: (other, timed) if evaluated else (timed, other)
    iterations = 1 if evaluated else count
    run_program(
        main, options, folder,
        num_iterations=iterations,
        eval_iterations_interval=1 if evaluated else "null",
        eval_loss_window_interval=iterations,
        loss_warmup_iterations=iterations if options.mode == "recon" else 0,
    )
    times = timed.milliseconds()[options.warmup:options.warmup + options.repeats]
    return {"mode": options.mode, "images": options.images, "median": statistics.median(times), "times": times}


def run(options, folder: str) -> dict:
    main, _ = import_program(options.code)
    datasets.CIFAR10 = Records
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    run_program(
        main, options, folder,
        batch_size=options.images,
        num_iterations=options.iterations,
        eval_iterations_interval=options.evaluate_every,
        # Their greedy evaluations between the regular ones need a window of losses that is never full here.
        eval_loss_window_interval=options.iterations,
        loss_warmup_iterations=options.warmup_iterations,
    )
    return {"seed": options.seed, "iterations": options.iterations}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    stepping, running = commands.add_parser("step"), commands.add_parser("run")
    for command in (stepping, running):
        command.add_argument("code")
        command.add_argument("--weights", required=True)
        command.add_argument("--images", type=int, default=256)
        command.add_argument("--hidden", type=int, default=160)
        command.add_argument("--order", choices=ORDERS, default="in-filter")
        command.add_argument("--threads", type=int, default=2)
    stepping.add_argument("mode", choices=["recon", "full", "eval"])
    stepping.add_argument("--warmup", type=int, default=3)
    stepping.add_argument("--repeats", type=int, default=15)
    running.add_argument("--seed", type=int, default=0)
    running.add_argument("--iterations", type=int, required=True)
    running.add_argument("--evaluate-every", type=int, required=True)
    running.add_argument("--warmup-iterations", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        result = (step if options.command == "step" else run)(options, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({**result, "peer": f"maorash/NeRN on PyTorch {torch.__version__}", "peakMegabytes": peak}))


if __name__ == "__main__":
    main()
