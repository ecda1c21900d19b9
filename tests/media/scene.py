"""What is heard and seen, of lengths and sizes that the seed gives, and how ffmpeg is told of it."""

from sample import Sample, run

#: Of speech and music.
RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]


def ffmpeg(*arguments, **options):
    return run("ffmpeg", "-hide_banner", "-v", "error", "-nostdin", "-y", *arguments, **options)


def to_pipe(path, *arguments):
    """Writes a file by way of a pipe, in which ffmpeg cannot go back."""
    path.write_bytes(ffmpeg(*arguments, "pipe:1"))


class Scene:
    """What is heard and seen: of a length, a rate and a size."""

    def __init__(self, rng, folder, shortest=1.0, longest=9.0):
        self.rng, self.folder = rng, folder
        self.seconds = round(rng.uniform(shortest, longest), 3)
        self.rate = rng.choice(RATES)
        self.channels = rng.choice([1, 1, 2])
        self.width, self.height = rng.randrange(32, 220) * 2, rng.randrange(24, 160) * 2
        self.frames = rng.choice([10, 12, 15, 24, 25, 30])

    def sound(self, rate=None, channels=None, seconds=None):
        """ffmpeg's input of a sound whose loudness changes."""
        rate, channels = rate or self.rate, channels or self.channels
        pitch = self.rng.randrange(200, 900)
        source = f"aevalsrc='0.5*sin({pitch}*2*PI*t)*random(0)*min(1\\,t/3)':s={rate}:d={seconds or self.seconds}"
        return ["-f", "lavfi", "-i", source, "-ac", channels]

    def film(self, seconds=None):
        source = f"testsrc2=size={self.width}x{self.height}:rate={self.frames}:duration={seconds or self.seconds}"
        return ["-f", "lavfi", "-i", source]

    def both(self, rate=None):
        sound = self.sound(rate or self.rng.choice([16_000, 44_100, 48_000]))
        return [*self.film(), *sound[:-2], "-ac", self.channels, "-shortest"]

    def path(self, name):
        return self.folder / name


def sound(kind, path, content_types, **more):
    types = set(content_types.split())
    return Sample(kind, path, sorted(types)[0], types, {"audio"}, timed=True, **more)


def film(kind, path, content_types, scene, **more):
    types = set(content_types.split())
    more.setdefault("sizes", [(scene.width, scene.height)])
    return Sample(kind, path, sorted(types)[0], types, {"video"}, timed=True, **more)
