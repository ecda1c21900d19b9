"""A file that was made to be told, and what would be right to tell of it."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Sample:
    """One file. What is left empty is taken from the reference, or not compared."""

    kind: str
    path: Path
    #: The content type that its uploader declares.
    declared: str
    #: The content types that are right.
    content_types: set
    #: The asset types that are right where the uploader names none.
    types: set
    #: The dimensions that are right, as (width, height).
    sizes: list = field(default_factory=list)
    #: Milliseconds; where it is none, ffprobe says it.
    duration_ms: float | None = None
    #: Whether it has a duration at all.
    timed: bool = False
    tolerance_ms: float = 60
    #: Whether a browser can show it.
    shown: bool = False


class Kinds(list):
    """What makes a file, by its kind. Each takes a source of randomness and a folder."""

    def add(self, make):
        self.append(make)
        return make


def run(*command, **options):
    """Runs a program that must succeed, silently."""
    ran = subprocess.run([str(word) for word in command], capture_output=True, **options)
    if ran.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise RuntimeError(f"{words}: {ran.stderr.decode(errors='replace')[-800:]}")
    return ran.stdout
