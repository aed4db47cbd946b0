"""Writes what torch.save writes, and training scripts save, into test/fixtures/checkpoints.

    python bench/peers/checkpoints_reference.py [folder]

`kept/`: files that `torch.load(weights_only=True)` takes, whose one state dict is `expected.json`; this script loads each
that way first. `refused/`: files that hold no plain numbers. `keyed/`: files in which more than one state dict could be
meant.
"""

import collections
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

base = torch.arange(24, dtype=torch.float32) / 7


def state() -> dict:
    return collections.OrderedDict(
        [("conv.weight", base.reshape(2, 3, 2, 2).clone()), ("conv.bias", torch.tensor([0.5, -1.0]))]
    )


def scheduled() -> dict:
    """What MultiStepLR keeps: a Counter of milestones."""
    model = nn.Conv2d(3, 2, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.zeros(1, 3, 2, 2)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[80, 120, 120])
    return {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "epoch": 3}


def attributed() -> dict:
    """Parameters and tensors with attributes of their own are pickled by functions of their own."""
    parameter = nn.Parameter(base.reshape(2, 3, 2, 2).clone())
    parameter.note = "kept"
    tensor = torch.tensor([0.5, -1.0])
    tensor.note = "kept"
    return collections.OrderedDict([("conv.weight", parameter), ("conv.bias", tensor)])


beside = {
    "device": torch.device("cuda", 0),
    "dtype": torch.bfloat16,
    "size": torch.Size([2, 3]),
    "names": {"a", "b"},
    "bytes": bytearray(b"xyz"),
    "plain": b"xyz",
    "complex": complex(1, 2),
    "counter": collections.Counter("aab"),
    "complex tensor": torch.tensor([1 + 2j]),
    "float8": torch.tensor([1.0]).to(torch.float8_e4m3fn),
    "unsigned": torch.tensor([1, 65535], dtype=torch.uint16),
    "sparse": torch.eye(3).to_sparse(),
    "quantised": torch.quantize_per_tensor(base, 0.1, 0, torch.qint8),
    "meta": torch.zeros(2, device="meta"),
}

kept = {
    "scheduler": {"state_dict": state(), **scheduled()},
    "lightning": {"state_dict": state(), "loops": {"fit_loop": {"state_dict": {}}}, "lr_schedulers": [scheduled()["scheduler"]]},
    "beside": {"model": state(), "beside": list(beside.values()), **{f"beside {key}": value for key, value in beside.items() if not isinstance(value, torch.Tensor)}},
    "attributes": attributed(),
    "weights": {"weights": state(), "epoch": 1},
    "params": {"params": state()},
    "ema": {"ema": state(), "decay": 0.999},
    "model-state_dict": {"model": {"state_dict": state(), "name": "x"}, "args": {"lr": 0.1}},
    "any-name": {"my network": state(), "best": 91.5},
    "shared": (lambda one: {"model": one, "best": one})(state()),
}  # fmt: skip

refused = {
    "quantised": {"conv.weight": torch.quantize_per_tensor(base.reshape(2, 3, 2, 2), 0.1, 0, torch.qint8)},
    "quantised-channels": {"conv.weight": torch.quantize_per_channel(base.reshape(2, 12), torch.tensor([0.1, 0.2]), torch.tensor([0, 0]), 0, torch.quint8)},
    "sparse": {"conv.weight": torch.eye(3).to_sparse()},
    "sparse-rows": {"conv.weight": torch.eye(3).to_sparse_csr()},
    "complex": {"conv.weight": torch.tensor([1 + 2j])},
    "complex-half": {"conv.weight": torch.tensor([1 + 2j]).to(torch.complex32)},
    "float8": {"conv.weight": torch.ones(4).to(torch.float8_e4m3fn)},
    "float8-e5m2": {"conv.weight": torch.ones(4).to(torch.float8_e5m2)},
    "meta": {"conv.weight": torch.zeros(2, device="meta")},
    "no-tensors": {"epoch": 3, "best_acc": 91.5, 7: "seven"},
    "list": [torch.ones(2)],
    "tensor": torch.ones(2),
}  # fmt: skip

keyed = {
    "student-teacher": {"student": state(), "teacher": {key: value + 1 for key, value in state().items()}},
    "average": {"state_dict": {key: value + 1 for key, value in state().items()}, "state_dict_ema": state()},
    "dotted": {"nets": {"net.a": state(), "net.b": {key: value + 1 for key, value in state().items()}}},
}


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "test/fixtures/checkpoints"
    expected = {key: {"shape": list(value.shape), "data": value.flatten().tolist()} for key, value in state().items()}
    for part, files in [("kept", kept), ("refused", refused), ("keyed", keyed)]:
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, value in files.items():
            for suffix, options in [("pt", {}), ("legacy.pt", {"_use_new_zipfile_serialization": False})]:
                file = folder / part / f"{name}.{suffix}"
                try:
                    torch.save(value, file, **options)
                    if part != "refused":
                        torch.load(file, weights_only=True, map_location="cpu")
                except Exception as error:
                    print(file.name, "left out:", str(error).splitlines()[0][:100])
                    file.unlink(missing_ok=True)
    torch.jit.save(torch.jit.script(nn.Conv2d(1, 1, 1)), folder / "refused/script.pt")
    torch.save(nn.Conv2d(1, 1, 1), folder / "refused/module.pt")
    np.savez(folder / "refused/arrays.npz", w=np.ones(2))
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
