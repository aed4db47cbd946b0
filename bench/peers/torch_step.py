"""Times PyTorch at what nern-sweep does: ResNet20 (shortcut A), h=160, 240-value embedding, 4,096 sampled kernels.

    python bench/peers/torch_step.py recon                  reconstruction-only step, Ranger included
    python bench/peers/torch_step.py full --images 256      whole step: both networks, all losses, Ranger
    python bench/peers/torch_step.py guided                 reconstruction and KD loss, learned from ResNet56; --given:
                                                            its logits are there before
    python bench/peers/torch_step.py eval                   inference of the original, images per second at batch 256

No configuration of PyTorch wins everywhere: measure `--graph` and `--layout` and compare with the best (bench/README.md).
Prints one line of JSON with the median and all times in milliseconds.
"""

import argparse
import json
import resource
import statistics
import time
import warnings

import torch
import torch.nn.functional as F

from method import (
    BATCH_NORM_EPS, Ranger, Target, coordinates, create_predictor, embed, fmd_loss, kd_loss, predict,
    reconstruction_loss, split_kernels,
)

HIDDEN, BASE, LEVELS, SAMPLED = 160, 0.76, 40, 4096
ALPHA = BETA = 1e-4


class FoldedTarget(Target):
    """The same network with each batch norm applied as a scale of the convolution's weights and a bias."""

    def convolution(self, state, x, name, bn, stride=1):
        scale, shift = state[f"{bn}.scale"], state[f"{bn}.shift"]
        weight = state[f"{name}.weight"]
        return F.conv2d(x, weight * scale, shift, stride=stride, padding=weight.shape[-1] // 2)


def with_scales(state):
    """Adds what FoldedTarget reads: scale = gamma / sqrt(variance + eps), shift = beta - mean * scale."""
    added = {}
    for name in state:
        if name.endswith(".running_mean"):
            bn = name.removesuffix(".running_mean")
            scale = state[f"{bn}.weight"] / (state[f"{bn}.running_var"] + BATCH_NORM_EPS).sqrt()
            added[f"{bn}.scale"] = scale.view(-1, 1, 1, 1)
            added[f"{bn}.shift"] = state[f"{bn}.bias"] - state[name] * scale
    return {**state, **added}


def load_state(target: Target, path: str | None):
    if path is not None:
        content = torch.load(path, map_location="cpu", weights_only=True)
        content = content.get("state_dict", content)
        return {name.removeprefix("module."): value for name, value in content.items()}
    state = {}
    for name, shape in target.learnable().items():
        state[name] = torch.randn(shape) * (2 / (shape[1] * shape[2] * shape[3])) ** 0.5
        bn = name.replace("conv", "bn").removesuffix(".weight")
        for part, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            state[f"{bn}.{part}"] = torch.full((shape[0],), value)
    state["linear.weight"], state["linear.bias"] = torch.randn(10, 64) * 0.1, torch.zeros(10)
    return state


class Peer:
    def __init__(self, options):
        self.options = options
        self.target = (FoldedTarget if options.batch_norm == "folded" else Target)([16, 32, 64], [3, 3, 3], "A")
        self.state = with_scales(load_state(self.target, options.weights))
        self.shapes = self.target.learnable()
        self.original = {name: self.state[name] for name in self.shapes}
        self.goal = torch.cat([weight.reshape(-1, 9) for weight in self.original.values()])
        self.embedding = embed(coordinates(self.shapes), BASE, LEVELS)
        self.predictor = create_predictor(6 * LEVELS, HIDDEN)
        self.optimizer = Ranger(self.predictor.parameters(), 5e-3)
        self.images = torch.randn(options.images, 3, 32, 32)
        if options.layout == "channels-last":
            self.images = self.images.contiguous(memory_format=torch.channels_last)
        compiled = torch.compile if options.graph == "compiled" else lambda function: function
        self.infer = frozen(self.plain_infer, self.images) if options.graph == "frozen" else compiled(self.plain_infer)
        self.recon_loss = compiled(self.plain_recon_loss)
        self.full_loss = compiled(self.plain_full_loss)
        self.losses = {"recon": self.recon_loss, "full": self.full_loss}
        if options.mode == "guided":
            self.learn_from(options.teacher, options.given)

    def draw(self):
        """A uniform sample, as four steps in five of the magnitude sampler draw it."""
        return torch.randperm(len(self.embedding))[:SAMPLED]

    def plain_infer(self, images):
        return self.target.forward(self.state, images)[0].argmax(1)

    def plain_recon_loss(self, sampled):
        error = (self.predictor(self.embedding[sampled]) - self.goal[sampled]).square()
        if self.options.root == "sampled":
            # The sample estimates the divisor alone: its gradient has the scale of the loss over all kernels.
            return error.mean().sqrt() * (len(sampled) / len(self.embedding))
        with torch.no_grad():
            rest = torch.ones(len(self.embedding), dtype=torch.bool)
            rest[sampled] = False
            others = (self.predictor(self.embedding[rest]) - self.goal[rest]).square().sum()
        return ((error.sum() + others) / self.goal.numel()).sqrt()

    def plain_full_loss(self, sampled):
        reconstructed = split_kernels(predict(self.predictor, self.embedding, sampled), self.shapes)
        with torch.no_grad():
            logits, maps = self.target.forward(self.state, self.images)
        own_logits, own_maps = self.target.forward({**self.state, **reconstructed}, self.images)
        total = reconstruction_loss(reconstructed, self.original)
        return total + ALPHA * kd_loss(own_logits, logits) + BETA * fmd_loss(own_maps, maps)

    def step(self, loss_of):
        loss = loss_of(self.draw())
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def plain_guided_loss(self, sampled):
        reconstructed = split_kernels(predict(self.predictor, self.embedding, sampled), self.shapes)
        logits = self.known
        if logits is None:
            with torch.no_grad():
                logits = self.teacher.forward(self.teacher_state, self.images)[0]
        own_logits, _ = self.target.forward({**self.state, **reconstructed}, self.images)
        return reconstruction_loss(reconstructed, self.original) + ALPHA * kd_loss(own_logits, logits)

    def learn_from(self, depth, given):
        blocks = (depth - 2) // 6
        self.teacher = type(self.target)([16, 32, 64], [blocks] * 3, "A")
        state = load_state(self.teacher, None)
        self.teacher_state = with_scales(state) if isinstance(self.teacher, FoldedTarget) else state
        self.known = None
        if given:
            with torch.no_grad():
                self.known = self.teacher.forward(self.teacher_state, self.images)[0]
        self.losses["guided"] = self.plain_guided_loss

    def work(self):
        if self.options.mode == "eval":
            with torch.inference_mode():
                return self.infer(self.images)
        return self.step(self.losses[self.options.mode])


def frozen(function, images):
    """A traced function with its constants folded and laid out for oneDNN: inference only."""

    class Module(torch.nn.Module):
        def forward(self, images):
            return function(images)

    with torch.no_grad(), warnings.catch_warnings(action="ignore"):  # deprecated for torch.compile, but faster here
        return torch.jit.freeze(torch.jit.trace(Module().eval(), images))


def measure(work, warmup: int, repeats: int) -> list[float]:
    for _ in range(warmup):
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["recon", "full", "guided", "eval"])
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--root", choices=["sampled", "exact"], default="sampled")
    parser.add_argument("--layout", choices=["channels-first", "channels-last"], help="default: see bench/README.md")
    parser.add_argument("--batch-norm", choices=["folded", "separate"], default="folded")
    parser.add_argument("--graph", choices=["eager", "frozen", "compiled"], help="default: frozen for eval, else eager")
    parser.add_argument("--teacher", type=int, default=56, help="depth of the ResNet that guided learns from")
    parser.add_argument("--given", action="store_true", help="its logits are computed before")
    parser.add_argument("--weights", help="a checkpoint of torch.save; default: random weights")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    options.graph = options.graph or ("frozen" if options.mode == "eval" else "eager")
    options.layout = options.layout or ("channels-last" if options.mode == "eval" else "channels-first")
    if options.graph == "frozen" and options.mode != "eval":
        parser.error("--graph frozen is for eval")
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    times = measure(Peer(options).work, options.warmup, options.repeats)
    median = statistics.median(times)
    result = {
        "peer": f"PyTorch {torch.__version__}", **vars(options),
        "median": median, "minimum": min(times), "times": times,
        "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if options.mode == "eval":
        result["imagesPerSecond"] = options.images / median * 1000
    print(json.dumps(result))


if __name__ == "__main__":
    main()
