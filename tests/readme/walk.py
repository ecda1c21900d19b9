"""Walks through README.md as a newcomer does: pastes its shell blocks, in their order, into a fresh shell.

    python3 tests/readme/walk.py [README.md]

A block that is `cargo dev` alone runs in a terminal of its own, to the end of the walk; all others are pasted into one
interactive bash. A command that fails ends the walk, and so does an answer that differs from the ```text block below its
commands, in which … stands for anything.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What a walk cannot paste, and where it is run instead.
ELSEWHERE = {"cargo test": "a step of .ci/run"}

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PASTED = "@@pasted"
FAILED = "@@failed"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SECONDS = 900


class Terminal:
    """An interactive bash without anybody's settings, on a pseudo-terminal that does not echo."""

    def __init__(self):
        self.process, self.file = pty.fork()
        if self.process == 0:
            kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
            os.chdir(ROOT)
            os.execve("/bin/bash", ["bash", "--noprofile", "--norc", "--noediting", "-i"], kept | {"TERM": "dumb"})
        self.said = ""
        self.paste("stty -echo; PS1= PS2=")
        self.paste(f"trap 'echo \"{FAILED} $? of: $BASH_COMMAND\"' ERR; set -o pipefail")

    def type(self, text):
        os.write(self.file, text.encode())

    def read(self, seconds):
        """What is printed within `seconds`, or nothing."""
        if not select.select([self.file], [], [], seconds)[0]:
            return ""
        try:
            return os.read(self.file, 65536).decode(errors="replace").replace("\r\n", "\n")
        except OSError:
            return ""

    def paste(self, commands):
        """Pastes `commands`, waits for their end, and returns what they printed."""
        self.said = ""
        self.type(f"{commands.strip()}\nprintf '\\n{PASTED}\\n'\n")
        end = time.monotonic() + SECONDS
        while f"\n{PASTED}\n" not in self.said:
            assert time.monotonic() < end, f"no end after {SECONDS} s of:\n{commands}\n{self.said}"
            self.said += self.read(1)
        return COLOUR.sub("", self.said).replace(f"\n{PASTED}\n", "").strip("\n")

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.close(self.file)


def steps(text):
    """Each block of commands, with the answer that the text shows below it, if it shows one."""
    blocks = [(found.group(1), found.group(2)) for found in BLOCK.finditer(text)]
    following = [*blocks[1:], ("", "")]
    for (language, body), (next_language, answer) in zip(blocks, following):
        if language == "sh":
            yield body.strip(), answer.strip() if next_language == "text" else None


def matches(shown, printed):
    """Whether `printed` ends with what is shown, in which … stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.search(pattern + r"\s*\Z", printed, re.DOTALL) is not None


def ready(server):
    """Waits until the store says that it runs."""
    said, end = "", time.monotonic() + SECONDS
    while "The asset store is running" not in said:
        assert time.monotonic() < end and server.poll() is None, f"cargo dev does not start:\n{said}"
        said += server.stdout.readline()


def walk(readme):
    """Pastes everything; returns how many blocks were pasted."""
    terminal, server, pasted = Terminal(), None, 0
    try:
        for commands, shown in steps(readme.read_text()):
            if commands in ELSEWHERE:
                print(f"--- left out, {ELSEWHERE[commands]}: {commands}")
                continue
            print(f"--- {commands}", flush=True)
            if commands == "cargo dev":
                server = subprocess.Popen(["cargo", "dev"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
                ready(server)
            else:
                printed = terminal.paste(commands)
                print(printed, flush=True)
                assert FAILED not in printed, "a command failed"
                assert shown is None or matches(shown, printed), f"README shows:\n{shown}"
            pasted += 1
    finally:
        terminal.close()
        if server:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
    return pasted


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "README.md"
    try:
        print(f"{walk(path)} blocks pasted, all of them worked")
    except AssertionError as failure:
        sys.exit(f"the walk ended: {failure}")
