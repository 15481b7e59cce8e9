"""What no rule can tell of units between censuses, ruled on one by one, each with its reason.

Facts here are public: codes and names as GB/T 2260 had them, and what became of a unit. Where no event of the file of
administrative changes bears a ruling out, its confidence is medium at most.
"""

from dataclasses import dataclass

from analysis.data.compile.links import Listed

_SPELLED = "same code; the name in Latin letters is misspelt or reads a character otherwise"
_SEAT = "seat of the former prefecture, its district under a new name since the prefecture became a city"
_PREFECTURE_SEAT = f"{_SEAT}; not among the events"

# Codes of units whose spelling in 2000 the characters do not give; code and place are the same.
SPELLED_OTHERWISE = [
    "130107",
    "130225",
    "130406",
    "130726",
    "130804",
    "130902",
    "131025",
    "141024",
    "150123",
    "150204",
    "150206",
    "152223",
    "210105",
    "210402",
    "230208",
    "230624",
    "231121",
    "320382",
    "321102",
    "330382",
    "341103",
    "350802",
    "361124",
    "371481",
    "371722",
    "410104",
    "410203",
    "410304",
    "411726",
    "421003",
    "421024",
    "440113",
    "441422",
    "441723",
    "445323",
    "450802",
    "510603",
    "510703",
    "511402",
    "610829",
    "652823",
    "653001",
]

LISTED_2000 = (
    *(Listed(code, code, _SPELLED, "high") for code in SPELLED_OTHERWISE),
    Listed("152723", "150622", "Zhungeer banner; the league became Ordos city", "high"),
    Listed("622326", "620623", "Tianzhu, misspelt Tianzu; the prefecture became Wuwei city", "high"),
    Listed("654101", "654003", "Yining city; prefecture-level Yili was dissolved and codes moved", "high"),
    Listed("654121", "654021", "Yining county; prefecture-level Yili was dissolved and codes moved", "high"),
    Listed("620201", "620200", "Jiayuguan city, which has no units below it", "high"),
    Listed("441901", "441900", "Dongguan city, which has no units below it", "high"),
    Listed("442001", "442000", "Zhongshan city, which has no units below it", "high"),
    Listed("460201", "460200", "Sanya city, printed as one unit", "high"),
    Listed("469037", "460391", "the Paracel islands", "high"),
    Listed("410902", "410902", "city districts of Puyang, renamed Hualong", "high", ("WIKI-COUNTY-2002-01-037",)),
    Listed(
        "320882",
        "320803",
        "Huai'an city became Chuzhou district in the reorganisation of Huaiyin; not among the events",
    ),
    Listed("431102", "431102", "Zhishan district, renamed Lingling; not among the events"),
    Listed("452129", "451402", _PREFECTURE_SEAT),
    Listed("452226", "451302", _PREFECTURE_SEAT),
    Listed("452402", "451102", _PREFECTURE_SEAT),
    Listed("452601", "451002", _PREFECTURE_SEAT),
    Listed("452701", "451202", _PREFECTURE_SEAT),
    Listed("532101", "530602", _PREFECTURE_SEAT),
    Listed("533001", "530502", _PREFECTURE_SEAT),
    Listed("533521", "530902", _PREFECTURE_SEAT),
    Listed("622102", "620902", _PREFECTURE_SEAT),
    Listed("622201", "620702", _PREFECTURE_SEAT),
    Listed("622301", "620602", _PREFECTURE_SEAT),
    Listed("622421", "621102", _PREFECTURE_SEAT),
    Listed("622701", "620802", _PREFECTURE_SEAT),
    Listed("640321", "640502", _PREFECTURE_SEAT),
    Listed("642221", "640402", _PREFECTURE_SEAT),
    Listed("622821", "621021", "Qingyang county, renamed Qingcheng when the prefecture became Qingyang city"),
    Listed("532722", "530821", "Pu'er county, renamed Ning'er; not among the events"),
    Listed("640303", "640303", "Hongsibao, a development district in 2000", "high", ("WIKI-COUNTY-2009-01-005",)),
)

LISTED_2010 = (
    Listed("610626", "610626", "Wuqi, printed 吴旗 in 2010, its name until 2005", "high", ("WIKI-COUNTY-2005-01-013",)),
    Listed(
        "510802", "510802", "Lizhou, printed 市中 in 2010, its name until 2007", "high", ("WIKI-COUNTY-2007-03-002",)
    ),
    Listed(
        "341402",
        "340181",
        "Juchao district became Chaohu city when prefecture-level Chaohu was dissolved in 2011; not among the events",
    ),
    Listed("371202", "370116", "Laicheng became Laiwu district of Jinan", "high", ("WIKI-COUNTY-2018-04-006",)),
    Listed("522201", "520602", _PREFECTURE_SEAT),
    Listed("522401", "520502", _PREFECTURE_SEAT),
    Listed("542121", "540302", _PREFECTURE_SEAT),
    Listed("542301", "540202", _PREFECTURE_SEAT),
    Listed("542421", "540602", _SEAT, "high", ("WIKI-COUNTY-2017-05-002",)),
    Listed("542621", "540402", _PREFECTURE_SEAT),
    Listed("652101", "650402", _PREFECTURE_SEAT),
    Listed("652201", "650502", _PREFECTURE_SEAT),
)


@dataclass(frozen=True)
class Ruling:
    """What happened to a unit's ground between two censuses; `code` is the unit's in the later of them."""

    code: str
    period: str
    ground: str
    reason: str
    evidence: str
    confidence: str = "medium"


