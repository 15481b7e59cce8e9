"""Whether a name in Latin letters can be a name in characters: by every reading of every character."""

import re
from functools import cache

_SHORT = "满回苗瑶侗壮黎彝藏羌水傣佤白怒土畲各"
_LONG = (
    "蒙古|土家|仫佬|毛南|布依|仡佬|拉祜|哈尼|纳西|傈僳|普米|独龙|景颇|德昂|布朗|裕固|保安|东乡|撒拉|哈萨克|柯尔克孜|锡伯|塔吉克|"
    "达斡尔|鄂温克|鄂伦春|朝鲜|俄罗斯"
)
_ANY_PEOPLES = re.compile(f"(?:[{_SHORT}]族|(?:{_LONG})族?)+$")
_KIND = re.compile("(?:自治县|自治旗|联合旗|林区|特区|新区|群岛|县|市|区|旗)$")


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
        reached = {at + len(one) for at in reached for one in _readings(character) if wanted.startswith(one, at)}
    return len(wanted) in reached


@cache
def _readings(character: str) -> frozenset[str]:
    # Character by character: the dictionary of words would leave only the common word's reading.
    from pypinyin import Style, pinyin

    return frozenset(letters(one) for one in pinyin(character, style=Style.NORMAL, heteronym=True)[0]) - {""}
