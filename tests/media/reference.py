"""What ffprobe tells of a file."""

import json

from sample import run


def duration_ms(path):
    """As ffprobe tells it; counted in packets where it does not know, or only estimates it by the bit rate."""
    told = run("ffprobe", "-v", "warning", "-of", "json", "-show_format", "-show_streams", path)
    container = json.loads(told)["format"]
    guesses = {"aac", "amr", "mp3", "flac", "ac3", "eac3", "dts", "mpeg"}
    if "duration" in container and container["format_name"] not in guesses:
        return float(container["duration"]) * 1000
    return counted_ms(path)


def counted_ms(path):
    """From the first packet to the end of the last."""
    shown = run("ffprobe", "-v", "error", "-of", "json", "-show_entries", "packet=pts_time,duration_time", path)
    starts, ends, length = [], [], 0
    for packet in json.loads(shown)["packets"]:
        lasts = float(packet.get("duration_time", 0))
        length += lasts
        if "pts_time" in packet:
            starts.append(float(packet["pts_time"]))
            ends.append(starts[-1] + lasts)
    return (max(ends) - min(starts) if starts else length) * 1000
