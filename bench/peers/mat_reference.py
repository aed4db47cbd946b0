"""Writes test/fixtures/data/meta.mat, a small file like the meta.mat of ImageNet's development kit, with SciPy.

    python bench/peers/mat_reference.py
"""
from pathlib import Path

import numpy as np
import scipy.io

fields = [(name, object) for name in
          ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height", "num_train_images"]]

# Three classes, whose numbers are not in the order of their names, and the synset above two of them.
synsets = [
    (1, "n02119789", "kit fox, Vulpes macrotis", "small grey fox", 0, np.zeros((1, 0)), 0, 3),
    (2, "n01440764", "tench, Tinca tinca", "freshwater fish: \u00e9", 0, np.zeros((1, 0)), 0, 2),
    (3, "n02100735", "English setter", "an English breed", 0, np.zeros((1, 0)), 0, 1),
    (1001, "n02083346", "canine, canid", "fissiped mammals", 2, np.array([[1, 3]], dtype=np.int16), 1, 0),
]
array = np.empty((len(synsets), 1), dtype=fields)
for i, synset in enumerate(synsets):
    # MATLAB's numbers are doubles, which it stores in fewer bytes where they fit.
    array[i, 0] = tuple(np.float64(x) if isinstance(x, int) and i == 0 else np.uint16(x) if isinstance(x, int) else x
                        for x in synset)

folder = Path(__file__).parents[2] / "test" / "fixtures" / "data"
scipy.io.savemat(folder / "meta.mat", {"synsets": array}, do_compression=True)
