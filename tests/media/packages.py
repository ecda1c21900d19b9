"""Documents, books and models: of their own libraries, of LibreOffice, and packed as other writers pack them."""

import io
import json
import struct
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import trimesh

from sample import Kinds, Sample, run

KINDS = Kinds()
kind = KINDS.add

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."


def file(name, path, content_types):
    types = content_types.split()
    return Sample(name, path, types[0], set(types), {"file"})


def words(rng, count):
    return " ".join("".join(rng.choice("abcdefghij") for _ in range(rng.randint(2, 9))) for _ in range(count))


def document(rng):
    made, saved = docx.Document(), io.BytesIO()
    for _ in range(rng.randint(1, 30)):
        made.add_paragraph(words(rng, 20))
    made.save(saved)
    return saved.getvalue()


def slides(rng, count):
    made, saved = pptx.Presentation(), io.BytesIO()
    for i in range(count):
        made.slides.add_slide(made.slide_layouts[5]).shapes.title.text = f"Slide {i}"
    made.save(saved)
    return saved.getvalue()


def sheets(rng):
    made, saved = openpyxl.Workbook(), io.BytesIO()
    for _ in range(rng.randint(1, 50)):
        made.active.append([rng.random() for _ in range(rng.randint(1, 20))])
    made.save(saved)
    return saved.getvalue()


