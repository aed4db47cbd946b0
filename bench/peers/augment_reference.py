"""What timm, torchvision and PIL make of images in augmentation, for the tests: test/fixtures/augment/reference.json.

Run from the project's root: python bench/peers/augment_reference.py (needs numpy, pillow, torch, torchvision, timm).
Pixels are kept as the first 16 digits of their sha256.
"""

import base64
import hashlib
import json
import random
from pathlib import Path
from unittest import mock

import numpy as np
import torch
import torchvision.transforms.functional as F
from PIL import Image
from timm.data import auto_augment
from timm.data.mixup import FastCollateMixup, cutmix_bbox_and_lam, mixup_target
from timm.data.random_erasing import RandomErasing
from timm.data.transforms import RandomResizedCropAndInterpolation

drawn = np.random.default_rng(0)
document = {}
sha = lambda image: hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()[:16]

# Pictures: smooth parts with edges; noise; few values; two of which one channel is even; one colour; a few pixels.
def picture(height, width):
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([y * 255 / height, x * 255 / width, ((x // 9 + y // 7) % 2) * 200], -1)
    return (image + drawn.normal(0, 8, image.shape)).clip(0, 255).astype(np.uint8)


pictures = {
    "smooth": picture(40, 40),
    "wide": picture(21, 48),
    "noise": drawn.integers(0, 256, (33, 32, 3), dtype=np.uint8),
    "dim": drawn.integers(90, 131, (24, 24, 3), dtype=np.uint8),
    "two": np.where(drawn.random((16, 16, 1)) < 0.9, np.uint8([7, 90, 200]), np.uint8([250, 90, 10])),
    "even": np.full((9, 9, 3), 77, np.uint8),
    "tiny": drawn.integers(0, 256, (2, 3, 3), dtype=np.uint8),
}
document["pictures"] = {
    name: {"height": p.shape[0], "width": p.shape[1], "data": base64.b64encode(p.tobytes()).decode()}
    for name, p in pictures.items()
}

# Each operation of RandAugment, at magnitudes 0 to 10, either way, plain and increasing, with both interpolations.
operations = {
    "autoContrast": ("AutoContrast", "AutoContrast"),
    "equalize": ("Equalize", "Equalize"),
    "invert": ("Invert", "Invert"),
    "rotate": ("Rotate", "Rotate"),
    "posterize": ("Posterize", "PosterizeIncreasing"),
    "solarize": ("Solarize", "SolarizeIncreasing"),
    "solarizeAdd": ("SolarizeAdd", "SolarizeAdd"),
    "colour": ("Color", "ColorIncreasing"),
    "contrast": ("Contrast", "ContrastIncreasing"),
    "brightness": ("Brightness", "BrightnessIncreasing"),
    "sharpness": ("Sharpness", "SharpnessIncreasing"),
    "shearX": ("ShearX", "ShearX"),
    "shearY": ("ShearY", "ShearY"),
    "translateX": ("TranslateXRel", "TranslateXRel"),
    "translateY": ("TranslateYRel", "TranslateYRel"),
}
assert [pair[0] for pair in operations.values()] == auto_augment._RAND_TRANSFORMS
assert [pair[1] for pair in operations.values()] == auto_augment._RAND_INCREASING_TRANSFORMS
fill = tuple(round(255 * x) for x in (0.485, 0.456, 0.406))
moving = {"rotate", "shearX", "shearY", "translateX", "translateY"}
magnitudes = [0, 0.37, 2.5, 5, 6.0123456789, 7, 8.9, 10]
document["fill"] = fill
document["operations"] = []
for name, variants in operations.items():
    for increasing in (False, True):
        for magnitude in magnitudes:
            for sign in (1, -1):
                for interpolation in ("bilinear", "bicubic"):
                    if interpolation == "bicubic" and name not in moving:
                        continue
                    op = auto_augment.AugmentOp(
                        variants[increasing],
                        prob=1.0,
                        magnitude=magnitude,
                        hparams={"img_mean": fill, "interpolation": getattr(Image.Resampling, interpolation.upper())},
                    )
                    with mock.patch.object(random, "random", lambda: 0.0 if sign == 1 else 1.0):
                        # Pillow of today refuses to keep no bits; that of the paper's days made the picture black.
                        if name == "posterize" and op.level_fn(magnitude, op.hparams)[0] == 0:
                            continue
                        results = {key: sha(op(Image.fromarray(p))) for key, p in pictures.items()}
                    case = {"name": name, "increasing": increasing, "magnitude": magnitude, "sign": sign}
                    document["operations"].append({**case, "interpolation": interpolation, "results": results})

# Colour jitter by given factors, each alone and all in two orders.
adjust = {
    "brightness": F.adjust_brightness,
    "contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation,
    "hue": F.adjust_hue,
}
chains = [
    [(name, factor)]
    for name in adjust
    for factor in ([-0.5, -0.21, -0.004, 0, 0.003, 0.1, 0.5] if name == "hue" else [0, 0.3, 0.61, 1, 1.2, 1.4, 2])
]
chains += [
    [("brightness", 1.3), ("contrast", 0.7), ("saturation", 1.4), ("hue", 0.07)],
    [("hue", 0.07), ("saturation", 1.4), ("contrast", 0.7), ("brightness", 1.3)],
    [("contrast", 1.4), ("hue", -0.1), ("brightness", 0.6), ("saturation", 0.6)],
]
document["jitter"] = []
for chain in chains:
    results = {}
    for key, p in pictures.items():
        image = Image.fromarray(p)
        for name, factor in chain:
            image = adjust[name](image, factor)
        results[key] = sha(image)
    document["jitter"].append({"chain": chain, "results": results})

# Mixup and CutMix by given draws, of bytes as FastCollateMixup mixes them, and the targets.
batch = [drawn.integers(0, 256, (3, 20, 28), dtype=np.uint8) for _ in range(6)]
document["batch"] = [base64.b64encode(image.transpose(1, 2, 0).tobytes()).decode() for image in batch]
labels = [3, 1, 4, 1, 5, 2]
document["labels"] = labels
document["mixes"] = []
for mode in ("batch", "pair", "elem"):
    for cut in (False, True):
        mixer = FastCollateMixup(1.0, 1.0, mode=mode, label_smoothing=0, num_classes=6)
        shares = [0.25, 0.9371, 0.5, 0.123456789, 0.66, 1 / 3][: {"batch": 1, "pair": 3, "elem": 6}[mode]]
        middles = [(19, 0), (4, 27), (10, 14), (0, 0), (8, 20), (3, 9)]
        numbers = iter([value for middle in middles for value in middle])
        mixer._params_per_batch = lambda: (shares[0], cut)
        mixer._params_per_elem = lambda n: (np.array(shares, np.float32), np.full(n, cut))
        with mock.patch.object(np.random, "randint", lambda low, high, size=None: next(numbers)):
            images, targets = mixer([(torch.from_numpy(image.copy()), label) for image, label in zip(batch, labels)])
        document["mixes"].append({
            "mode": mode, "cut": cut, "shares": shares, "middles": middles,
            "images": [sha(image.numpy().transpose(1, 2, 0)) for image in images],
            "targets": targets.tolist(),
        })
document["boxes"] = []
for height, width, share, y, x in [(224, 224, 0.3, 0, 223), (224, 224, 0.999, 100, 5), (32, 32, 0, 31, 31), (17, 30, 0.51, 16, 2)]:
    numbers = iter([y, x])
    with mock.patch.object(np.random, "randint", lambda low, high, size=None: next(numbers)):
        (top, bottom, left, right), corrected = cutmix_bbox_and_lam((3, height, width), share)
    box = {"top": int(top), "left": int(left), "height": int(bottom - top), "width": int(right - left)}
    document["boxes"].append({"size": [height, width], "share": share, "middle": [y, x], "box": box, "corrected": float(corrected)})

# Distributions: of 100,000 draws of ours the tests compare moments with these.
quantiles = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
from scipy import stats

document["beta"] = [{"alpha": a, "at": list(at), "below": list(stats.beta(a, a).cdf(at))}
                    for a, at in ((alpha, stats.beta(alpha, alpha).ppf(quantiles)) for alpha in (0.1, 0.2, 1.0, 2.5, 8.0))]
random.seed(0)
document["crops"] = []
for scale, ratio in [((0.08, 1.0), (3 / 4, 4 / 3)), ((0.3, 0.6), (0.5, 1.5))]:
    boxes = [RandomResizedCropAndInterpolation.get_params(Image.new("L", (500, 375)), scale, ratio) for _ in range(100_000)]
    top, left, height, width = np.array(boxes).T
    document["crops"].append({
        "scale": scale, "ratio": ratio,
        "share": [float(q) for q in np.quantile(height * width / (500 * 375), quantiles)],
        "aspect": [float(q) for q in np.quantile(width / height, quantiles)],
        "place": float(np.mean(left / (501 - width))),
    })
document["quantiles"] = quantiles
erased = []
for _ in range(50_000):
    image = torch.ones(1, 64, 48)
    RandomErasing(1.0, mode="const", device="cpu")(image)
    rows, columns = (image[0] == 0).any(1).sum().item(), (image[0] == 0).any(0).sum().item()
    erased.append((rows * columns / (64 * 48), rows / columns))
document["erased"] = {
    "area": [float(q) for q in np.quantile([e[0] for e in erased], quantiles)],
    "aspect": [float(q) for q in np.quantile([e[1] for e in erased], quantiles)],
}

folder = Path("test/fixtures/augment")
folder.mkdir(parents=True, exist_ok=True)
(folder / "reference.json").write_text(json.dumps(document) + "\n")
