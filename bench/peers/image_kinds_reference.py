"""Image files of many kinds, and the pixels that torchvision's loader has of them: test/fixtures/data/kinds.json.

Run from the project's root: python bench/peers/image_kinds_reference.py (needs numpy and pillow >= 13).
The files are of this script's making, with PIL where it can write the kind, else byte by byte.
"""

import base64
import hashlib
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

files = {}
random = np.random.default_rng(5)
h, w = 13, 19
y, x = np.mgrid[0:h, 0:w]
rgb = np.stack([y * 255 / h, x * 255 / w, ((x // 4 + y // 3) % 2) * 200], -1) + random.normal(0, 8, (h, w, 3))
rgb = rgb.clip(0, 255).astype(np.uint8)
alpha = ((x * 255) // (w - 1)).astype(np.uint8)
alpha[:, :8] = 0
grey16 = ((x * 65535) // (w - 1)).astype(np.uint16)
colour = Image.fromarray(rgb)
grey = colour.convert("L")
clear = colour.copy()
clear.putalpha(Image.fromarray(alpha))
larger = colour.resize((45, 37), Image.Resampling.BICUBIC)
black = Image.fromarray(((x * 9 + y * 3) % 256).astype(np.uint8))
inks = Image.merge("CMYK", [*colour.split(), black])


def save(name, image, kind=None, **settings):
    written = io.BytesIO()
    image.save(written, kind or {"jpg": "JPEG", "tif": "TIFF", "pgm": "PPM"}.get(name[-3:], name.split(".")[-1]), **settings)
    files[name] = written.getvalue()


def packed(values, bits, align=8):
    """Rows of numbers of so many bits, each row filled up."""
    rows = []
    for row in values:
        text = "".join(format(int(value), f"0{bits}b") for value in row)
        text += "0" * (-len(text) % align)
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return rows


def png(name, depth, kind, rows, **extra):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, 0))]
    parts += [chunk(name.encode(), data) for name, data in extra.items()]
    parts += [chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))), chunk(b"IEND", b"")]
    files[name] = b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(name, bits, photometric, data, order="<", **tags):
    samples = len(bits)
    known = dict(compression=259, orientation=274, planar=284, predictor=317, extra=338, sampling=530, form=339, fill=266)
    entries = {256: [w], 257: [h], 258: bits, 259: [1], 262: [photometric], 277: [samples], 278: [h]}
    entries |= {known[tag]: value for tag, value in tags.items() if tag != "palette"}
    if "palette" in tags:
        entries[320] = tags["palette"]
    entries |= {273: [0] * len(data), 279: [len(part) for part in data]}
    size = lambda tag, values: len(values) * (4 if tag in (273, 279) else 2)
    end = 8 + 2 + 12 * len(entries) + 4
    first = end + sum(size(tag, values) for tag, values in entries.items() if size(tag, values) > 4)
    entries[273] = [first + sum(map(len, data[:i])) for i in range(len(data))]
    directory, beyond = struct.pack(order + "H", len(entries)), b""
    for tag in sorted(entries):
        values, long = entries[tag], tag in (273, 279)
        stored = struct.pack(order + ("I" if long else "H") * len(values), *values)
        directory += struct.pack(order + "HHI", tag, 4 if long else 3, len(values))
        directory += stored.ljust(4, b"\0") if len(stored) <= 4 else struct.pack(order + "I", end + len(beyond))
        beyond += stored if len(stored) > 4 else b""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    files[name] = head + directory + b"\0" * 4 + beyond + b"".join(data)


def bmp(name, bits, pixels, compression=0, header=40, colours=0, masks=(), palette=(), down=False):
    size = struct.pack("<HH", w, h) if header == 12 else struct.pack("<ii", w, -h if down else h)
    head = struct.pack("<I", header) + size + struct.pack("<HH", 1, bits)
    if header > 12:
        head += struct.pack("<IIiiII", compression, len(pixels), 0, 0, colours, 0)
        head = (head + b"".join(struct.pack("<I", mask) for mask in masks)).ljust(header, b"\0")
    head += b"".join(bytes((b, g, r)) + b"\0" * (header > 12) for r, g, b in palette)
    start = 14 + len(head)
    files[name] = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + pixels


# Transparency, in every way that PNG, WebP and TIFF have it.
for name in ("rgba.png", "rgba.tif"):
    save(name, clear)
