"""Pictures of every format, turned and cropped, with long headers, and of sizes that the seed gives."""

import io
import struct
import zlib

from PIL import Image
import numpy
import pillow_heif
import tifffile

from sample import Sample, run

pillow_heif.register_heif_opener()

KINDS = []


def kind(make):
    KINDS.append(make)
    return make


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


# ---------------------------------------------------------------- TIFF


@kind
def tiff(rng, folder):
    path = folder / "a.tif"
    compression = rng.choice([None, "tiff_lzw", "tiff_deflate", "packbits", "jpeg", "group4"])
    sides = save(rng, path, "TIFF", mode="1" if compression == "group4" else "RGB", compression=compression)
    return picture("TIFF", path, "image/tiff", sides)


@kind
def tiff_turned(rng, folder):
    path, orientation = folder / "a.tif", rng.randint(1, 8)
    sides = save(rng, path, "TIFF", tiffinfo={274: orientation})
    return picture("TIFF turned", path, "image/tiff", turned(sides, orientation))


@kind
def tiff_of_imagemagick(rng, folder):
    path, sides = folder / "a.tif", size(rng)
    run("convert", "-size", "%dx%d" % sides, "plasma:", "-compress", rng.choice(["None", "LZW", "Zip", "RLE"]), "-endian",
        rng.choice(["MSB", "LSB"]), path)
    return picture("TIFF in either byte order", path, "image/tiff", sides)


@kind
def tiff_big(rng, folder):
    path, sides = folder / "a.tif", size(rng)
    pixels = numpy.frombuffer(rng.randbytes(3 * sides[0] * sides[1]), numpy.uint8).reshape(sides[1], sides[0], 3)
    tifffile.imwrite(path, pixels, bigtiff=True, photometric="rgb", byteorder=rng.choice("<>"))
    return picture("BigTIFF", path, "image/tiff", sides)


@kind
def tiff_of_pages(rng, folder):
    path, sides = folder / "a.tif", size(rng)
    image(rng, sides).save(path, "TIFF", save_all=True, append_images=[image(rng, size(rng))])
    return picture("TIFF of pages", path, "image/tiff", sides)


# ---------------------------------------------------------------- HEIC, AVIF, JPEG XL, JPEG 2000


@kind
def heic(rng, folder):
    path, sides = folder / "a.heic", size(rng, 16)
    pillow_heif.from_pillow(image(rng, sides)).save(path, quality=30)
    return picture("HEIC", path, "image/heic", sides)


@kind
def heic_turned(rng, folder):
    path, sides, orientation = folder / "a.heic", size(rng, 16), rng.randint(1, 8)
    image(rng, sides).save(path, "HEIF", quality=30, exif=b"Exif\0\0" + exif(rng, orientation))
    told = pillow_heif.open_heif(path).size
    return picture("HEIC turned", path, "image/heic", told)


@kind
def avif(rng, folder):
    path = folder / "a.avif"
    sides = save(rng, path, "AVIF", size(rng, 16), quality=40, speed=10)
    return picture("AVIF", path, "image/avif", sides, shown=True)


