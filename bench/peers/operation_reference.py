"""Writes test/fixtures/operations: single operations and their gradients, computed by PyTorch in float64.

    python bench/peers/operation_reference.py [folder]

`operations.json` lists the cases: name, operation, attributes, and the names of its inputs. `operations.safetensors`
holds, for each case, `<name>/<input>`, `<name>/output`, `<name>/output-gradient` (random) and, for each input that has
one, `<name>/<input>-gradient`: the vector-Jacobian product with output-gradient.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from safetensors_file import write_safetensors


def cases():
    for size, kernel, stride, padding in [
        (8, 3, 1, 1), (8, 3, 1, 0), (8, 3, 2, 1), (7, 3, 2, 1), (8, 3, 2, 0), (7, 3, 2, 0),
        (8, 1, 1, 0), (8, 1, 2, 0), (7, 1, 2, 0),
    ]:
        attributes = {"stride": stride, "padding": padding}
        inputs = {"images": torch.randn(2, 3, size, size), "weights": torch.randn(4, 3, kernel, kernel)}
        name = f"conv2d-{size}-k{kernel}-s{stride}-p{padding}"
        yield name, "conv2d", attributes, inputs, lambda images, weights, options=attributes: F.conv2d(images, weights, **options)
    logits = torch.randn(3, 10) * 3
    logits[0, 0] = 80  # exp overflows float32 unless the maximum is subtracted
    yield "log-softmax", "log-softmax", {"axis": 1}, {"x": logits}, lambda x: x.log_softmax(1)
    yield "softmax", "softmax", {"axis": 1}, {"x": logits}, lambda x: x.softmax(1)
    matrices = {"a": torch.randn(5, 7), "b": torch.randn(7, 4)}
    yield "matmul", "matmul", {}, matrices, lambda a, b: a @ b
    maps = torch.randn(2, 3, 4, 4)
    yield "global-average", "mean", {"axes": [2, 3]}, {"x": maps}, lambda x: x.mean((2, 3))
    yield "l2-norm", "l2-norm", {"axes": [1]}, {"x": torch.randn(3, 11)}, lambda x: x.norm(dim=1)
    yield "relu", "relu", {}, {"x": maps}, F.relu
    rows = [4, 0, 4, 2, 4]  # a row drawn three times collects three gradients
    yield "gather-rows", "gather-rows", {"rows": rows}, {"x": torch.randn(6, 3)}, lambda x: x[rows]
    entry = {"x": torch.randn(2, 4, 6, 6)}
    yield "shortcut-a", "shortcut-a", {"before": 2, "after": 2}, entry, lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
    for size, stride, padding, ceil in [(3, 2, 1, False), (3, 2, 0, True), (2, 2, 0, False)]:
        # After a ReLU many windows hold nothing but equal zeros: the first of them has the gradient.
        entry = {"x": torch.randn(2, 3, 8, 8).sub(0.5).relu()}
        attributes = {"size": size, "stride": stride, "padding": padding, "ceil": ceil}
        yield f"max-pool-k{size}-s{stride}-p{padding}", "max-pool", attributes, entry, lambda x, a=(size, stride, padding, ceil): F.max_pool2d(x, a[0], a[1], a[2], ceil_mode=a[3])


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/operations"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    tensors, index = {}, []
    for name, operation, attributes, inputs, function in cases():
        leaves = {key: value.double().requires_grad_() for key, value in inputs.items()}
        output = function(*leaves.values())
        gradient = torch.randn(output.shape)
        output.backward(gradient.double())
        tensors |= {f"{name}/{key}": value for key, value in inputs.items()}
        tensors |= {f"{name}/output": output, f"{name}/output-gradient": gradient}
        tensors |= {f"{name}/{key}-gradient": leaf.grad for key, leaf in leaves.items()}
        index.append({"name": name, "operation": operation, "attributes": attributes, "inputs": list(inputs)})
    write_safetensors(folder / "operations.safetensors", tensors)
    (folder / "operations.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
