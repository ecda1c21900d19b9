"""Texts, in Unicode and in the encodings before it."""

from sample import Kinds, Sample

KINDS = Kinds()
kind = KINDS.add

#: Words in a language, and the encodings that it was written in.
LANGUAGES = [
    ("Größe;Wert;Straße\nFüße;1;Äpfel und Birnen\n", ["iso-8859-1", "windows-1252", "iso-8859-15"]),
    ("Привет, мир;значение;ещё одна строка\n", ["windows-1251", "koi8-r", "iso-8859-5"]),
    ("日本語の文章;値段;東京の天気は晴れです\n", ["shift_jis", "euc-jp"]),
    ("中文文本;价格;今天天气很好\n", ["gb18030", "gbk"]),
    ("한국어 문장;가격;오늘 날씨가 좋습니다\n", ["euc-kr"]),
    ("Zażółć gęślą jaźń;wartość\n", ["iso-8859-2", "windows-1250"]),
    ("Ελληνικό κείμενο;τιμή\n", ["iso-8859-7", "windows-1253"]),
]


def text(name, path, declared, *others):
    return Sample(name, path, declared, {declared, *others}, {"copy"})


@kind
def in_an_old_encoding(rng, folder):
    words, encodings = rng.choice(LANGUAGES)
    encoding = rng.choice(encodings)
    path = folder / "a.csv"
    path.write_bytes((words * rng.randint(1, 3000)).encode(encoding))
    declared = f"{rng.choice(['text/csv', 'text/plain', 'text/markdown'])}; charset={encoding}"
    return text("text in an old encoding", path, declared)


@kind
def in_an_old_encoding_unsaid(rng, folder):
    words, encodings = rng.choice(LANGUAGES)
    path = folder / "a.txt"
    path.write_bytes((words * rng.randint(3, 300)).encode(rng.choice(encodings)))
    return text("text in an old encoding, unsaid", path, rng.choice(["text/csv", "text/plain"]))


@kind
def in_unicode(rng, folder):
    words, _ = rng.choice(LANGUAGES)
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16"])
    path = folder / "a.md"
    path.write_bytes((words * rng.randint(1, 3000)).encode(encoding))
    return text("text in Unicode", path, rng.choice(["text/markdown", "text/csv", "text/plain"]), "text/plain; charset=utf-16",
                "text/plain; charset=utf-8")
