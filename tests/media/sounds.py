"""Sound, made by ffmpeg, sox, LAME, FLAC and WavPack."""

import array

from sample import run
from scene import ffmpeg, sound, to_pipe

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
    # Without LAME's note, for which its short frames have no room, what it put in front and behind is sound as well.
    noted = any(name in path.read_bytes()[:1024] for name in (b"Xing", b"Info"))
    return sound("MP3 by LAME", path, "audio/mpeg", duration_ms=scene.seconds * 1000 if noted else None)


def mp3_joined(scene):
    """As speech services stream sentences: whole files, one behind the other."""
    path, part = scene.path("joined.mp3"), scene.path("part.mp3")
    notes, parts, whole = scene.rng.choice([["-write_xing", "0"], []]), scene.rng.randint(2, 6), b""
    for _ in range(parts):
        ffmpeg(*scene.sound(seconds=round(scene.rng.uniform(0.4, 4), 2)), "-b:a", "64k", *notes, part)
        whole += part.read_bytes()
    path.write_bytes(whole)
    part.unlink()
    # ffprobe counts the note in front of each part as a frame of sound, of 72 milliseconds at most.
    return sound("MP3s joined", path, "audio/mpeg", tolerance_ms=60 + 72 * parts)


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


def dts_in_other_words(scene):
    """Words with their lowest byte first, or of 14 bits each, as on discs of sound."""
    path = scene.path("words.dts")
    # Frames of 1,792 bytes, which are 1,024 words of 14 bits.
    ffmpeg(*scene.sound(48_000, 2), "-c:a", "dca", "-strict", "-2", "-b:a", "1344k", path)
    content = path.read_bytes()
    if scene.rng.random() < 0.5:
        sevens = (int.from_bytes(content[at:at + 7], "big") for at in range(0, len(content), 7))
        words = (seven >> place & 0x3FFF for seven in sevens for place in (42, 28, 14, 0))
        # Their sign is repeated in front.
        content = b"".join((word | (word & 0x2000) * 6).to_bytes(2, "big") for word in words)
    if scene.rng.random() < 0.7:
        words = array.array("H", content)
        words.byteswap()
        content = words.tobytes()
    path.write_bytes(content)
    return sound("DTS in other words", path, "audio/vnd.dts")


def voc(scene):
    path, wav = scene.path("creative.voc"), scene.path("creative.wav")
    if scene.rng.random() < 0.5:
        ffmpeg(*scene.sound(), "-c:a", scene.rng.choice(["pcm_u8", "pcm_s16le", "pcm_alaw", "pcm_mulaw"]), path)
    else:
        ffmpeg(*scene.sound(), wav)
        run("sox", wav, *scene.rng.choice([["-b", 16], ["-b", 8, "-e", "unsigned"]]), path)
        wav.unlink()
    # The rate of eight bits is noted roughly.
    return sound("VOC", path, "audio/x-voc", duration_ms=scene.seconds * 1000, tolerance_ms=60 + 15 * scene.seconds)


def by_laboratories(scene):
    name, types = scene.rng.choice([("a.sph", "audio/x-nist"), ("a.sf", "audio/x-ircam")])
    path, wav = scene.path(name), scene.path("a.wav")
    ffmpeg(*scene.sound(), wav)
    run("sox", wav, *scene.rng.choice([["-b", 16], ["-e", "mu-law"], ["-b", 32, "-e", "signed"]]), path)
    wav.unlink()
    return sound("NIST and IRCAM", path, types)


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


#: What is made, in turn.
KINDS = [
    mp3, mp3_without_note, mp3_by_lame, mp3_joined, long, mp2, adts, amr, amr_wide, aiff, aiff_piped, flac, flac_piped, wav,
    wav_piped, headered, headered, headered, wavpack_piped, dolby_and_dts, dolby_and_dts, dts_in_other_words, raw, ogg,
    ogg_joined, m4a, m4a_in_pieces, sound_in_film, sound_in_film, voc, by_laboratories,
]
