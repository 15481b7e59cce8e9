"""Names of county-level units: the part that tells a place apart, and the part that says what it is."""

import re

# The nationalities as they stand in names of autonomous units, some of them also without 族.
_PEOPLES = [
    "蒙古",
    "回",
    "藏",
    "维吾尔",
    "苗",
    "彝",
    "壮",
    "布依",
    "朝鲜",
    "满",
    "侗",
    "瑶",
    "白",
    "土家",
    "哈尼",
    "哈萨克",
    "傣",
    "黎",
    "傈僳",
    "佤",
    "畲",
    "高山",
    "拉祜",
    "水",
    "东乡",
    "纳西",
    "景颇",
    "柯尔克孜",
    "土",
    "达斡尔",
    "仫佬",
    "羌",
    "布朗",
    "撒拉",
    "毛南",
    "仡佬",
    "锡伯",
    "阿昌",
    "普米",
    "塔吉克",
    "怒",
    "乌孜别克",
    "俄罗斯",
    "鄂温克",
    "德昂",
    "保安",
    "裕固",
    "京",
    "塔塔尔",
    "独龙",
    "鄂伦春",
    "赫哲",
    "门巴",
    "珞巴",
    "基诺",
    "各",
]
_WITH = "|".join(f"{p}族" for p in sorted(_PEOPLES, key=len, reverse=True))
_WITHOUT = "|".join(p for p in sorted(_PEOPLES, key=len, reverse=True) if len(p) > 1)
# One people's name as it ends a place's, as a regular expression; the longer ones may go without 族.
PEOPLE = f"(?:{_WITH}|{_WITHOUT})"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        f"(?P<place>.+?)(?:(?:{_WITH})+|(?:{_WITHOUT}))自治[县旗]",
        "(?P<place>.+?)族?自治[县旗]",
        f"(?P<place>.{{2,}}?)(?:{_WITH})区",
        "(?P<place>.{3,})林区",
        "(?P<place>.{2,})(?:[新矿特]区|管理区|行政委员会|行委|联合旗)",
        "(?P<place>.+?)群岛.*",
        "(?P<place>.+)[县市区旗]",
    )
)


def stem(name: str) -> str:
    """The part of a unit's name that tells the place: 开封 of 开封县, 天祝 of 天祝藏族自治县, 梅 of 梅县.

    A name in another form, as of islands and most zones, is its own stem.
    """
    for pattern in _PATTERNS:
        found = pattern.fullmatch(name)
        if found:
            return found["place"]
    return name


_PROVINCES = (
    "河北 山西 内蒙古 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 "
    "河南 湖北 湖南 广东 广西 海南 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆"
)
_OF_A_ZONE = re.compile(
    f"(?:(?:{_PROVINCES.replace(' ', '|')})(?!高|经济|文化|转型))?(?P<place>.{{2,}}?)市?"
    "(?:高新|高|经济|技术|产业化|产业|综合|循环|化工|现代|开发|工业|示范|管理|实验|转型|改革|城乡|一体化|风景|名胜|"
    "物流|聚集|保税|旅游|文化|创意|食品|稀土|汽车|火炬|医药)*(?:新?区|园区?|新城|管委会)"
)


def place_of_zone(name: str, prefecture: str) -> str:
    """The part of a zone's name that tells the place: 郑州 of 郑州高新技术产业开发区, 白沟 of 保定白沟新城."""
    found = _OF_A_ZONE.fullmatch(name)
    place = found["place"] if found else stem(name)
    rest = re.sub(f"^{stem(prefecture)}市?", "", place)
    return rest if len(rest) > 1 else place
