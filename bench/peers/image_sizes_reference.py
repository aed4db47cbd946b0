"""Pictures resized and cut by torchvision on images of PIL: test/fixtures/data/sizes.json, hashes of their pixels.

Run from the project's root: python bench/peers/image_sizes_reference.py (needs numpy, pillow >= 13, torch, torchvision).
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode

modes = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}


def picture(width: int, height: int) -> Image.Image:
    """Slopes, hard edges and something like noise, by a formula that the test has too."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    slopes = (37 * x + 91 * y + 53 * c + x * y // 4) % 256
    return Image.fromarray(np.where((x // 5 + y // 3) % 4 == 0, (x + c) % 2 * 255, slopes).astype(np.uint8))


def of(image: Image.Image) -> str:
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()


# Width and height of the picture, what the shorter side becomes, and the side of what is cut out of the middle.
centres = [
    *[(32, 32, resize, 32) for resize in (32, 33, 36, 40, 48, 64, 100)],
    *[(96, 96, resize, 32) for resize in (32, 36, 40)],
    *[(500, 375, 256, 224), (375, 500, 256, 224), (640, 480, 232, 224), (224, 224, 256, 224), (213, 320, 256, 224)],
    *[(1200, 900, 256, 224), (333, 500, 342, 299), (1, 1, 8, 8), (3, 2, 16, 9), (2, 77, 5, 5), (1000, 8, 8, 7)],
    *[(61, 43, resize, size) for resize, size in ((43, 43), (44, 43), (86, 64), (21, 20), (11, 3), (129, 1))],
]
# Width and height of the picture, the rectangle that is cut out (top, left, height, width), and what its sides become.
boxes = [
    *[(500, 375, (40, 60, 280, 260), 224), (500, 375, (0, 0, 375, 500), 224), (500, 375, (7, 3, 120, 98), 224)],
    *[(375, 500, (100, 20, 330, 250), 224), (375, 500, (1, 0, 499, 375), 64), (90, 70, (10, 20, 30, 40), 224)],
    *[(32, 32, (0, 0, 32, 32), 32), (32, 32, (3, 5, 20, 24), 32), (32, 32, (31, 31, 1, 1), 32), (32, 32, (4, 9, 9, 12), 32)],
    *[(300, 700, (20, 30, 670, 260), 224), (300, 700, (20, 30, 301, 255), 224), (64, 64, (0, 5, 64, 48), 40)],
]
# Both sides at will: where either pass comes first, or is none.
stretches = [(w, h, W, H) for w, h in ((40, 60), (97, 31)) for W in (20, 40, 97, 130) for H in (1, 30, 59, 60, 110)]

document = {"pillow": PIL.__version__, "centres": [], "boxes": [], "stretches": []}
for name, mode in modes.items():
    for w, h, resize, size in centres:
        image = F.center_crop(F.resize(picture(w, h), resize, mode), size)
        document["centres"].append(
            {"interpolation": name, "size": [w, h], "resize": resize, "cut": size, "sha256": of(image)}
        )
    for w, h, box, size in boxes:
        image = F.resized_crop(picture(w, h), *box, [size, size], mode)
        document["boxes"].append({"interpolation": name, "size": [w, h], "box": box, "side": size, "sha256": of(image)})
    for w, h, W, H in stretches:
        image = F.resize(picture(w, h), [H, W], mode)
        document["stretches"].append({"interpolation": name, "size": [w, h], "to": [W, H], "sha256": of(image)})

Path("test/fixtures/data/sizes.json").write_text(json.dumps(document) + "\n")
