"""Sound and films, made by ffmpeg, sox, LAME and mkvtoolnix, of lengths and sizes that the seed gives."""

import random
from concurrent.futures import ThreadPoolExecutor

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


# ---------------------------------------------------------------- MP3


def mp3(scene):
    path = scene.path("noted.mp3")
    quality = scene.rng.choice([["-b:a", "64k"], ["-b:a", "128k"], ["-q:a", "2"], ["-q:a", "7"]])
    ffmpeg(*scene.sound(), *quality, *scene.rng.choice([[], ["-write_id3v1", "1"]]), path)
    return sound("MP3 with a note", path, "audio/mpeg", duration_ms=scene.seconds * 1000)


def mp3_without_note(scene):
    path = scene.path("plain.mp3")
    quality = scene.rng.choice([["-q:a", "0"], ["-q:a", "4"], ["-b:a", "96k"], ["-abr", "1", "-b:a", "64k"]])
    ffmpeg(*scene.sound(), *quality, "-write_xing", "0", path)
    return sound("MP3 without a note", path, "audio/mpeg")


def mp3_by_lame(scene):
    path, wav = scene.path("lame.mp3"), scene.path("lame.wav")
    ffmpeg(*scene.sound(), wav)
    mode = scene.rng.choice([["-b", "64"], ["--cbr", "-b", "48"], ["-V", "5"], ["--abr", "90"]])
    tag = scene.rng.choice([[], ["-t"], ["--tt", "A title", "--add-id3v2"]])
    run("lame", "--quiet", *mode, *tag, wav, path)
    wav.unlink()
    # Without its tag, what LAME put in front and behind is sound as well.
    return sound("MP3 by LAME", path, "audio/mpeg", duration_ms=None if tag == ["-t"] else scene.seconds * 1000)


def mp3_joined(scene):
    """As speech services stream sentences: whole files, one behind the other."""
    path, part = scene.path("joined.mp3"), scene.path("part.mp3")
    notes, whole, length = scene.rng.choice([["-write_xing", "0"], []]), b"", 0
    for _ in range(scene.rng.randint(2, 6)):
        seconds = round(scene.rng.uniform(0.4, 4), 2)
        ffmpeg(*scene.sound(seconds=seconds), "-b:a", "64k", *notes, part)
        whole, length = whole + part.read_bytes(), length + seconds
    path.write_bytes(whole)
    part.unlink()
    return sound("MP3s joined", path, "audio/mpeg", duration_ms=length * 1000, tolerance_ms=100 + 100 * length)


