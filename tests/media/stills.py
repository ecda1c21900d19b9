"""Pictures, documents, models and texts, made by Pillow, ImageMagick, libheif, libjxl, LibreOffice and others, of sizes that
the seed gives."""

import random
from concurrent.futures import ThreadPoolExecutor

import drawings
import masters
import packages
import pictures
import texts

#: What makes a file, by its kind. Each takes a source of randomness and a folder.
KINDS = [*pictures.KINDS, *masters.KINDS, *drawings.KINDS, *packages.KINDS, *texts.KINDS]


def make(folder, rng, count):
    """As many samples; the kinds take turns."""

    def one(job):
        number, seed = job
        own = folder / f"{number:04}"
        own.mkdir()
        return KINDS[number % len(KINDS)](random.Random(seed), own)

    seeds = [rng.getrandbits(64) for _ in range(count)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, enumerate(seeds)))
