"""Sound and films, made by ffmpeg, sox, LAME and mkvtoolnix, of lengths and sizes that the seed gives."""

import random
from concurrent.futures import ThreadPoolExecutor

import films
import sounds
from scene import Scene

#: What is made, in turn.
KINDS = [*sounds.KINDS, *films.KINDS]


def make(folder, rng, count):
    """So many files, of each kind in turn."""

    def one(number, seed):
        own = folder / f"{number:04}"
        own.mkdir()
        return KINDS[number % len(KINDS)](Scene(random.Random(seed), own))

    seeds = [rng.random() for _ in range(count)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(count), seeds))