def long(scene):
    """Longer than what is counted, quiet and loud in turn."""
    name, coded = scene.rng.choice([
        ("long.mp3", ["libmp3lame", "-q:a", "0", "-write_xing", "0"]),
        ("long.aac", ["aac", "-b:a", "192k"]),
        ("long.ac3", ["ac3", "-b:a", "320k"]),
    ])
    path = scene.path(name)
    ffmpeg(*scene.sound(44_100, 2), "-c:a", *coded, path)
    once = path.read_bytes()
    path.write_bytes(once * (7 * 1024 * 1024 // len(once) + scene.rng.randint(1, 9)))
    types = {".mp3": "audio/mpeg", ".aac": "audio/aac", ".ac3": "audio/ac3"}[path.suffix]
    return sound("frames without end", path, types)


def mp2(scene):
    path = scene.path("layer2.mp2")
    ffmpeg(*scene.sound(scene.rng.choice([32_000, 44_100, 48_000])), "-c:a", "mp2", "-b:a", "128k", path)
    return sound("MPEG layer II", path, "audio/mpeg")


# ---------------------------------------------------------------- frames and samples


def adts(scene):
    path = scene.path("frames.aac")
    ffmpeg(*scene.sound(), "-c:a", "aac", "-b:a", scene.rng.choice(["32k", "64k", "128k"]), path)
    if scene.rng.random() < 0.3:
        path.write_bytes(path.read_bytes() * scene.rng.randint(2, 4))
    return sound("ADTS", path, "audio/aac")


def amr(scene):
    path, wav = scene.path("narrow.amr"), scene.path("narrow.wav")
    ffmpeg(*scene.sound(8_000, 1), wav)
    run("sox", wav, "-C", scene.rng.randrange(8), "-t", "amr-nb", path)
    wav.unlink()
    return sound("AMR", path, "audio/amr")


def amr_wide(scene):
    """Frames of noise: no encoder of it is free enough for Debian."""
    path, lengths = scene.path("wide.awb"), [17, 23, 32, 36, 40, 46, 50, 58, 60]
    mode, count = scene.rng.randrange(9), scene.rng.randint(40, 400)
    frames = [bytes([mode << 3 | 4]) + scene.rng.randbytes(lengths[mode]) for _ in range(count)]
    path.write_bytes(b"#!AMR-WB\n" + b"".join(frames))
    return sound("AMR", path, "audio/amr-wb audio/amr", duration_ms=count * 20)


def aiff(scene):
    path = scene.path("pcm.aiff")
    codec = scene.rng.choice(["pcm_s16be", "pcm_s24be", "pcm_s16le", "pcm_f32be", "pcm_mulaw", "pcm_alaw", "adpcm_ima_qt"])
    ffmpeg(*scene.sound(), "-c:a", codec, path)
    return sound("AIFF", path, "audio/aiff audio/x-aiff")


def aiff_piped(scene):
    path = scene.path("piped.aiff")
    if scene.rng.random() < 0.5:
        to_pipe(path, *scene.sound(), "-f", "aiff")
    else:
        path.write_bytes(run("sox", "-n", "-r", scene.rate, "-b", 16, "-t", "aiff", "-", "synth", scene.seconds, "sine", 440))
    exact = scene.seconds * 1000
    return sound("AIFF by a pipe", path, "audio/aiff audio/x-aiff", duration_ms=exact)


def flac(scene):
    path = scene.path("free.flac")
    ffmpeg(*scene.sound(), "-compression_level", scene.rng.choice([0, 5, 8]), path)
    return sound("FLAC", path, "audio/flac")


def flac_piped(scene):
    path = scene.path("piped.flac")
    if scene.rng.random() < 0.5:
        to_pipe(path, *scene.sound(), "-f", "flac")
    else:
        wav = ffmpeg(*scene.sound(), "-f", "wav", "pipe:1")
        path.write_bytes(run("flac", "--silent", "--stdout", "--ignore-chunk-sizes", "-", input=wav))
    return sound("FLAC by a pipe", path, "audio/flac", duration_ms=scene.seconds * 1000)


def wav(scene):
    path = scene.path("riff.wav")
    codec = scene.rng.choice(["pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le", "pcm_mulaw", "pcm_alaw", "adpcm_ms", "adpcm_ima_wav"])
    ffmpeg(*scene.sound(), "-c:a", codec, *scene.rng.choice([[], ["-rf64", "always"]]), path)
    return sound("WAV", path, "audio/wav audio/x-wav", tolerance_ms=120)


def wav_piped(scene):
    path = scene.path("piped.wav")
    to_pipe(path, *scene.sound(), "-c:a", scene.rng.choice(["pcm_s16le", "pcm_mulaw", "adpcm_ima_wav"]), "-f", "wav")
    return sound("WAV by a pipe", path, "audio/wav audio/x-wav", duration_ms=scene.seconds * 1000, tolerance_ms=200)


def headered(scene):
    """Formats that say all in front."""
    name, codec, types = scene.rng.choice([
        ("sound.caf", "pcm_s16le", "audio/x-caf"),
        ("sound.caf", "pcm_mulaw", "audio/x-caf"),
        ("sound.caf", "alac", "audio/x-caf"),
        ("sound.au", "pcm_s16be", "audio/basic audio/x-au"),
        ("sound.au", "pcm_mulaw", "audio/basic audio/x-au"),
        ("sound.w64", "pcm_s16le", "audio/x-w64"),
        ("sound.w64", "adpcm_ms", "audio/x-w64"),
        ("sound.wv", "wavpack", "audio/x-wavpack audio/wavpack"),
        ("sound.tta", "tta", "audio/x-tta audio/tta"),
    ])
    path = scene.path(name)
    ffmpeg(*scene.sound(), "-c:a", codec, path)
    return sound(f"{path.suffix[1:].upper()}", path, types)


def wavpack_piped(scene):
    path, rate = scene.path("piped.wv"), scene.rate
    wav = ffmpeg(*scene.sound(rate), "-f", "wav", "pipe:1")
    path.write_bytes(run("wavpack", "-q", "-y", "-i", "-", "-o", "-", input=wav))
    return sound("WavPack by a pipe", path, "audio/x-wavpack audio/wavpack", duration_ms=scene.seconds * 1000)


def dolby_and_dts(scene):
    name, codec, types = scene.rng.choice([
        ("surround.ac3", ["ac3", "-b:a", "192k"], "audio/ac3 audio/vnd.dolby.dd-raw"),
        ("surround.eac3", ["eac3", "-b:a", "128k"], "audio/eac3"),
        ("surround.dts", ["dca", "-strict", "-2", "-b:a", "768k"], "audio/vnd.dts"),
    ])
    path = scene.path(name)
    ffmpeg(*scene.sound(scene.rng.choice([32_000, 44_100, 48_000]), 2), "-c:a", *codec, path)
    return sound(path.suffix[1:].upper(), path, types)


def raw(scene):
    bits, codec, name = scene.rng.choice([(16, "s16be", "L16"), (24, "s24be", "L24"), (8, "mulaw", "PCMU")])
    path = scene.path("samples.pcm")
    ffmpeg(*scene.sound(), "-f", codec, path)
    declared = f"audio/{name};rate={scene.rate}" + (f";channels={scene.channels}" if scene.channels > 1 else "")
    length = path.stat().st_size * 8000 / (bits * scene.rate * scene.channels)
    made = sound("samples by declaration", path, f"audio/{name}", duration_ms=length)
    made.declared = declared
    made.content_types = {declared.replace(";", "; ")}
    return made


def ogg(scene):
    name, codec = scene.rng.choice([("a.ogg", "libvorbis"), ("a.opus", "libopus"), ("a.oga", "flac"), ("a.spx", "libspeex")])
    path = scene.path(name)
    rate = scene.rng.choice([16_000, 48_000] if codec == "libopus" else [8_000, 16_000, 32_000])
    ffmpeg(*scene.sound(rate), "-c:a", codec, path)
    return sound("Ogg", path, "audio/ogg")


def ogg_joined(scene):
    path, part = scene.path("joined.ogg"), scene.path("part.ogg")
    codec, whole, length = scene.rng.choice(["libvorbis", "libopus"]), b"", 0
    for _ in range(scene.rng.randint(2, 4)):
        seconds = round(scene.rng.uniform(0.5, 3), 2)
        ffmpeg(*scene.sound(48_000, seconds=seconds), "-c:a", codec, part)
        whole, length = whole + part.read_bytes(), length + seconds
    path.write_bytes(whole)
    part.unlink()
    return sound("Oggs joined", path, "audio/ogg", duration_ms=length * 1000, tolerance_ms=150)


def m4a(scene):
    path = scene.path("sound.m4a")
    codec = scene.rng.choice(["aac", "alac"])
    ffmpeg(*scene.sound(), "-c:a", codec, *scene.rng.choice([[], ["-movflags", "+faststart"]]), path)
    return sound("M4A", path, "audio/mp4")


def m4a_in_pieces(scene):
    path = scene.path("pieces.m4a")
    flags = scene.rng.choice(["frag_keyframe+empty_moov", "empty_moov+default_base_moof", "dash", "empty_moov+skip_trailer"])
    ffmpeg(*scene.sound(), "-c:a", "aac", "-f", "mp4", "-movflags", flags, "-frag_duration", 700_000, path)
    return sound("sound in pieces", path, "audio/mp4", tolerance_ms=150)


def sound_in_film(scene):
    """Containers of films that hold sound alone."""
    name, codec, types = scene.rng.choice([
        ("sound.3gp", ["aac"], "audio/3gpp"),
        ("sound.3g2", ["aac"], "audio/3gpp2"),
        ("sound.mp4", ["aac"], "audio/mp4"),
        ("sound.wma", ["wmav2"], "audio/x-ms-wma"),
        ("sound.webm", ["libopus"], "audio/webm"),
        ("sound.mka", ["libvorbis"], "audio/x-matroska"),
    ])
    path = scene.path(name)
    ffmpeg(*scene.sound(48_000 if "opus" in codec[0] else 44_100), "-c:a", *codec, path)
    return sound("sound in a film's container", path, types, tolerance_ms=80)


# ---------------------------------------------------------------- films

H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]


def h264(scene):
    """H.264 with or without frames that are shown later than decoded."""
    return [*H264, "-bf", scene.rng.choice([0, 2]), "-g", scene.rng.choice([10, 25, 250])]


def mp4(scene):
    path = scene.path(scene.rng.choice(["film.mp4", "film.mov", "film.m4v"]))
    ffmpeg(*scene.both(), *h264(scene), "-c:a", "aac", *scene.rng.choice([[], ["-movflags", "+faststart"]]), path)
    types = "video/quicktime" if path.suffix == ".mov" else "video/mp4 video/x-m4v"
    return film("MP4", path, types, scene, shown=path.suffix == ".mp4")


def mp4_turned(scene):
    path, upright = scene.path("turned.mp4"), scene.path("upright.mp4")
    turn = scene.rng.choice([90, 180, 270])
    ffmpeg(*scene.film(), *H264, upright)
    ffmpeg("-i", upright, "-c", "copy", "-metadata:s:v", f"rotate={turn}", path)
    upright.unlink()
    size = (scene.width, scene.height) if turn == 180 else (scene.height, scene.width)
    return film("MP4, turned", path, "video/mp4", scene, sizes=[size], shown=True)


def stretched(scene, x, y):
    """The size of pictures whose pixels are not square: browsers let one side grow."""
    wide, narrow = round(scene.width * x / y), round(scene.height * y / x)
    return [(wide, scene.height), (scene.width, narrow)]


def pixels(scene):
    path = scene.path(scene.rng.choice(["ratio.mp4", "ratio.mkv", "ratio.webm"]))
    x, y = scene.rng.choice([(4, 3), (3, 4), (16, 11), (8, 9), (2, 1)])
    codec = ["-c:v", "libvpx", "-deadline", "realtime"] if path.suffix == ".webm" else H264
    ffmpeg(*scene.film(), *codec, "-vf", f"setsar={x}/{y}", path)
    types = {".mp4": "video/mp4", ".mkv": "video/x-matroska", ".webm": "video/webm"}[path.suffix]
    grown = stretched(scene, x, y)
    near = [(w + a, h + b) for w, h in grown for a in (-1, 0, 1) for b in (-1, 0, 1)]
    return film("pixels that are not square", path, types, scene, sizes=near, shown=path.suffix != ".mkv")


def mp4_in_pieces(scene):
    path = scene.path("pieces.mp4")
    flags = scene.rng.choice([
        "frag_keyframe", "frag_keyframe+empty_moov", "frag_keyframe+empty_moov+default_base_moof",
        "frag_keyframe+delay_moov", "frag_keyframe+empty_moov+global_sidx", "dash+frag_keyframe",
        "cmaf+frag_keyframe", "frag_keyframe+empty_moov+skip_trailer", "frag_every_frame+empty_moov",
        "frag_keyframe+separate_moof+empty_moov",
    ])
    size = scene.rng.choice([[], ["-frag_duration", 500_000]])
    ffmpeg(*scene.both(), *h264(scene), "-c:a", "aac", "-movflags", flags, *size, path)
    return film("MP4 in pieces", path, "video/mp4", scene, tolerance_ms=200)


def mp4_in_large_pieces(scene):
    """So large that its last piece lies far from both ends of what may be read."""
    scene.width, scene.height = 480, 320
    path = scene.path("large.mp4")
    flags = scene.rng.choice(["frag_keyframe", "frag_keyframe+empty_moov+skip_trailer", "dash+frag_keyframe"])
    noise = ["-vf", "noise=alls=60:allf=t", "-b:v", "9M", "-g", scene.rng.choice([20, 60])]
    ffmpeg(*scene.both(), *H264, *noise, "-c:a", "aac", "-movflags", flags, path)
    return film("MP4 in large pieces", path, "video/mp4", scene, tolerance_ms=200)


def webm(scene):
    path = scene.path(scene.rng.choice(["film.webm", "film.mkv"]))
    ffmpeg(*scene.both(48_000), "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", path)
    types = "video/webm" if path.suffix == ".webm" else "video/x-matroska"
    return film("WebM and Matroska", path, types, scene, shown=path.suffix == ".webm")


def webm_recorded(scene):
    """As recorders write it, who never go back: by a pipe, or live."""
    path = scene.path(scene.rng.choice(["recorded.webm", "recorded.mkv"]))
    kind = "webm" if path.suffix == ".webm" else "matroska"
    live = scene.rng.choice([[], ["-live", "1"], ["-cluster_time_limit", "900"]])
    heard = scene.both(48_000) if scene.rng.random() < 0.7 else scene.film()
    to_pipe(path, *heard, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", *live, "-f", kind)
    types = "video/webm" if path.suffix == ".webm" else "video/x-matroska"
    return film("recorded without a length", path, types, scene, tolerance_ms=100)


def webm_recorded_large(scene):
    scene.width, scene.height = 480, 320
    path = scene.path("recorded-large.webm")
    coded = ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "8M", "-vf", "noise=alls=60:allf=t", "-c:a", "libopus"]
    to_pipe(path, *scene.both(48_000), *coded, "-live", "1", "-f", "webm")
    return film("recorded without a length, large", path, "video/webm", scene, tolerance_ms=100)


def mkv_by_mkvmerge(scene):
    path, mp4 = scene.path("merged.mkv"), scene.path("merged.mp4")
    ffmpeg(*scene.both(), *h264(scene), "-c:a", "aac", mp4)
    wide = scene.rng.choice([1, 4 / 3, 16 / 9])
    ratio = [] if wide == 1 else ["--aspect-ratio", f"0:{wide:.6f}"]
    run("mkvmerge", "-q", "-o", path, *ratio, mp4)
    mp4.unlink()
    by = 1 if wide == 1 else wide * scene.height / scene.width
    sizes = stretched(scene, by, 1)
    near = [(w + a, h + b) for w, h in sizes for a in range(-2, 3) for b in range(-2, 3)]
    return film("Matroska by mkvmerge", path, "video/x-matroska", scene, sizes=near)


def avi(scene):
    path = scene.path("film.avi")
    codec = scene.rng.choice([["-c:v", "mpeg4"], ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"], [*H264, "-bf", "0"]])
    heard = scene.rng.choice([["-c:a", "libmp3lame"], ["-c:a", "pcm_s16le"]])
    arguments = [*scene.both(44_100), *codec, *heard]
    if scene.rng.random() < 0.2:
        to_pipe(path, *arguments, "-f", "avi")
        return film("AVI by a pipe", path, "video/x-msvideo", scene, duration_ms=scene.seconds * 1000, tolerance_ms=200)
    ffmpeg(*arguments, path)
    return film("AVI", path, "video/x-msvideo", scene, tolerance_ms=100)


def flv(scene):
    path = scene.path("film.flv")
    codec = scene.rng.choice([["-c:v", "flv1", "-c:a", "libmp3lame"], [*H264, "-bf", "0", "-c:a", "aac"]])
    arguments = [*scene.both(44_100), *codec]
    if scene.rng.random() < 0.3:
        to_pipe(path, *arguments, "-f", "flv")
        return film("FLV by a pipe", path, "video/x-flv", scene, duration_ms=scene.seconds * 1000, tolerance_ms=200)
    ffmpeg(*arguments, path)
    return film("FLV", path, "video/x-flv", scene, tolerance_ms=150)


def transport(scene):
    path = scene.path(scene.rng.choice(["film.ts", "film.m2ts"]))
    codec = scene.rng.choice([["-c:v", "mpeg2video", "-r", "25"], h264(scene), ["-c:v", "mpeg4"], ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]])
    heard = scene.rng.choice([["-c:a", "aac"], ["-c:a", "mp2"], ["-c:a", "ac3"]])
    ffmpeg(*scene.both(48_000), *codec, *heard, path)
    return film("transport stream", path, "video/mp2t", scene, tolerance_ms=150)


def program(scene):
    path = scene.path(scene.rng.choice(["film.mpg", "film.vob"]))
    codec = "mpeg1video" if path.suffix == ".mpg" else "mpeg2video"
    heard = "mp2" if path.suffix == ".mpg" else scene.rng.choice(["mp2", "ac3"])
    ffmpeg(*scene.both(48_000), "-c:v", codec, "-r", "25", "-c:a", heard, path)
    return film("program stream", path, "video/mpeg", scene, tolerance_ms=150)


def mpeg_large(scene):
    scene.width, scene.height = 480, 320
    path = scene.path(scene.rng.choice(["large.ts", "large.mpg"]))
    ffmpeg(*scene.both(48_000), "-c:v", "mpeg2video", "-r", "25", "-b:v", "6M", "-vf", "noise=alls=50:allf=t", "-c:a", "mp2", path)
    types = "video/mp2t" if path.suffix == ".ts" else "video/mpeg"
    return film("large MPEG stream", path, types, scene, tolerance_ms=150)


def windows_media(scene):
    path = scene.path("film.wmv")
    ffmpeg(*scene.both(44_100), "-c:v", scene.rng.choice(["wmv2", "msmpeg4"]), "-c:a", "wmav2", path)
    return film("Windows Media", path, "video/x-ms-wmv video/x-ms-asf", scene, tolerance_ms=150)


def mxf(scene):
    path = scene.path("film.mxf")
    ffmpeg(*scene.film(), *scene.sound(48_000, 1)[:-2], "-shortest", "-c:v", "mpeg2video", "-r", "25", "-c:a", "pcm_s16le", path)
    return film("MXF", path, "application/mxf", scene, tolerance_ms=150)


def theora(scene):
    path = scene.path("film.ogv")
    scene.width, scene.height = scene.width // 16 * 16 + 16, scene.height // 16 * 16 + 16
    heard = scene.both(44_100) if scene.rng.random() < 0.5 else scene.film()
    ffmpeg(*heard, "-c:v", "libtheora", "-c:a", "libvorbis", path)
    return film("Ogg with pictures", path, "video/ogg", scene, tolerance_ms=150)


def third_generation(scene):
    path = scene.path(scene.rng.choice(["film.3gp", "film.3g2"]))
    ffmpeg(*scene.both(44_100), *H264, "-c:a", "aac", path)
    types = "video/3gpp" if path.suffix == ".3gp" else "video/3gpp2"
    return film("3GP", path, types, scene)


def ivf(scene):
    path = scene.path("film.ivf")
    ffmpeg(*scene.film(), "-c:v", "libvpx", "-deadline", "realtime", path)
    return film("IVF", path, "video/x-ivf", scene, tolerance_ms=100)


#: What is made, in turn.
KINDS = [
    mp3, mp3_without_note, mp3_by_lame, mp3_joined, long, mp2, adts, amr, amr_wide, aiff, aiff_piped, flac, flac_piped, wav,
    wav_piped, headered, headered, headered, wavpack_piped, dolby_and_dts, dolby_and_dts, raw, ogg, ogg_joined,
    m4a, m4a_in_pieces, sound_in_film, sound_in_film, mp4, mp4_turned, pixels, pixels, mp4_in_pieces,
    mp4_in_pieces, mp4_in_large_pieces, webm, webm_recorded, webm_recorded, webm_recorded_large, mkv_by_mkvmerge,
    avi, flv, transport, transport, program, mpeg_large, windows_media, mxf, theora, third_generation, ivf,
]


def make(folder, rng, count):
    """So many files, of each kind in turn."""

    def one(number, seed):
        own = folder / f"{number:04}"
        own.mkdir()
        return KINDS[number % len(KINDS)](Scene(random.Random(seed), own))

    seeds = [rng.random() for _ in range(count)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(count), seeds))
