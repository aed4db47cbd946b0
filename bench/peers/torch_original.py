"""Times PyTorch at training a ResNet20 (shortcut A) from scratch: the peer of bench/original.ts.

    python bench/peers/torch_original.py [--images 128] [--smoothness] [--threads 2]

Measure `--graph` and `--layout` and compare with the fastest (bench/README.md). Prints one line of JSON with the median
and all times in milliseconds.
"""

import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

from original_reference import Block, smoothness


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        blocks, width = [], 16
        for stage, planes in enumerate([16, 32, 64]):
            for block in range(3):
                blocks.append(Block(width, planes, 2 if stage > 0 and block == 0 else 1, "A"))
                width = planes
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(width, 10)

    def forward(self, x):
        return self.linear(self.blocks(F.relu(self.bn1(self.conv1(x)))).mean((2, 3)))

    def filters(self):
        return [module.weight for module in self.modules() if isinstance(module, nn.Conv2d)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--smoothness", action="store_true")
    parser.add_argument("--layout", choices=["channels-first", "channels-last"], default="channels-first")
    parser.add_argument("--graph", choices=["eager", "compiled"], default="eager")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = ResNet20().train()
    images, labels = torch.randn(options.images, 3, 32, 32), torch.randint(10, (options.images,))
    if options.layout == "channels-last":
        network, images = (x.to(memory_format=torch.channels_last) for x in (network, images))
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)

    def loss_of(images, labels):
        loss = F.cross_entropy(network(images), labels)
        if options.smoothness:
            loss = loss + 5e-6 * smoothness(network.filters(), "cosine", "inner")
        return loss

    if options.graph == "compiled":
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad()
        loss = loss_of(images, labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    times = []
    for i in range(options.warmup + options.repeats):
        start = time.perf_counter()
        step()
        if i >= options.warmup:
            times.append((time.perf_counter() - start) * 1000)
    print(json.dumps({
        "peer": f"PyTorch {torch.__version__}", **vars(options), "median": statistics.median(times),
        "minimum": min(times), "times": times,
        "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }))


if __name__ == "__main__":
    main()
