"""Makes files of every kind, uploads them to a running store, and compares what it tells with ffprobe and a browser.

usage: main.py [SEED] [COUNT]     (a seed of its own, and 500)

Prints, by kind, how many are right, are told as an estimate, are left out, and are wrong; fails where any is wrong, or
less than 97 % are right.
"""

import random
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import browser
import reference
import stills
import timed
from store import Store

#: Those who make files: each takes a folder, a source of randomness and a number, and gives samples.
MAKERS = [timed.make, stills.make]
#: The share that is told right.
AIM = 0.97
#: How far an estimate may be off.
ABOUT = 0.1
OUTCOMES = ["right", "estimated", "left out", "wrong"]


def made(seed, count, folder):
    """Samples of every maker, in equal parts, each with what is right to tell of it."""
    samples = []
    for number, make in enumerate(MAKERS):
        own = folder / str(number)
        own.mkdir()
        share = count // len(MAKERS) + (number < count % len(MAKERS))
        samples += make(own, random.Random(f"{seed}/{number}"), share)
    timeless = [sample for sample in samples if sample.timed and sample.duration_ms is None]
    with ThreadPoolExecutor(2) as pool:
        told = pool.map(lambda sample: reference.duration_ms(sample.path), timeless)
        for sample, duration in zip(timeless, told):
            sample.duration_ms = duration
    as_shown(samples, folder)
    return samples


def as_shown(samples, folder):
    """Notes the sizes at which a browser shows what it can show."""
    shown = {str(sample.path.relative_to(folder)): sample for sample in samples if sample.shown}
    seen = browser.sizes(folder, {name: sample.declared for name, sample in shown.items()})
    for name, size in seen.items():
        if size is None:
            print(f"  the browser does not show {name} ({shown[name].kind})")
        else:
            if shown[name].sizes and size not in shown[name].sizes:
                print(f"  the browser shows {name} ({shown[name].kind}) at {size}, made at {shown[name].sizes[0]}")
            shown[name].sizes = [size]


def judge(sample, asset):
    """How the store did, and what was not right."""
    problems, outcome = [], "right"
    told = asset["content_type"]
    if not {told.lower(), told.split(";")[0].lower()} & {name.lower() for name in sample.content_types}:
        outcome = "left out" if told == "application/octet-stream" else "wrong"
        problems.append(f"content_type {told}, not {sorted(sample.content_types)}")
    elif asset["type"] not in sample.types:
        problems.append(f"type {asset['type']}, not {sorted(sample.types)}")
        outcome = "wrong"
    size = asset.get("width"), asset.get("height")
    if sample.sizes and size not in sample.sizes:
        outcome = "wrong" if size != (None, None) or outcome == "wrong" else "left out"
        problems.append(f"size {size}, not {sample.sizes[0]}")
    length = asset.get("duration_ms")
    if sample.timed and length is None:
        outcome = outcome if outcome == "wrong" else "left out"
        problems.append(f"no duration, not {sample.duration_ms:.0f} ms")
    elif sample.timed:
        off, about = abs(length - sample.duration_ms), asset.get("duration_estimated", False)
        if off > sample.tolerance_ms + (ABOUT * sample.duration_ms if about else 0):
            outcome = "wrong"
            problems.append(f"{length} ms, not {sample.duration_ms:.0f}{' (estimated)' if about else ''}")
        elif about and outcome == "right":
            outcome = "estimated"
    elif length is not None:
        outcome = "wrong"
        problems.append(f"{length} ms of what does not last")
    return outcome, problems


def tell(store, samples):
    """Uploads the samples; what the store tells of each."""

    def upload(sample):
        return store.get(f"/api/v1/assets/{store.upload(sample.path, sample.declared)}").json()["data"]

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(upload, samples))


def report(seed, samples, assets):
    kinds, totals = defaultdict(Counter), Counter()
    for sample, asset in zip(samples, assets):
        outcome, problems = judge(sample, asset)
        kinds[sample.kind][outcome] += 1
        totals[outcome] += 1
        if problems:
            print(f"  {outcome}: {sample.path.parent.name}/{sample.path.name}: {'; '.join(problems)}")
    print(f"\n{'':40}" + "".join(f"{outcome:>11}" for outcome in OUTCOMES))
    for kind, counts in sorted(kinds.items()):
        print(f"{kind:40}" + "".join(f"{counts[outcome] or '':>11}" for outcome in OUTCOMES))
    print(f"{f'all, of seed {seed}':40}" + "".join(f"{totals[outcome]:>11}" for outcome in OUTCOMES))
    share = (totals["right"] + totals["estimated"]) / max(len(samples), 1)
    print(f"{share:.1%} of {len(samples)} told right")
    return totals["wrong"] == 0 and share >= AIM


def main(seed=None, count=500):
    seed = int(seed) if seed is not None else random.randrange(1_000_000)
    count = int(count)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        samples = made(seed, count, folder)
        print(f"{len(samples)} files made of seed {seed}")
        (folder / "store").mkdir()
        store = Store(folder / "store" / "data").start()
        try:
            assets = tell(store, samples)
        finally:
            store.stop()
        return report(seed, samples, assets)


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
