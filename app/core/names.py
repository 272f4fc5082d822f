"""One folding of names: what is stored, compared, searched, imported and exported is what it gives (INV-01).

The same name comes from a PDF copy, an OCR, an old roster, a Chinese or a Latin keyboard in different
signs that nobody can tell apart. `clean_name` is for people, `clean_title` for organisations. Both are
idempotent. Two names are the same where `name_key` of both is: Latin letters without regard to case.
"""

from __future__ import annotations

import re
import unicodedata

from flask_babel import lazy_gettext as _l

from app.core.text import clean_line

# CJK radicals supplement and strokes → ideographs: Unicode, EquivalentUnifiedIdeograph. Kangxi radicals
# and compatibility ideographs need no table, they decompose.
_PAIRS = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王"
    "⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹⺰纟⺱罓⺲罒⺳㓁⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長"
    "⻒镸⻓长⻔门⻕𨸏⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠⻠饣⻡𩠐⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟㇆𠃌㇏乀㇐一㇑丨㇒丿㇓丿"
    "㇔丶㇕𠃍㇖乛㇗𠃊㇘𠃎㇙𠄌㇚亅㇛𡿨㇜𠃋㇝乀㇞𠃑㇟乚㇠乙㇡𠄎"
)
_DOTS = "•‧・･∙⋅·ᐧ᛫⸱ㆍ˙●⦁﹒"  # whoever types one of these means the dot U+00B7
_SIGNS = (
    dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
    | dict.fromkeys(_DOTS, "·")
    | dict.fromkeys("‘’ʼʻ′＇`´", "'")
    | dict.fromkeys(
        "\u3164\u115f\u1160\uffa0\u2800", " "
    )  # letters and signs that look like a blank
    | dict.fromkeys(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))), "")  # variants
)
_FOLD = str.maketrans(_SIGNS)
_WIDE = str.maketrans(
    {chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F) if chr(c) not in "，：；！？（）"}
    | {"\u3000": " ", "﹙": "（", "﹚": "）"}
)
# private-use signs are ideographs that nobody else has
HAN = "〇㐀-䶿一-鿿豈-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff\U000f0000-\U0010ffff"
_BETWEEN = re.compile(rf"(?<=[{HAN}]) *[·.。．\-‐‑‒–—―−─]+ *(?=[{HAN}])")
_AROUND_DOT = re.compile(r" *·[ ·]*")
_BLANK = re.compile(rf"(?<=[{HAN}]) (?=[{HAN}])")
_BESIDE_HAN = re.compile(rf"(?<=[{HAN}（）·]) | (?=[{HAN}（）·])")
_FULL_STOP = re.compile(rf"(?<=[{HAN}])\.(?=[{HAN}])")
_AFTER_HAN = re.compile(rf"(?<=[{HAN}])[ .。·]+$")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–−", "-"))
_HAS_HAN = re.compile(f"[{HAN}]")
_PLAIN_HAN = re.compile("[一-鿿]+")
_PLAIN_LATIN = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")


def clean_name(text: str) -> str:
    """A person's name: radicals and wide signs as they should be, one kind of dot, no blank between Han.

    «⾼ ⼤　⼭» → «高大山»; «买买提.吾布力» → «买买提·吾布力»; «ＪＯＨＮ  Smith» → «JOHN Smith».
    The case is kept.
    """
    if _PLAIN_HAN.fullmatch(text) or _PLAIN_LATIN.fullmatch(text):  # as nearly all are
        return text
    name = unicodedata.normalize("NFKC", clean_line(text).translate(_FOLD))
    name = " ".join(name.translate(_FOLD).split())
    name = _BETWEEN.sub("·", name).translate(_DASHES)
    name = _BLANK.sub("", _AROUND_DOT.sub("·", name)).strip("· ")
    return _AFTER_HAN.sub("", name)


def clean_title(text: str) -> str:
    """An organisation's name: half-width letters and digits, no blank beside Han, （） where there is Han.

    «武汉星光 (集团)有限公司» → «武汉星光（集团）有限公司»; «ＡＢＣ（China） Ltd.» → «ABC(China) Ltd.».
    Dashes stay dashes: organisations have some.
    """
    if _PLAIN_HAN.fullmatch(text):
        return text
    title = clean_line(text).translate(_FOLD)
    title = unicodedata.normalize("NFC", _ideographs(title)).translate(_WIDE)
    title = " ".join(title.translate(_FOLD).split())
    if not _HAS_HAN.search(title):
        return title.replace("（", "(").replace("）", ")")
    title = title.replace("(", "（").replace(")", "）")
    return _BESIDE_HAN.sub("", title)


def clean_contact(text: str) -> str:
    """Whom to ask: mostly a person, but with whatever people add, «王芳（人事）», «人事部-王芳»."""
    if _PLAIN_HAN.fullmatch(text):
        return text
    return _FULL_STOP.sub("·", clean_title(text))


def _ideographs(text: str) -> str:
    """Kangxi radicals as ideographs; nothing else of a title is decomposed."""
    return "".join(
        unicodedata.normalize("NFKC", c) if "\u2f00" <= c <= "\u2fdf" else c for c in text
    )


def name_key(text: str) -> str:
    """What two spellings of a person's name have in common."""
    return clean_name(text).lower()


def title_key(text: str) -> str:
    """What two spellings of an organisation's name have in common."""
    return clean_title(text).lower()


def spellings(text: str) -> list[str]:
    """What a typed text may be kept as, where people's and organisations' names stand side by side."""
    return sorted({clean_name(text), clean_title(text)})


def same_name(one: str, other: str) -> bool:
    """Whether both are the same person's name."""
    return name_key(one) == name_key(other)


LOST = _l(
    "“%(sign)s” stands where a character was lost. Type the name as it stands on the identity document."
)
BRACKETS = _l("A name has no brackets: leave them and what stands in them out.")
NO_NAME = _l(
    "“%(sign)s” is no part of a name. Type the name alone, as it stands on the identity document."
)
LOST_TITLE = _l("“%(sign)s” stands where a character was lost. Type the name as on the licence.")
NO_TITLE = _l("This is no name.")
_LOST = re.compile("[?？\ufffd□■▯]")
_BRACKETS = re.compile("[()（）\\[\\]【】〔〕{}<>《》〈〉「」]")


def name_problem(name: str) -> str | None:
    """Why a cleaned text is no person's name, as a sentence; None where it can be one."""
    if _PLAIN_HAN.fullmatch(name):  # as nearly all are
        return None
    found = _LOST.search(name)
    if found:
        return str(LOST) % {"sign": found[0]}
    if _BRACKETS.search(name):
        return str(BRACKETS)
    odd = next((c for c in name if not _in_name(c)), None)
    if odd is None and any(c not in " ·'.-" for c in name):
        return None
    return str(NO_NAME) % {"sign": odd or name[:1]}


def _in_name(sign: str) -> bool:
    kind = unicodedata.category(sign)
    rare = kind == "Cn" and ord(sign) >= 0x20000  # an ideograph that is younger than our tables
    return kind[0] in "LM" or kind == "Co" or rare or sign in "〇 ·'.-"


def title_problem(title: str) -> str | None:
    """Why a cleaned text is no organisation's name; None where it can be one."""
    found = _LOST.search(title)
    if found:
        return str(LOST_TITLE) % {"sign": found[0]}
    return (
        None
        if any(c.isalnum() or unicodedata.category(c) == "Co" for c in title)
        else str(NO_TITLE)
    )
