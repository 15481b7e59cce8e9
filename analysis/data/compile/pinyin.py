"""Pinyin of place names: readings of characters, and which of them a printed spelling confirms.

Spelling follows GB/T 28039 for places: one word with a capital, no tones, and an apostrophe before a later
syllable that begins with a, e or o. Readings are those of the package pypinyin.
"""

import re
from functools import cache
from typing import Any

from analysis.data.compile.errors import CompileError
from analysis.data.compile.names import PEOPLE
from analysis.data.upstream import UpstreamError

# Readings of place names that neither dictionaries nor the census of 2000 give.
PLACES = {
    "荥阳": "xing yang", "浚": "xun", "泌阳": "bi yang", "尉犁": "yu li", "蔚": "yu", "番禺": "pan yu",
    "涡阳": "guo yang", "枞阳": "zong yang", "歙": "she", "黟": "yi", "六合": "lu he", "六安": "lu an",
    "铅山": "yan shan", "台州": "tai zhou", "乐亭": "lao ting", "乐清": "yue qing", "大城": "dai cheng",
    "乐陵": "lao ling", "洪洞": "hong tong", "监利": "jian li", "犍为": "qian wei", "筠连": "jun lian", "吴堡": "wu bu",
    "柞水": "zha shui",
    "华": "hua", "华阴": "hua yin", "华州": "hua zhou", "东阿": "dong e", "大埔": "da bu", "单": "shan", "莘": "shen",
    "任": "ren", "任丘": "ren qiu", "任泽": "ren ze", "任城": "ren cheng", "盖州": "gai zhou", "阿城": "a cheng",
    "殷都": "yin du", "长洲": "chang zhou", "康巴什": "kang ba shi", "阿图什": "a tu shi", "崆峒": "kong tong",
    "龙圩": "long xu", "湖州市": "hu zhou", "漯河": "luo he", "回龙圩": "hui long xu",
}  # fmt: skip

_ANY_PEOPLES = re.compile(f"{PEOPLE}+$")
_KIND = re.compile("(?:自治县|自治旗|联合旗|林区|特区|新区|群岛|县|市|区|旗)$")

# What ends a name of the census of 2000 in Latin letters, and in characters.
ENDINGS = {
    "xian": "县", "zizhixian": "县", "zizhixia": "县", "qu": "区", "xinqu": "区", "linqu": "区", "tequ": "区",
    "shi": "市", "qi": "旗", "zizhiqi": "旗", "lianheqi": "旗",
}  # fmt: skip


def spelled(syllables: tuple[str, ...]) -> str:
    """Syllables as one word: ("xin", "an") is Xin'an."""
    word = "".join(f"'{s}" if i and s[0] in "aeo" else s for i, s in enumerate(syllables))
    return word[:1].upper() + word[1:]


@cache
def readings(character: str) -> tuple[str, ...]:
    """Every toneless reading of a character, the commonest first.

    Raises:
        CompileError: the character has no reading.
    """
    pypinyin = _package()
    found = pypinyin.pinyin(
        character, style=pypinyin.Style.NORMAL, heteronym=True, v_to_u=True, errors=lambda _: [[""]]
    )[0]
    kept = tuple(dict.fromkeys(r for r in found if re.fullmatch("[a-zü]+", r)))
    if not kept:
        raise CompileError(f"no reading in pinyin for {character!r}")
    return kept


def usual(name: str) -> tuple[str, ...]:
    """The reading of a name as a phrase, unless it is one of `PLACES`."""
    if name in PLACES:
        return tuple(PLACES[name].split())
    for character in name:
        readings(character)
    pypinyin = _package()
    return tuple(pypinyin.lazy_pinyin(name, style=pypinyin.Style.NORMAL, v_to_u=True))


def confirmed(name: str, letters: str, *, whole: bool = True) -> tuple[str, ...] | None:
    """Readings of the characters of `name` that make up `letters`, or its beginning; None where none do.

    Among several, the ones nearest to the commonest readings. `letters` are lower-case; u and v stand for ü.
    """
    if name in PLACES:
        options: list[tuple[str, ...]] = [(syllable,) for syllable in PLACES[name].split()]
    else:
        options = [readings(character) for character in name]

    def search(i: int, at: int) -> tuple[str, ...] | None:
        if i == len(options):
            return () if at == len(letters) or not whole else None
        for reading in options[i]:
            for form in {reading, reading.replace("ü", "u"), reading.replace("ü", "v")}:
                if letters.startswith(form, at):
                    rest = search(i + 1, at + len(form))
                    if rest is not None:
                        return (reading, *rest)
        return None

    return search(0, 0)


_TYPES = re.compile(
    r"(?: (?P<end>xian|qu|shi|qi|tequ|qun|zizhixia|zizhixian|zizhiqi|lianheqi|xinqu|linqu|autonomous .*)|dao)$"
)


def letters_of(printed: str) -> tuple[str, str]:
    """A name of the census of 2000 as lower-case letters, and what follows it there: kind of unit or nothing.

    Peoples' names stay among the letters, since they stand before the kind of unit.
    """
    plain = " ".join(re.sub(r"\(.*?\)?$|\(.*?\)", "", printed).lower().split())
    found = _TYPES.search(plain)
    kind = (found["end"] or "qundao") if found else ""
    name = plain[: found.start()] if found else plain
    return re.sub("[^a-z]", "", name), kind.split()[0] if kind else ""


def letters(text: str) -> str:
    """Small Latin letters alone; both ways to write ü become u."""
    return re.sub("[^a-z]", "", text.lower().replace("ü", "u").replace("v", "u"))


def can_read(printed: str, name: str) -> bool:
    """Whether `printed` (a name without its kind: Xun for 浚县) spells `name` (with its kind).

    The names of peoples in autonomous counties may be spelled or left out.
    """
    wanted = letters(printed)
    return any(_spells(stem, wanted) for stem in stems(name))


def stems(name: str) -> set[str]:
    """The name without its kind (县, 市, ...), and that without the names of peoples."""
    found = set()
    # 西林区 may end in 林区 or in 区, 红旗区 in 区 alone.
    for kind in {match[0] for match in (_KIND.search(name), re.search("[县市区旗]$", name)) if match} or {""}:
        stem = name.removesuffix(kind)
        found |= {stem, stem.removesuffix("族"), _ANY_PEOPLES.sub("", stem)}
    return {stem for stem in found if stem}


def _spells(characters: str, wanted: str) -> bool:
    reached = {0}
    for character in characters:
        reached = {
            at + len(one) for at in reached for one in map(letters, readings(character)) if wanted.startswith(one, at)
        }
    return len(wanted) in reached


def _package() -> Any:
    try:
        import pypinyin
    except ImportError as error:
        raise UpstreamError("readings need the package pypinyin; install the extra `data`") from error
    return pypinyin
