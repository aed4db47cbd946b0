"""PyTorch at the cases of bench/gpu, in the protocol of subject.ts: lines of JSON, with a pause once all is warm.

    python torch_gpu.py eager | eager-fp32 | compiled | graphed SECONDS WORK DEPTH IMAGES [--device cuda]

eager: as PyTorch comes, with TF32 in its convolutions; eager-fp32: without; compiled: torch.compile; graphed: torch.compile
that replays CUDA graphs. Images come from the host in every repeat, as in training, and every repeat waits for its result.
"""

import argparse
import json
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))

try:
    import torch
except ImportError as error:
    print(json.dumps({"absent": f"{sys.executable}: {error}"}))
    sys.exit()

from method import Ranger, coordinates, create_predictor, embed
from torch_step import BASE, HIDDEN, LEVELS, FoldedTarget, Peer, load_state, with_scales

MODES = {"reconstruction": "recon", "full": "full", "inference": "eval"}


class DevicePeer(Peer):
    """The peer of the CPU table with its tensors on a device, at any depth; random weights."""

    def __init__(self, options):
        self.options = options
        self.target = FoldedTarget([16, 32, 64], [(options.depth - 2) // 6] * 3, "A")
        self.state = with_scales(load_state(self.target, None))
        self.shapes = self.target.learnable()
        self.original = {name: self.state[name] for name in self.shapes}
        self.goal = torch.cat([weight.reshape(-1, 9) for weight in self.original.values()])
        self.embedding = embed(coordinates(self.shapes), BASE, LEVELS)
        self.predictor = create_predictor(6 * LEVELS, HIDDEN)
        self.optimizer = Ranger(self.predictor.parameters(), 5e-3)
        self.host_images = torch.randn(options.images, 3, 32, 32, device="cpu")
        if options.device == "cuda":
            self.host_images = self.host_images.pin_memory()
        mode = "reduce-overhead" if options.graph == "graphed" else None
        compiled = (lambda f: torch.compile(f, mode=mode)) if options.graph in ("compiled", "graphed") else (lambda f: f)
        self.infer = compiled(self.plain_infer)
        self.recon_loss = compiled(self.plain_recon_loss)
        self.full_loss = compiled(self.plain_full_loss)

    def work(self):
        self.images = self.host_images.to(self.options.device, non_blocking=True)
        result = super().work()
        return result.cpu() if torch.is_tensor(result) else result


def tell(**line):
    print(json.dumps(line), flush=True)


def device_name(device):
    return torch.cuda.get_device_name() if device == "cuda" else "cpu"


def measure(options):
    torch.manual_seed(0)
    torch.set_default_device(options.device)
    tf32 = options.graph != "eager-fp32"
    torch.backends.cudnn.allow_tf32 = tf32
    device = dict(name=device_name(options.device), kind="gpu" if options.device == "cuda" else "cpu")
    tell(engine=dict(versions=dict(torch=torch.__version__, cuda=torch.version.cuda), device=device, tf32=tf32))
    began = time.perf_counter()
    peer = DevicePeer(options)
    for _ in range(5):
        peer.work()
    tell(ready=dict(seconds=time.perf_counter() - began))
    sys.stdin.readline()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        before = time.perf_counter()
        peer.work()
        times.append((time.perf_counter() - before) * 1000)
    per_second = len(times) / (time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell(measured=dict(perSecond=per_second, milliseconds=times, peakMiB=peak))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", choices=["eager", "eager-fp32", "compiled", "graphed"])
    parser.add_argument("seconds", type=float)
    parser.add_argument("work", choices=MODES)
    parser.add_argument("depth", type=int)
    parser.add_argument("images", type=int)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    options = parser.parse_args()
    options.mode, options.root = MODES[options.work], "sampled"
    if options.device == "cuda" and not torch.cuda.is_available():
        tell(absent=f"PyTorch {torch.__version__} sees no CUDA device")
        return
    try:
        measure(options)
    except Exception as error:
        tell(failed=f"{type(error).__name__}: {error}"[:2000])


if __name__ == "__main__":
    main()
