"""Films, made by ffmpeg and mkvtoolnix."""

from sample import run
from scene import ffmpeg, film, sound, to_pipe

H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
H265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]


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
    codec = scene.rng.choice([["-c:v", "mpeg2video", "-r", "25"], h264(scene), ["-c:v", "mpeg4"], H265])
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
    arguments = [*scene.both(44_100), "-c:v", scene.rng.choice(["wmv2", "msmpeg4"]), "-c:a", "wmav2"]
    types = "video/x-ms-wmv video/x-ms-asf"
    if scene.rng.random() < 0.4:
        to_pipe(path, *arguments, "-f", "asf")
        return film("Windows Media by a pipe", path, types, scene, duration_ms=scene.seconds * 1000, tolerance_ms=150)
    ffmpeg(*arguments, path)
    return film("Windows Media", path, types, scene, tolerance_ms=150)


def mxf(scene):
    path = scene.path("film.mxf")
    heard = scene.sound(48_000, 1)[:-2]
    arguments = [*scene.film(), *heard, "-shortest", "-c:v", "mpeg2video", "-r", "25", "-c:a", "pcm_s16le"]
    if scene.rng.random() < 0.4:
        to_pipe(path, *arguments, "-f", "mxf")
        return film("MXF by a pipe", path, "application/mxf", scene, duration_ms=scene.seconds * 1000, tolerance_ms=150)
    ffmpeg(*arguments, path)
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
    arguments = [*scene.film(), "-c:v", "libvpx", "-deadline", "realtime"]
    if scene.rng.random() < 0.5:
        to_pipe(path, *arguments, "-f", "ivf")
        return film("IVF by a pipe", path, "video/x-ivf", scene, duration_ms=scene.seconds * 1000, tolerance_ms=100)
    ffmpeg(*arguments, path)
    return film("IVF", path, "video/x-ivf", scene, tolerance_ms=100)


def y4m(scene):
    """Pictures as they are, of every coding, and with pixels that are not square."""
    path = scene.path("pictures.y4m")
    coding = scene.rng.choice(["yuv420p", "yuv422p", "yuv444p", "yuv411p", "gray", "yuv420p10le", "gray12le", "yuva444p"])
    x, y = scene.rng.choice([(1, 1), (1, 1), (4, 3)])
    to_pipe(path, *scene.film(), "-vf", f"setsar={x}/{y}", "-pix_fmt", coding, "-strict", "-1", "-f", "yuv4mpegpipe")
    return film("Y4M", path, "video/x-yuv4mpeg", scene, sizes=stretched(scene, x, y)[:1])


def nut(scene):
    path = scene.path("film.nut")
    if scene.rng.random() < 0.3:
        ffmpeg(*scene.sound(44_100), "-c:a", scene.rng.choice(["libmp3lame", "pcm_s16le"]), path)
        return sound("NUT", path, "audio/x-nut", tolerance_ms=150)
    arguments = [*scene.both(44_100), *h264(scene), "-c:a", "aac"]
    if scene.rng.random() < 0.5:
        to_pipe(path, *arguments, "-f", "nut")
    else:
        ffmpeg(*arguments, path)
    return film("NUT", path, "video/x-nut", scene, tolerance_ms=150)


def coded(scene):
    """Coded pictures without a container, which nothing times."""
    name, how, types = scene.rng.choice([
        ("h264", h264(scene), "video/h264"), ("hevc", H265, "video/h265"),
        ("m4v", ["-c:v", "mpeg4", "-f", "m4v"], "video/mp4v-es"),
    ])
    path = scene.path(f"film.{name}")
    marks = scene.rng.choice([[], ["-bsf:v", f"{name}_metadata=aud=insert"]]) if name != "m4v" else []
    ffmpeg(*scene.film(), *how, *marks, path)
    made = film("coded pictures alone", path, types, scene)
    made.timed = False
    return made


#: What is made, in turn.
KINDS = [
    mp4, mp4_turned, pixels, pixels, mp4_in_pieces, mp4_in_pieces, mp4_in_large_pieces, webm, webm_recorded,
    webm_recorded, webm_recorded_large, mkv_by_mkvmerge, avi, flv, transport, transport, program, mpeg_large,
    windows_media, mxf, theora, third_generation, ivf, y4m, nut, coded,
]
