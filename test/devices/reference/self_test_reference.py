"""Prints the known values of the self-test (src/devices/self-test-expected.ts), computed by PyTorch in float64.

    tsx test/devices/reference/write-inputs.ts inputs.safetensors
    python test/devices/reference/self_test_reference.py inputs.safetensors
"""

import json
import sys
from pathlib import Path

import numpy
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench/peers"))

from method import (  # noqa: E402
    Ranger, Target, coordinates, create_predictor, embed, fmd_loss, kd_loss, predict, reconstruction_loss,
    split_kernels,
)

HIDDEN, BASE, LEVELS = 24, 0.76, 8
ALPHA, BETA, LEARNING_RATE = 0.3, 0.05, 3e-2
STEPS, RECONSTRUCTING = 8, 6


def read_safetensors(file: str) -> dict[str, torch.Tensor]:
    data = Path(file).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    return {
        name: torch.from_numpy(
            numpy.frombuffer(data, numpy.float32, (end - begin) // 4, start + begin).astype(numpy.float64).reshape(entry["shape"])
        )
        for name, entry in header.items()
        if name != "__metadata__"
        for begin, end in [entry["data_offsets"]]
    }


def main() -> None:
    tensors = read_safetensors(sys.argv[1])
    target = Target([16, 32, 64], [1, 1, 1], "A")
    state = {name.removeprefix("target/"): value for name, value in tensors.items() if name.startswith("target/")}
    shapes = target.learnable()
    original = {name: state[name] for name in shapes}
    goal = torch.cat([weight.reshape(-1, 9) for weight in original.values()])
    embedding = embed(coordinates(shapes), BASE, LEVELS).double()
    predictor = create_predictor(6 * LEVELS, HIDDEN).double()
    torch.nn.utils.vector_to_parameters(tensors["initial"].clone(), predictor.parameters())
    optimizer = Ranger(list(predictor.parameters()), LEARNING_RATE, (0.5, 0.9), 1e-5, 1e-3, 2, 0.5)

    history = []
    for step in range(STEPS):
        sample = tensors[f"sample/{step}"].long()
        optimizer.zero_grad()
        if step < RECONSTRUCTING:
            loss = (predictor(embedding[sample]) - goal[sample]).square().mean().sqrt()
            history.append({"loss": loss.item(), "reconstruction": loss.item(), "kd": 0, "fmd": 0})
            # The gradient of the root over all kernels, with the sample's root as the estimate of its value.
            (loss * (len(sample) / len(goal))).backward()
        else:
            kernels = split_kernels(predict(predictor, embedding, sample), shapes)
            images = tensors[f"images/{step}"]
            with torch.no_grad():
                logits, maps = target.forward(state, images)
            own_logits, own_maps = target.forward({**state, **kernels}, images)
            parts = {
                "reconstruction": reconstruction_loss(kernels, original),
                "kd": kd_loss(own_logits, logits),
                "fmd": fmd_loss(own_maps, maps),
            }
            loss = parts["reconstruction"] + ALPHA * parts["kd"] + BETA * parts["fmd"]
            history.append({"loss": loss.item()} | {name: part.item() for name, part in parts.items()})
            loss.backward()
        optimizer.step()
    change = torch.nn.utils.parameters_to_vector(predictor.parameters()).detach() - tensors["initial"]
    print(json.dumps({"losses": history, "change": (tensors["directions"] @ change).tolist()}, indent=2))


if __name__ == "__main__":
    main()