RULINGS = (
    Ruling("340722", "2010-2020", "changed", "its east went to Jiao district (340711) in October 2018", "340711"),
    Ruling("340711", "2010-2020", "changed", "gained the east of Zongyang (340722) in October 2018", "340722"),
    Ruling(
        "130402", "2010-2020", "changed", "took in part of Handan county (130421), which 2020 no longer has", "130421"
    ),
    Ruling(
        "130403", "2010-2020", "changed", "took in part of Handan county (130421), which 2020 no longer has", "130421"
    ),
    Ruling("370211", "2010-2020", "changed", "took in Jiaonan city (370284), which 2020 no longer has", "370284"),
    Ruling(
        "520602", "2010-2020", "changed", "three townships of Tongren city went to Wanshan (520603) in 2011", "520603"
    ),
    Ruling("520603", "2010-2020", "changed", "gained three townships of Tongren city (522201) in 2011", "520602"),
    Ruling("340523", "2010-2020", "changed", "Shenxiang town went to Jiujiang district (340207) in 2011", "340207"),
    Ruling("340281", "2010-2020", "changed", "two towns went to Jiujiang district (340207) in 2014", "340207", "low"),
    Ruling(
        "340207", "2010-2020", "changed", "gained towns of Hexian and Wuwei in 2011 and 2014", "340523; 340281", "low"
    ),
    Ruling("451102", "2000-2010", "changed", "Pinggui (451103) was cut out of it, which 2010 prints apart", "451103"),
    Ruling(
        "451103",
        "2010-2020",
        "unknown",
        "a management area in 2010, a district in 2020: whether on the same ground is not said",
        "WIKI-COUNTY-2016-07-005",
    ),
    Ruling(
        "320611",
        "2010-2020",
        "same",
        "merged into Chongchuan in 2020; the census of 2020 still prints both apart",
        "WIKI-COUNTY-2020-03-002",
    ),
    Ruling(
        "320613",
        "2010-2020",
        "same",
        "merged with Gangzha in 2020; the census of 2020 still prints both apart",
        "WIKI-COUNTY-2020-03-002",
    ),
    Ruling(
        "340208",
        "2010-2020",
        "same",
        "merged into Yijiang in 2020; the census of 2020 still prints both apart",
        "WIKI-COUNTY-2020-03-004",
    ),
    Ruling(
        "340209",
        "2010-2020",
        "same",
        "merged with Sanshan in 2020; the census of 2020 still prints both apart",
        "WIKI-COUNTY-2020-03-004",
    ),
)

# Cities of the Production and Construction Corps and ports, cut out of neighbours that no event names.
CUT_OUT = {
    "2000-2010": ("659002", "659003", "659004"),
    "2010-2020": ("652702", "654004", "659005", "659006", "659007", "659008", "659009", "659010"),
}

# Facts on the airport zone, from the roster of facts on the programme's units: code of 2010, fact.
ZONE_FACTS = {
    "410122": "lost ground to the airport zone (410173) and the economic development zone (410171)",
    "410184": "lost ground to the airport zone (410173)",
    "410223": "lost some ground to the airport zone (410173)",
}
ZONE_FACTS_EVIDENCE = "programme_facts; 410173"

# Prefixes (of 2010) whose units changed code by a rule other than an event after August 2016; all others before it.
MOVED_AFTER_AUGUST_2016 = ("2203", "2307", "3206", "3402", "3706", "3712", "4210", "5202", "5424", "6323", "6328")

# Names in 2010 that the workbook misprints, as they should be. Three pairs stand the wrong way round: by their codes in
# Tangshan; by what their neighbours in time and a merger say of the figures in Harbin and Yili, where the codes
# are wrong with them.
NAMES_2010 = {
    "130207": "丰南区",
    "130208": "丰润区",
    "230108": "香坊区",
    "230110": "平房区",
    "654002": "奎屯市",
    "654003": "伊宁市",
    "130523": "内丘县",
    "411502": "浉河区",
    "430681": "汨罗市",
    "542428": "班戈县",
    "632857": "大柴旦行委",
    "632891": "茫崖行委",
}

# Names of units that only the census of 2000 has; its file has none in characters.
NAMES_2000 = {
    "120107": "塘沽区", "120108": "汉沽区", "120109": "大港区", "130206": "新区", "230105": "太平区",
    "230107": "动力区", "230802": "永红区", "310102": "南市区", "310225": "南汇县", "320112": "大厂区",
    "320122": "江浦县", "320212": "马山区", "320586": "吴县市", "320704": "云台区", "330501": "湖州市区",
    "340204": "新芜区", "340505": "向山区", "350202": "鼓浪屿区", "350204": "开元区", "350321": "莆田县",
    "410504": "铁西区", "410511": "郊区", "430402": "江东区", "430403": "城南区", "430404": "城北区",
    "430411": "郊区", "440102": "东山区", "440107": "芳村区", "440202": "北江区", "440506": "达濠区",
    "440508": "金园区", "440509": "升平区", "440510": "河浦区", "440602": "城区", "440603": "石湾区",
    "450104": "城北区", "450106": "永新区", "450111": "市郊区", "450211": "市郊区", "450411": "市郊区",
    "460102": "振东区", "460103": "新华区", "469038": "南沙群岛", "469039": "中沙群岛", "510902": "市中区",
    "533221": "丽江纳西族自治县", "640102": "城区", "640103": "新城区", "640111": "郊区", "640203": "石嘴山区",
    "640204": "石炭井区", "640222": "陶乐县", "650108": "东山区", "652303": "米泉市",
}  # fmt: skip
# Their prefectures, where the units of 2010 with the same four digits do not tell.
PREFECTURES_2000 = {"469038": "南沙群岛", "469039": "中沙群岛", "533221": "丽江市"}

# Codes in August 2016 that are neither those of 2010 nor those of 2020, or that no event dates; by unit.
CODES_2016 = {
    "341422": "340225",
    "512081": "510180",
    "540630-2020": "542431",
    "130421": "130421",
}