def packed(rng, content, change=lambda name, data: data):
    """The same archive with its parts in another order, as other programs write it."""
    read, written = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    names = read.namelist()
    rng.shuffle(names)
    with zipfile.ZipFile(written, "w", rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as archive:
        for name in names:
            archive.writestr(name, change(name, read.read(name)))
        if rng.random() < 0.3:
            archive.comment = words(rng, 30).encode()
    return written.getvalue()


@kind
def office(rng, folder):
    make, form, name = rng.choice([
        (document, "wordprocessingml.document", "a.docx"), (sheets, "spreadsheetml.sheet", "a.xlsx"),
        (lambda rng: slides(rng, rng.randint(1, 20)), "presentationml.presentation", "a.pptx"),
    ])
    path = folder / name
    path.write_bytes(make(rng) if rng.random() < 0.3 else packed(rng, make(rng)))
    return file("Office Open XML", path, OFFICE + form)


@kind
def many_slides(rng, folder):
    path = folder / "a.pptx"
    path.write_bytes(packed(rng, slides(rng, rng.randint(100, 300))))
    return file("slides by the hundred", path, OFFICE + "presentationml.presentation")


#: The type of a document's main part and of the file, for what is saved as something else than a plain document.
MACROS = [
    (document, OFFICE + "wordprocessingml.document", "application/vnd.ms-word.document.macroEnabled", "docm"),
    (sheets, OFFICE + "spreadsheetml.sheet", "application/vnd.ms-excel.sheet.macroEnabled", "xlsm"),
    (lambda rng: slides(rng, 2), OFFICE + "presentationml.presentation",
     "application/vnd.ms-powerpoint.presentation.macroEnabled", "pptm"),
    (lambda rng: slides(rng, 2), OFFICE + "presentationml.presentation",
     "application/vnd.ms-powerpoint.slideshow.macroEnabled", "ppsm"),
]
TEMPLATES = [
    (document, OFFICE + "wordprocessingml.document", OFFICE + "wordprocessingml.template", "dotx"),
    (sheets, OFFICE + "spreadsheetml.sheet", OFFICE + "spreadsheetml.template", "xltx"),
    (lambda rng: slides(rng, 2), OFFICE + "presentationml.presentation", OFFICE + "presentationml.slideshow", "ppsx"),
]


def saved_as(rng, folder, choices, ending):
    make, plain, other, extension = rng.choice(choices)

    def change(name, data):
        if name != "[Content_Types].xml":
            return data
        return data.replace(f"{plain}.main+xml".encode(), f"{other}.main+xml".encode())

    path = folder / f"a.{extension}"
    path.write_bytes(packed(rng, make(rng), change))
    return path, other + ending


@kind
def with_macros(rng, folder):
    return file("Office with macros", *saved_as(rng, folder, MACROS, ".12"))


@kind
def template(rng, folder):
    return file("Office template", *saved_as(rng, folder, TEMPLATES, ""))


def converted(rng, folder, source, extension):
    """What LibreOffice makes of a file."""
    run("soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", extension, "--outdir",
        folder / "out", source, timeout=180)
    return next((folder / "out").iterdir())


#: What LibreOffice saves, by what it is made of.
SAVED = [
    ("a.docx", document, [
        ("odt", OPEN + "text"), ("ott", OPEN + "text-template"), ("docx", OFFICE + "wordprocessingml.document"),
        ("doc", "application/msword"), ("rtf", "application/rtf text/rtf"), ("pdf", "application/pdf"),
        ("epub", "application/epub+zip")]),
    ("a.xlsx", sheets, [
        ("ods", OPEN + "spreadsheet"), ("xlsx", OFFICE + "spreadsheetml.sheet"), ("xls", "application/vnd.ms-excel")]),
    ("a.pptx", lambda rng: slides(rng, rng.randint(1, 5)), [
        ("odp", OPEN + "presentation"), ("pptx", OFFICE + "presentationml.presentation"),
        ("ppt", "application/vnd.ms-powerpoint")]),
]


@kind
def of_libreoffice(rng, folder):
    name, make, forms = rng.choice(SAVED)
    extension, content_type = rng.choice(forms)
    source = folder / name
    source.write_bytes(make(rng))
    return file("LibreOffice", converted(rng, folder, source, extension), content_type)


@kind
def book(rng, folder):
    """An EPUB, as Info-ZIP packs it: with extra fields."""
    (folder / "META-INF").mkdir()
    (folder / "mimetype").write_text("application/epub+zip")
    (folder / "META-INF/container.xml").write_text("<container/>")
    (folder / "text.xhtml").write_text(words(rng, 200))
    extra = [] if rng.random() < 0.7 else ["-X"]
    for names in (["mimetype"], ["META-INF", "text.xhtml"]):
        level = "-0" if names == ["mimetype"] else "-9"
        run("zip", "-q", level, *extra, "-r", "a.epub", *names, cwd=folder)
    return file("EPUB", folder / "a.epub", "application/epub+zip")


@kind
def usdz(rng, folder):
    """Stored, each file at a multiple of 64 bytes."""
    path = folder / "a.usdz"
    scene = f'#usda 1.0\n\ndef Sphere "{words(rng, 1)}"\n{{\n}}\n'.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in [("scene.usda", scene), ("a.png", rng.randbytes(400))]:
            entry = zipfile.ZipInfo(name)
            at = archive.fp.tell() + 30 + len(name) + 4
            entry.extra = struct.pack("<HH", 0x1986, -at % 64) + bytes(-at % 64)
            archive.writestr(entry, content)
    return file("USDZ", path, "model/vnd.usdz+zip")


@kind
def archive(rng, folder):
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for i in range(rng.randint(1, 40)):
            made.writestr(f"{words(rng, 1)}/{i}.txt", words(rng, 50))
    return file("ZIP", path, "application/zip")


# ---------------------------------------------------------------- Models


def shape(rng):
    return rng.choice([
        lambda: trimesh.creation.box(extents=[rng.uniform(1, 9) for _ in range(3)]),
        lambda: trimesh.creation.icosphere(subdivisions=rng.randint(1, 3)),
        lambda: trimesh.creation.cylinder(radius=rng.uniform(1, 4), height=rng.uniform(1, 4)),
    ])()


@kind
def model(rng, folder):
    form, types = rng.choice([
        ("stl", "model/stl"), ("stl_ascii", "model/stl"), ("obj", "model/obj"), ("ply", "model/ply"),
        ("glb", "model/gltf-binary"), ("3mf", "model/3mf"),
    ])
    path = folder / f"a.{form.removesuffix('_ascii')}"
    made = shape(rng).export(file_type=form)
    path.write_bytes(made.encode() if isinstance(made, str) else made)
    return file("model", path, types)


@kind
def model_in_text(rng, folder):
    form = rng.choice(["ply", "usda", "gltf"])
    path = folder / f"a.{form}"
    if form == "ply":
        path.write_bytes(trimesh.exchange.ply.export_ply(shape(rng), encoding="ascii"))
        return file("model in text", path, "model/ply")
    if form == "usda":
        path.write_text(f'#usda 1.0\n(\n    doc = "{words(rng, 9)}"\n)\n\ndef Cube "cube"\n{{\n    double size = 2\n}}\n')
        return file("model in text", path, "model/vnd.usda model/vnd.usd model/x-usd")
    path.write_text(json.dumps({"asset": {"version": "2.0", "generator": words(rng, 3)}, "scenes": []}))
    return file("model in text", path, "model/gltf+json")
