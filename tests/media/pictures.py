"""Pictures of the formats that browsers show, turned and with long headers, of sizes that the seed gives."""

import io
import struct
import zlib

from PIL import Image

from sample import Kinds, Sample, run

KINDS = Kinds()
kind = KINDS.add


def size(rng, least=1, most=700):
    return rng.randint(least, most), rng.randint(least, most)


def image(rng, sides, mode="RGB"):
    """A picture with something in it."""
    return Image.effect_noise(sides, rng.randint(10, 90)).convert(mode)


def picture(name, path, content_types, sides, *, shown=False):
    types = content_types.split()
    return Sample(name, path, types[0], set(types), {"image"}, sizes=[sides], shown=shown)


def turned(sides, orientation):
    return sides[::-1] if orientation >= 5 else sides


def exif(rng, orientation):
    """EXIF in either byte order, with other entries around the orientation."""
    order = rng.choice("<>")
    entries = [(0x010E, 4, 7), (0x0112, 3, orientation)] + ([(0x0128, 3, 2)] if rng.random() < 0.5 else [])
    data = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(entries))
    for tag, form, value in entries:
        packed = struct.pack(order + "HH", value, 0) if form == 3 else struct.pack(order + "I", value)
        data += struct.pack(order + "HHI", tag, form, 1) + packed
    return data + bytes(4)


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def save(rng, path, form, sides=None, mode="RGB", **options):
    sides = sides or size(rng)
    image(rng, sides, mode).save(path, form, **options)
    return sides


# ---------------------------------------------------------------- JPEG


def jpeg(rng, sides, **options):
    written = io.BytesIO()
    image(rng, sides, rng.choice(["RGB", "L", "CMYK"])).save(written, "JPEG", **options)
    return written.getvalue()


@kind
def jpeg_plain(rng, folder):
    sides, path = size(rng), folder / "a.jpg"
    path.write_bytes(jpeg(rng, sides, progressive=rng.random() < 0.5))
    return picture("JPEG", path, "image/jpeg", sides, shown=True)


@kind
def jpeg_turned(rng, folder):
    sides, path, orientation = size(rng), folder / "a.jpg", rng.randint(1, 8)
    content = jpeg(rng, sides)
    path.write_bytes(content[:2] + segment(0xE1, b"Exif\0\0" + exif(rng, orientation)) + content[2:])
    return picture("JPEG turned by EXIF", path, "image/jpeg", turned(sides, orientation), shown=True)


@kind
def jpeg_with_thumbnail(rng, folder):
    sides, path, orientation = size(rng, 200), folder / "a.jpg", rng.randint(5, 8)
    path.write_bytes(jpeg(rng, sides))
    small = folder / "small.jpg"
    small.write_bytes(jpeg(rng, (160, 120)))
    run("exiftool", "-q", "-overwrite_original", "-n", f"-Orientation={orientation}", f"-ThumbnailImage<={small}",
        "-XMP:Title=A title", path)
    return picture("JPEG with a thumbnail", path, "image/jpeg", turned(sides, orientation), shown=True)


@kind
def jpeg_with_manifest(rng, folder):
    """As signed pictures have it: megabytes of APP11 before the frame header."""
    sides, path, orientation = size(rng), folder / "a.jpg", rng.randint(1, 8)
    content = jpeg(rng, sides)
    manifest = b"".join(
        segment(0xEB, b"JP\0\1" + struct.pack(">I", part + 1) + rng.randbytes(rng.randint(60_000, 65_000)))
        for part in range(rng.randint(8, 90)))
    turn = segment(0xE1, b"Exif\0\0" + exif(rng, orientation))
    parts = [turn, manifest] if rng.random() < 0.5 else [manifest, turn]
    path.write_bytes(content[:2] + b"".join(parts) + content[2:])
    return picture("JPEG with a manifest", path, "image/jpeg", turned(sides, orientation), shown=True)


# ---------------------------------------------------------------- PNG, GIF, WebP, BMP, ICO


@kind
def png_plain(rng, folder):
    path = folder / "a.png"
    sides = save(rng, path, "PNG", mode=rng.choice(["RGB", "RGBA", "L", "LA", "P", "1", "I;16"]))
    return picture("PNG", path, "image/png", sides, shown=True)


@kind
def png_turned(rng, folder):
    path, orientation = folder / "a.png", rng.randint(1, 8)
    sides = save(rng, path, "PNG", exif=b"Exif\0\0" + exif(rng, orientation))
    return picture("PNG turned by EXIF", path, "image/png", turned(sides, orientation), shown=True)


@kind
def png_with_long_header(rng, folder):
    path, orientation = folder / "a.png", rng.randint(1, 8)
    sides = save(rng, path, "PNG")
    content = path.read_bytes()

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    extra = [chunk(b"caBX", rng.randbytes(rng.randint(200_000, 3_000_000))), chunk(b"eXIf", exif(rng, orientation))]
    rng.shuffle(extra)
    path.write_bytes(content[:33] + b"".join(extra) + content[33:])
    return picture("PNG with a long header", path, "image/png", turned(sides, orientation), shown=True)


@kind
def png_interlaced(rng, folder):
    path, sides = folder / "a.png", size(rng)
    run("convert", "-size", "%dx%d" % sides, "plasma:", "-interlace", "PNG", path)
    return picture("PNG interlaced", path, "image/png", sides, shown=True)


def animated(rng, folder):
    """Of one picture or some, one behind the other."""
    form, suffix, mode = rng.choice([("PNG", "png", "RGB"), ("GIF", "gif", "P"), ("WebP", "webp", "RGB")])
    path, sides = folder / f"a.{suffix}", size(rng, most=200)
    frames = [image(rng, sides, mode) for _ in range(rng.randint(1, 3))]
    frames[0].save(path, form, save_all=True, append_images=frames[1:])
    return picture(f"{form} animated", path, f"image/{suffix}", sides, shown=True)


KINDS += [animated] * 3


@kind
def webp(rng, folder):
    path = folder / "a.webp"
    sides = save(rng, path, "WEBP", mode=rng.choice(["RGB", "RGBA"]), lossless=rng.random() < 0.5)
    return picture("WebP", path, "image/webp", sides, shown=True)


@kind
def webp_with_exif(rng, folder):
    path = folder / "a.webp"
    sides = save(rng, path, "WEBP", exif=b"Exif\0\0" + exif(rng, rng.randint(5, 8)))
    return picture("WebP, unturned by EXIF", path, "image/webp", sides, shown=True)


@kind
def bmp(rng, folder):
    path, sides = folder / "a.bmp", size(rng)
    form = rng.choice(["BMP", "BMP2", "BMP3"])
    run("convert", "-size", "%dx%d" % sides, "plasma:", f"{form}:{path}")
    return picture("BMP", path, "image/bmp", sides, shown=True)


@kind
def bmp_from_the_top(rng, folder):
    path = folder / "a.bmp"
    sides = save(rng, path, "BMP")
    content = bytearray(path.read_bytes())
    content[22:26] = struct.pack("<i", -sides[1])
    path.write_bytes(content)
    return picture("BMP from the top", path, "image/bmp", sides, shown=True)


@kind
def ico(rng, folder):
    path, side = folder / "a.ico", rng.choice([16, 32, 48, 64, 128, 256])
    image(rng, (256, 256), "RGBA").save(path, "ICO", sizes=[(16, 16), (side, side)])
    return picture("ICO", path, "image/vnd.microsoft.icon image/x-icon", (side, side), shown=True)
