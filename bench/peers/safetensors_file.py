"""Writes a safetensors file of float32 arrays (8-byte header length, JSON header, raw little-endian data)."""

import json
from pathlib import Path

import torch


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    header, chunks, end = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(data)]}
        end += len(data)
        chunks.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(chunks))


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """The float32 arrays of a file that `write_safetensors` wrote."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    return {
        name: torch.frombuffer(bytearray(content[start + a : start + b]), dtype=torch.float32).reshape(entry["shape"])
        for name, entry in json.loads(content[8:start]).items()
        for a, b in [entry["data_offsets"]]
    }