save("rgba.webp", clear, quality=90)
save("rgba-lossless.webp", clear, lossless=True, exact=True)
transparent_grey = grey.copy()
transparent_grey.putalpha(Image.fromarray(alpha))
save("grey-alpha.png", transparent_grey)
save("grey-alpha.tif", transparent_grey)
palette = colour.quantize(32)
save("palette.png", palette)
save("palette.tif", palette)
save("palette-alpha.png", palette, transparency=bytes(range(0, 256, 8)))
save("palette-one-clear.png", palette, transparency=3)
save("rgb-one-clear.png", colour, transparency=tuple(int(value) for value in rgb[3, 4]))
save("grey-one-clear.png", grey, transparency=int(np.asarray(grey)[3, 4]))
png("bits-one-clear.png", 1, 0, packed((x + y) % 2, 1), tRNS=struct.pack(">H", 1))
png("background.png", 8, 6, [row.tobytes() for row in np.dstack([rgb, alpha])], bKGD=struct.pack(">3H", 255, 0, 0))
tiff("associated.tif", [8] * 4, 2, [np.dstack([rgb // 16 * (alpha // 16)[..., None], alpha]).tobytes()], extra=[1])
tiff("unassociated.tif", [8] * 4, 2, [np.dstack([rgb, alpha]).tobytes()], extra=[2])
tiff("unspecified.tif", [8] * 4, 2, [np.dstack([rgb, alpha]).tobytes()], extra=[0])
random_palette = [int(value) for value in random.integers(0, 65536, 768)]
tiff("palette-alpha.tif", [8, 8], 3, [np.dstack([rgb[..., 1], alpha]).tobytes()], extra=[2], palette=random_palette)

# Depths.
for name in ("grey.png", "grey.tif", "grey.webp", "grey.jpg", "grey.bmp", "grey.pgm"):
    save(name, grey)
for bits in (1, 2, 4):
    png(f"grey-{bits}.png", bits, 0, packed((x + y) % 2**bits, bits))
    png(f"palette-{bits}.png", bits, 3, packed((x + y) % 2**bits, bits), PLTE=random.bytes(3 * 2**bits))
    tiff(f"grey-{bits}.tif", [bits], 1, [b"".join(packed((x + y) % 2**bits, bits))])
    tiff(f"grey-{bits}-white-is-0.tif", [bits], 0, [b"".join(packed((x + y) % 2**bits, bits))])
for name in ("bits.png", "bits.tif", "bits.bmp", "bits.ppm"):
    save(name, colour.convert("1"))
save("bits-fax.tif", colour.convert("1"), compression="group4")
save("grey-16.png", Image.fromarray(grey16))
save("grey-16.tif", Image.fromarray(grey16))
save("grey-16.pgm", Image.fromarray(grey16))
png("grey-16-one-clear.png", 16, 0, [row.astype(">u2").tobytes() for row in grey16], tRNS=struct.pack(">H", 5))
save("integers.tif", Image.fromarray((x * 37 - 100).astype(np.int32)))
save("floats.tif", Image.fromarray((x * 3.7 - 20).astype(np.float32)))
tiff("signed.tif", [8], 1, [(x * 7 - 60).astype("i1").tobytes()], form=[2])
deep = np.stack([grey16, grey16 * 3, grey16 // 2 + 99], -1)
png("rgb-16.png", 16, 2, [row.astype(">u2").tobytes() for row in deep])
png("rgba-16.png", 16, 6, [row.astype(">u2").tobytes() for row in np.dstack([deep, grey16])])
for name, order in (("rgb-16.tif", "<"), ("rgb-16-big-endian.tif", ">")):
    tiff(name, [16] * 3, 2, [deep.astype(order + "u2").tobytes()], order)

# Colours that are no RGB.
save("cmyk.tif", inks)
save("cmyk-lzw.tif", inks, compression="tiff_lzw")
save("cmyk.jpg", inks, quality=95)
save("cmyk-larger.jpg", inks.resize((45, 37)), quality=80)
at = files["cmyk.jpg"].index(b"Adobe")
files["cmyk-unmarked.jpg"] = files["cmyk.jpg"][: at - 4] + files["cmyk.jpg"][at + 12 :]
files["ycck.jpg"] = files["cmyk.jpg"][: at + 11] + b"\x02" + files["cmyk.jpg"][at + 12 :]
tiff("cmyk-16.tif", [16] * 4, 5, [np.dstack([deep, grey16]).astype("<u2").tobytes()])
save("rgb-in-jpeg.jpg", colour, keep_rgb=True, quality=95)
save("chrominance.tif", colour.convert("YCbCr"))
tiff("chrominance-zip.tif", [8] * 3, 6, [zlib.compress(rgb.tobytes())], compression=[8], sampling=[1, 1])
save("lab.tif", colour.convert("LAB"))

# What a camera says of the direction, of colours and of gamma.
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[274] = orientation
    for name, settings in (("jpg", {"quality": 95}), ("png", {}), ("webp", {"lossless": True}), ("tif", {})):
        save(f"turned-{orientation}.{name}", colour, exif=exif, **settings)
tiff("turned-bits.tif", [1], 0, [b"".join(packed((x + y) % 3 == 0, 1))], orientation=[6])
tiff("turned-inks.tif", [8] * 4, 5, [np.dstack([rgb, alpha]).tobytes()], orientation=[6])
# A profile that exchanges red and blue: those who apply it see it.
point = lambda *xyz: b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in xyz)
curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x0100) + b"\0\0"
said = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 79
blue, green, red = (0.1431, 0.0606, 0.7141), (0.3851, 0.7169, 0.0971), (0.4361, 0.2225, 0.0139)
tags = [(b"desc", said), (b"wtpt", point(0.9642, 1, 0.8249)), (b"cprt", b"text\0\0\0\0none\0\0\0\0")]
tags += [(b"rXYZ", point(*blue)), (b"gXYZ", point(*green)), (b"bXYZ", point(*red))]
tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
start, table, body = 128 + 4 + 12 * len(tags), b"", b""
for name, data in tags:
    table += name + struct.pack(">II", start + len(body), len(data))
    body += data + b"\0" * (-len(data) % 4)
profile = struct.pack(">I4sI4s4s4s", start + len(body), b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
profile = profile.ljust(36, b"\0") + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
profile = profile.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
for name, settings in (("png", {}), ("jpg", {"quality": 95}), ("webp", {"lossless": True}), ("tif", {})):
    save(f"profile.{name}", colour, icc_profile=profile, **settings)
rows = [row.tobytes() for row in rgb]
png("gamma.png", 8, 2, rows, gAMA=struct.pack(">I", 100000))
png("gamma-grey.png", 8, 0, [row.tobytes() for row in np.asarray(grey)], gAMA=struct.pack(">I", 22000))
png("srgb.png", 8, 2, rows, sRGB=b"\0", gAMA=struct.pack(">I", 45455))
primaries = struct.pack(">8I", 34567, 35850, 73469, 26531, 11999, 82635, 15664, 3660)
png("primaries.png", 8, 2, rows, cHRM=primaries, gAMA=struct.pack(">I", 55556))
png("bt2020.png", 8, 2, rows, cICP=bytes([9, 16, 0, 1]))

# Several pictures in a file.
more = [Image.new("RGBA", (w, h), (255, 0, 0, 255))]
save("moving.webp", colour.convert("RGBA"), save_all=True, append_images=more, lossless=True, duration=50)
save("moving-clear.webp", clear, save_all=True, append_images=more, lossless=True, duration=50)
save("moving.png", colour.convert("RGBA"), save_all=True, append_images=more, duration=50)
save("moving-default.png", clear, save_all=True, append_images=more, duration=50, default_image=True)
save("several.tif", colour, save_all=True, append_images=[Image.new("RGB", (9, 9), "red")])
save("several.jpg", colour, "MPO", save_all=True, append_images=[Image.new("RGB", (w, h), "red")])
save("moving-gif.png", colour, "GIF")

# How JPEG, WebP and TIFF keep colours.
for quality in (30, 75, 95, 100):
    for subsampling in (0, 1, 2):
        save(f"quality-{quality}-{subsampling}.jpg", larger, quality=quality, subsampling=subsampling)
save("progressive.jpg", larger, progressive=True, quality=60)
save("restarts.jpg", larger, restart_marker_blocks=2)
save("lossy.webp", larger, quality=80)
for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"):
    save(f"{compression}.tif", colour, compression=compression)
tiff("planes.tif", [8] * 3, 2, [rgb[..., channel].tobytes() for channel in range(3)], planar=[2])
tiff("big-endian.tif", [8] * 3, 2, [rgb.tobytes()], ">")

# Bitmaps of Windows and OS/2.
colours = [tuple(int(value) for value in random.integers(0, 256, 3)) for _ in range(256)]
filled = lambda values: b"".join(row.tobytes() + b"\0" * (-row.nbytes % 4) for row in values)
for bits in (1, 4, 8):
    indices = b"".join(packed((x * 3 + y) % 2**bits, bits, 32))
    bmp(f"palette-{bits}.bmp", bits, indices, palette=colours[: 2**bits])
    bmp(f"palette-{bits}-os2.bmp", bits, indices, header=12, palette=colours[: 2**bits])
bmp("palette-down.bmp", 8, indices, palette=colours, down=True)
bmp("palette-beyond.bmp", 8, indices, colours=5, palette=colours[:5])
save("rgb.bmp", colour)
bmp("rgb-os2.bmp", 24, filled(rgb), header=12)
bmp("rgb-down.bmp", 24, filled(rgb), down=True)
short, long = random.integers(0, 2**16, (h, w), dtype=np.uint16), random.integers(0, 2**32, (h, w), dtype=np.uint32)
bmp("rgb-555.bmp", 16, filled(short))
bmp("rgb-565.bmp", 16, filled(short), 3, masks=(0xF800, 0x7E0, 0x1F))
bmp("rgbx.bmp", 32, filled(long))
layouts = {"bgrx": (0xFF0000, 0xFF00, 0xFF, 0), "xbgr": (0xFF000000, 0xFF0000, 0xFF00, 0), "bgra": (0xFF0000, 0xFF00, 0xFF, 0xFF000000)}
layouts |= {"abgr": (0xFF000000, 0xFF0000, 0xFF00, 0xFF), "rgba": (0xFF, 0xFF00, 0xFF0000, 0xFF000000), "unmasked": (0, 0, 0, 0)}
for name, masks in layouts.items():
    for header in (56, 108, 124):
        bmp(f"{name}-{header}.bmp", 32, filled(long), 3, header, masks=masks)
runs = b"".join(bytes([5, row[0], 0, w - 5, *row[5:]]) + b"\0\0" for row in ((x * 3 + y) % 256).tolist()) + b"\0\1"
bmp("runs-8.bmp", 8, runs, 1, palette=colours)
bmp("runs-4.bmp", 4, bytes([w, 0x1F, 0, 0] * 7 + [0, w, *range(10), 0, 0] + [w, 0xA7, 0, 0] * 5 + [0, 1]), 2, palette=colours[:16])
bmp("runs-cut.bmp", 8, bytes([3, 7, 0, 0, w, 5, 0, 0, 0, 1]), 1, palette=colours)
files["cut.bmp"] = files["rgb.bmp"][:-9]
files["header.bmp"] = files["rgb.bmp"][:30]

# Netpbm's formats.
size = f"{w} {h}".encode()
text = lambda values, between=b" ": between.join(str(int(value)).encode() for value in values.ravel())
save("rgb.ppm", colour)
files["commented.ppm"] = b"P6\n# a comment\n" + size + b" # more\n255\n" + rgb.tobytes()
files["highest-100.ppm"] = b"P6 " + size + b" 100\n" + (rgb % 120).tobytes()
files["highest-65535.ppm"] = b"P6 " + size + b" 65535\n" + deep.astype(">u2").tobytes()
files["highest-1000.ppm"] = b"P6 " + size + b" 1000\n" + (deep % 1001).astype(">u2").tobytes()
files["highest-31.pgm"] = b"P5 " + size + b" 31\n" + (rgb[..., 0] % 32).tobytes()
files["highest-300.pgm"] = b"P5 " + size + b" 300\n" + (grey16 % 301).astype(">u2").tobytes()
files["text.pgm"] = b"P2\n" + size + b"\n200\n" + text(rgb[..., 0] % 201)
files["text.ppm"] = b"P3\n" + size + b"\n255\n" + text(rgb, b"\n# a comment\n") + b"\n"
files["text-77.ppm"] = b"P3\n" + size + b"\n77\n" + text(rgb % 78)
files["text-bits.ppm"] = b"P1\n" + size + b"\n" + text((x + y) % 2, b"")
files["text-over.pgm"] = b"P2\n" + size + b"\n100\n" + text(rgb[..., 0])
files["text-cut.ppm"] = b"P3 " + size + b" 255\n1 2 3"
files["cut.ppm"] = files["rgb.ppm"][:-1]

document = {}
for name, data in files.items():
    known = {"file": base64.b64encode(data).decode()}
    try:
        # torchvision.datasets.folder.pil_loader
        image = Image.open(io.BytesIO(data)).convert("RGB")
        known |= {"size": image.size, "sha256": hashlib.sha256(image.tobytes()).hexdigest()}
    except Exception as error:
        known["refused"] = type(error).__name__
    document[name] = known
Path("test/fixtures/data/kinds.json").write_text(json.dumps(document, indent=0) + "\n")
