"""Writes test/fixtures/report/statistics.json: mean, sample deviation, t interval and their values.

Sums in exact fractions, held against numpy longdouble (64 bits of mantissa); the
quantile of Student's t from SciPy.
"""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import scipy.stats

OUT = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "report" / "statistics.json"


def reference(values):
    n = len(values)
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / n
    squares = sum((value - mean) ** 2 for value in exact)
    # In longdouble the same, but for values whose offset takes more than its 64 bits.
    long = np.array(values, dtype=np.longdouble)
    assert abs(float(long.mean() - np.longdouble(float(mean)))) <= 1e-15 * float(abs(long).max())
    variance = squares / (n - 1)
    # The root of a ratio of integers of any size, to 30 digits.
    scaled = variance.numerator * 10**60 * 4**1100 // variance.denominator
    std = Fraction(math.isqrt(scaled), 10**30 * 2**1100)
    half = Fraction(scipy.stats.t.ppf(0.975, n - 1)) * std / Fraction(math.sqrt(n))
    return {
        "values": values,
        "mean": float(mean),
        "std": float(std),
        "ci": [float(mean - half), float(mean + half)],
    }


def cases():
    rng = np.random.default_rng(7)
    yield [91.0, 91.4, 91.1, 91.3]
    yield [0.1, 0.2, 0.3]
    for n in (2, 3, 4, 5, 10, 100):
        yield rng.normal(85.6, 0.3, n).tolist()
    for offset in (1e3, 1e6, 1e9, 1e12, 1e15, -1e12):
        yield (offset + rng.normal(0, 1, 5)).tolist()
    for size in (1e-300, 1e-160, 1e-30, 1e-9, 1e9, 1e30, 1e160, 1e300):
        yield (size * rng.uniform(-1, 1, 4)).tolist()
        yield (size * (1 + 1e-3 * rng.normal(0, 1, 4))).tolist()
    yield [1.0, 1.0 + 2**-52]
    yield [85.6, 85.6, math.nextafter(85.6, 86)]
    yield [1e16, 1.0, -1e16]
    yield [0.0, 5e-324, 1e-323]
    yield [-1e306, 1e307, 1.5e307]


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps([reference(values) for values in cases()], indent=1) + "\n")
