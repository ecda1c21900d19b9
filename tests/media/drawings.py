"""Drawings in SVG, whose sizes follow from units and ratios."""

from pictures import size
from sample import Kinds, Sample

KINDS = Kinds()
kind = KINDS.add

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {attributes}><rect width="9" height="9"/></svg>'


def svg(name, rng, folder, attributes, before="", encoding="utf-8"):
    path = folder / "a.svg"
    path.write_bytes((before + SVG.format(attributes=attributes)).encode(encoding))
    return Sample(name, path, "image/svg+xml", {"image/svg+xml"}, {"image"}, shown=True)


@kind
def svg_of_units(rng, folder):
    unit = rng.choice(["", "px", "pt", "pc", "mm", "cm", "in", "PX", "em"])
    sides = [round(rng.uniform(1, 40 if unit in ("cm", "in") else 400), 2) for _ in range(2)]
    return svg("SVG of units", rng, folder, f'width="{sides[0]}{unit}" height="{sides[1]}{unit}"')


@kind
def svg_of_a_view_box(rng, folder):
    across, down = size(rng)
    side = rng.choice(["", f'width="{rng.randint(9, 400)}"', f'height="{rng.randint(9, 400)}"', 'width="100%" height="100%"'])
    return svg("SVG of a view box", rng, folder, f'{side} viewBox="0 0 {across} {down}"')


@kind
def svg_behind_a_comment(rng, folder):
    sides = size(rng)
    before = ('<?xml version="1.0" encoding="UTF-8"?>\n<!--' + " a licence " * rng.randint(100, 30_000) + "-->\n"
              '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n')
    return svg("SVG behind a comment", rng, folder, 'width="%d" height="%d"' % sides, before)


@kind
def svg_behind_a_mark(rng, folder):
    sides = size(rng)
    encoding = rng.choice(["utf-8-sig", "utf-16"])
    return svg("SVG behind a byte order mark", rng, folder, 'width="%d" height="%d"' % sides, encoding=encoding)
