"""Images as numpy, PIL and torchvision read and prepare them, for the tests: test/fixtures/data.

Run from the project's root: python bench/peers/image_reference.py (needs numpy, pillow, torch, torchvision).
"""

import base64
import json
from pathlib import Path

import numpy as np
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode, RandomResizedCrop

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

# A picture with smooth parts, edges and noise, in the kinds of file that data sets have.
h, w = 75, 100
y, x = np.mgrid[0:h, 0:w]
picture = np.stack([y * 255 / h, x * 255 / w, ((x // 9 + y // 7) % 2) * 200], -1) + random.normal(0, 8, (h, w, 3))
picture = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
files = {
    "colour.png": (picture, {}),
    "tall.png": (picture.rotate(90, expand=True), {}),
    "colour.jpg": (picture, {"quality": 90, "subsampling": 0}),
    "subsampled.jpg": (picture, {"quality": 90, "subsampling": 2}),
    "progressive.jpg": (picture, {"quality": 90, "progressive": True}),
    "grey.jpg": (picture.convert("L"), {"quality": 90}),
    "alpha.png": (picture.convert("RGBA"), {}),
    "palette.png": (picture.quantize(32), {}),
}
size, resize = 32, 40
boxes = [(5, 10, 50, 60), (0, 0, 75, 100), (1, 2, 60, 40)]  # top, left, height, width
flat = lambda image: base64.b64encode(np.asarray(image).tobytes()).decode()
resized_crop = lambda image, box: F.resized_crop(image, *box, [size, size], InterpolationMode.BILINEAR)
document["pictures"] = {"size": size, "resize": resize, "boxes": boxes, "files": {}}
for name, (image, settings) in files.items():
    image.save(folder / name, **settings)
    image = Image.open(folder / name).convert("RGB")
    document["pictures"]["files"][name] = {
        "size": image.size,
        "centre": flat(F.center_crop(F.resize(image, resize, InterpolationMode.BILINEAR), size)),
        "boxes": [flat(resized_crop(image, box)) for box in boxes if box[0] + box[2] <= image.height and box[1] + box[3] <= image.width],
    }

# What is taken of pictures in which no random rectangle fits: [width, height] to [top, left, height, width].
document["fallbacks"] = []
for width, height in [(1000, 8), (8, 1000), (501, 11), (3, 301)]:
    box = RandomResizedCrop.get_params(Image.new("RGB", (width, height)), (40.0, 40.0), (3 / 4, 4 / 3))
    document["fallbacks"].append({"size": [width, height], "box": box})

# The mean share of the area of a picture, and the mean logarithm of width to height, of 100,000 random rectangles.
crops = [RandomResizedCrop.get_params(Image.new("L", (500, 375)), (0.08, 1.0), (3 / 4, 4 / 3))[2:] for _ in range(100_000)]
document["crops"] = {
    "share": float(np.mean([h * w / (500 * 375) for h, w in crops])),
    "ratio": float(np.mean([np.log(w / h) for h, w in crops])),
}

# Sizes of scaled images and places of their middles.
document["centres"] = []
for width, height in [(500, 375), (375, 500), (257, 256), (333, 500), (224, 224), (10, 2000)]:
    image = F.resize(Image.new("L", (width, height)), 256)
    rows, columns = np.mgrid[0 : image.height, 0 : image.width]
    first = lambda values: int(np.asarray(F.center_crop(Image.fromarray(values.astype(np.int32)), 225))[0, 0])
    document["centres"].append({"size": [width, height], "scaled": image.size, "top": first(rows), "left": first(columns)})

# Augmentation of small pictures: pad with black, then cut out at (top, left).
tiny = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
document["padded"] = {"image": flat(tiny.transpose(2, 0, 1)), "views": []}
for top, left, flip in [(0, 0, False), (8, 3, True), (4, 4, True), (1, 8, False)]:
    image = F.hflip(Image.fromarray(tiny)) if flip else Image.fromarray(tiny)
    view = np.asarray(F.crop(F.pad(image, 4), top, left, 32, 32))
    document["padded"]["views"].append({"top": top, "left": left, "flip": flip, "pixels": flat(view.transpose(2, 0, 1))})

(folder / "images.json").write_text(json.dumps(document) + "\n")