@kind
def avif_turned_and_cropped(rng, folder):
    source, path = folder / "a.png", folder / "a.avif"
    width, height = (2 * side for side in size(rng, 20, 200))
    save(rng, source, "PNG", (width, height))
    kept = 2 * rng.randint(4, width // 2), 2 * rng.randint(4, height // 2)
    angle = rng.randint(0, 3)
    run("avifenc", "--speed", "10", "--crop", f"0,0,{kept[0]},{kept[1]}", "--irot", angle, source, path)
    return picture("AVIF turned and cropped", path, "image/avif", kept[::-1] if angle & 1 else kept, shown=True)


@kind
def jxl(rng, folder):
    """Of sizes whose width is a ratio of the height as well, and in containers."""
    source, path = folder / "a.png", folder / "a.jxl"
    height = rng.randint(1, 900)
    across, down = rng.choice([(1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1), (0, 0)])
    sides = (max(1, height * across // down), height) if down else size(rng)
    save(rng, source, "PNG", sides)
    run("cjxl", "--quiet", "-e", "1", f"--container={rng.randint(0, 1)}", source, path)
    return picture("JPEG XL", path, "image/jxl", sides)


@kind
def jxl_turned(rng, folder):
    source, path, orientation = folder / "a.jpg", folder / "a.jxl", rng.randint(1, 8)
    sides = size(rng)
    content = jpeg(rng, sides)
    source.write_bytes(content[:2] + segment(0xE1, b"Exif\0\0" + exif(rng, orientation)) + content[2:])
    run("convert", source, "-colorspace", "sRGB", "-type", "TrueColor", folder / "b.jpg")
    run("cjxl", "--quiet", "-e", "1", "--lossless_jpeg=0", folder / "b.jpg", path)
    return picture("JPEG XL turned", path, "image/jxl", turned(sides, orientation))


@kind
def jpeg_2000(rng, folder):
    form = rng.choice(["jp2", "j2k"])
    path = folder / f"a.{form}"
    sides = save(rng, path, "JPEG2000", size(rng, 32))
    types = "image/jp2" if form == "jp2" else "image/j2c image/x-jp2-codestream image/j2k"
    return picture("JPEG 2000", path, types, sides)


# ---------------------------------------------------------------- Others


@kind
def qoi(rng, folder):
    path, sides = folder / "a.qoi", size(rng)
    run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=%dx%d" % sides, "-frames:v", 1, path)
    return picture("QOI", path, "image/qoi image/x-qoi", sides)


@kind
def exr(rng, folder):
    path, sides = folder / "a.exr", size(rng)
    run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=%dx%d" % sides, "-frames:v", 1, "-pix_fmt", "gbrpf32le",
        "-compression", rng.choice(["none", "rle", "zip1", "zip16"]), path)
    return picture("OpenEXR", path, "image/x-exr image/aces", sides)


@kind
def hdr(rng, folder):
    path, sides = folder / "a.hdr", size(rng, 8)
    run("convert", "-size", "%dx%d" % sides, "plasma:", path)
    return picture("Radiance HDR", path, "image/vnd.radiance", sides)


@kind
def netpbm(rng, folder):
    form, types = rng.choice([
        ("pbm", "image/x-portable-bitmap"), ("pgm", "image/x-portable-graymap"),
        ("ppm", "image/x-portable-pixmap"), ("pam", "image/x-portable-arbitrarymap"),
    ])
    path, sides = folder / f"a.{form}", size(rng, most=200)
    comment = ["-set", "comment", "made by a test"] if rng.random() < 0.5 else []
    plain = ["-compress", "none"] if rng.random() < 0.5 and form != "pam" else []
    run("convert", "-size", "%dx%d" % sides, "plasma:", *comment, *plain, path)
    return picture("Netpbm", path, f"{types} image/x-portable-anymap", sides)


@kind
def dds(rng, folder):
    path = folder / "a.dds"
    sides = save(rng, path, "DDS", mode=rng.choice(["RGB", "RGBA"]))
    return picture("DDS", path, "image/vnd.ms-dds image/x-dds image/vnd-ms.dds", sides)


@kind
def psd(rng, folder):
    path, sides = folder / "a.psd", size(rng)
    run("convert", "-size", "%dx%d" % sides, "plasma:", path)
    return picture("Photoshop", path, "image/vnd.adobe.photoshop", sides)


@kind
def tga(rng, folder):
    path = folder / "a.tga"
    sides = save(rng, path, "TGA", mode=rng.choice(["RGB", "RGBA", "L"]))
    return picture("Targa", path, "image/x-tga image/tga", sides)


# ---------------------------------------------------------------- SVG

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {attributes}><rect width="9" height="9"/></svg>'


def svg(name, rng, folder, attributes, before="", encoding="utf-8"):
    path = folder / "a.svg"
    path.write_bytes((before + SVG.format(attributes=attributes)).encode(encoding))
    return Sample(name, path, "image/svg+xml", {"image/svg+xml"}, {"image"}, shown=True)


@kind
def svg_of_units(rng, folder):
    unit = rng.choice(["", "px", "pt", "pc", "mm", "cm", "in", "PX", "em"])
    sides = [round(rng.uniform(1, 40 if unit in ("cm", "in") else 400), 2) for _ in range(2)]
    return svg("SVG of units", rng, folder, f'width="{sides[0]}{unit}" height="{sides[1]}{unit}"')


@kind
def svg_of_a_view_box(rng, folder):
    across, down = size(rng)
    side = rng.choice(["", f'width="{rng.randint(9, 400)}"', f'height="{rng.randint(9, 400)}"', 'width="100%" height="100%"'])
    return svg("SVG of a view box", rng, folder, f'{side} viewBox="0 0 {across} {down}"')


@kind
def svg_behind_a_comment(rng, folder):
    sides = size(rng)
    before = ('<?xml version="1.0" encoding="UTF-8"?>\n<!--' + " a licence " * rng.randint(100, 30_000) + "-->\n"
              '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n')
    return svg("SVG behind a comment", rng, folder, 'width="%d" height="%d"' % sides, before)


@kind
def svg_behind_a_mark(rng, folder):
    sides = size(rng)
    encoding = rng.choice(["utf-8-sig", "utf-16"])
    return svg("SVG behind a byte order mark", rng, folder, 'width="%d" height="%d"' % sides, encoding=encoding)
