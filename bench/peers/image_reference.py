"""Images as numpy, PIL and torchvision read and prepare them, for the tests: test/fixtures/data.

Run from the project's root: python bench/peers/image_reference.py (needs numpy, pillow, torch, torchvision).
"""

import json
from pathlib import Path

import numpy as np

folder = Path("test/fixtures/data")
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(0)
document = {}

pixels = random.integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)
labels = np.array([4, 1])
np.savez(folder / "stored.npz", images=pixels, labels=labels)
np.savez_compressed(folder / "packed.npz", x_test=pixels, y_test=labels.astype(np.uint8).reshape(2, 1))
document["arrays"] = {
    "pixels": pixels.transpose(0, 3, 1, 2).flatten().tolist(),
    "labels": labels.tolist(),
}

(folder / "images.json").write_text(json.dumps(document) + "\n")
