"""Pictures as cameras, printers and studios keep them, turned and cropped."""

import numpy
import pillow_heif
import tifffile

from pictures import exif, image, jpeg, picture, save, segment, size, turned
from sample import Kinds, run

pillow_heif.register_heif_opener()

KINDS = Kinds()
kind = KINDS.add

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
