"""Units of the censuses of 2010 and 2020 and the package's polygons: what codes and names can't settle.

Reviewed by hand against the record of boundary events, and where that is silent against the areas of the county
yearbook: those say that a unit's area is another one, not what it gave or took. The package shows the borders of
2021: it has Linping (临平, from April 2021), and neither Xinxing (新星, a city since 2021) nor Baiyang (白杨,
November 2022).
"""

from dataclasses import dataclass

SAME, PART, CHANGED, MERGED, NONE = ("same", "part", "changed", "merged", "none")


@dataclass(frozen=True)
class Case:
    """A unit of a census (code) and the polygons that it has or lies in, with the reason.

    Relations: `same`, the polygon is the unit; `part`, the polygons together are the unit; `changed`, the polygon
    bears the unit's name, but ground was given or taken since; `merged`, the polygon holds the unit and others, so
    that the unit has none of its own; `none`, no polygon shows the unit.
    """

    code: str
    relation: str
    polygons: tuple[str, ...]
    reason: str


def _all(relation: str, codes: str, polygons: str, reason: str) -> tuple[Case, ...]:
    return tuple(Case(code, relation, tuple(polygons.split()), reason) for code in codes.split())


# Same ground under a name with another stem: code in a census, polygon. The workbook of 2010 misprints some names
# (内邱, 狮河, 汩罗, 班嘎) and gives Fengrun (丰润) and Fengnan (丰南) each other's; their codes and figures are right.
RENAMED = {
    "120225": "120119", "130223": "130284", "130526": "130505", "130602": "130602", "130523": "130523",
    "140227": "140215", "140421": "140404", "210112": "210112", "320803": "320803", "340221": "340210",
    "340721": "340706", "341402": "340181", "360421": "360404", "361121": "361104", "371202": "370116",
    "371324": "371324", "371421": "371403", "410224": "410212", "411023": "411003", "411222": "411203",
    "411502": "411502", "420321": "420304", "420607": "420607", "430221": "430212", "430681": "430681",
    "451103": "451103", "500234": "500154", "510124": "510117", "510724": "510705", "510802": "510802",
    "510811": "510811", "520222": "520281", "522401": "520502", "533103": "533103", "542121": "540302",
    "542301": "540202", "542421": "540602", "542428": "540627", "542621": "540402", "610125": "610118",
    "610427": "610482", "610521": "610503", "610626": "610626", "632857": "632825", "652101": "650402",
    "652201": "650502", "232761": "232718", "460391": "460301", "450127": "450127", "522423": "520581",
    "542221": "540502", "340210": "340210", "632121": "630203", "632123": "630202", "130207": "130207",
    "130208": "130208",
}  # fmt: skip

CASES: dict[int, tuple[Case, ...]] = {
    2010: (
        # Mergers: the later polygon holds all of them.
        *_all(MERGED, "110101 110103", "110101", "Dongcheng and Chongwen became Dongcheng, 2010"),
        *_all(MERGED, "110102 110104", "110102", "Xicheng and Xuanwu became Xicheng, 2010"),
        *_all(MERGED, "130230", "130209", "Tanghai became part of Caofeidian, which is twice as large, 2012"),
        *_all(MERGED, "130603 130604", "130606", "Beishi and Nanshi became Lianchi, 2015"),
        *_all(MERGED, "140402 140411", "140403", "the city and suburban districts became Luzhou, 2018"),
        *_all(MERGED, "230712 230714", "230723", "Tangwanghe and Wuyiling became Tangwang county, 2019"),
        *_all(MERGED, "230707 230710 230715", "230724", "Xinqing, Wuying and Hongxing became Fenglin county, 2019"),
        *_all(MERGED, "230713", "230725", "Dailing became part of Daqingshan county, 2019"),
        *_all(MERGED, "230702 230708", "230717", "Yichun, Meixi and part of Wumahe became Yimei, 2019"),
        *_all(MERGED, "230706", "230718", "Cuiluan and part of Wumahe became Wucui, 2019"),
        *_all(MERGED, "230704 230716", "230719", "Youhao and Shangganling became Youhao, 2019"),
        *_all(MERGED, "230705 230709", "230751", "Xilin and Jinshantun became Jinlin, 2019"),
        *_all(MERGED, "310101 310103", "310101", "Huangpu and Luwan became Huangpu, 2011"),
        *_all(MERGED, "310106 310108", "310106", "Jing'an and Zhabei became Jing'an, 2015"),
        *_all(MERGED, "320103 320104", "320104", "Baixia and Qinhuai became Qinhuai, 2013"),
        *_all(MERGED, "320106 320107", "320106", "Gulou and Xiaguan became Gulou, 2013"),
        *_all(MERGED, "320202 320203 320204", "320213", "Chong'an, Nanchang and Beitang became Liangxi, 2015"),
        *_all(MERGED, "320405", "320412", "Qishuyan became part of Wujin, 2015"),
        *_all(MERGED, "320502 320503 320504", "320508", "Canglang, Pingjiang and Jinchang became Gusu, 2012"),
        *_all(MERGED, "320602 320611", "320613", "Chongchuan and Gangzha became Chongchuan, 2020"),
        *_all(MERGED, "320705 320706", "320706", "Xinpu and Haizhou became Haizhou, 2014"),
        *_all(MERGED, "320802 320811", "320812", "Qinghe and Qingpu became Qingjiangpu, 2016"),
        *_all(MERGED, "321011", "321003", "Weiyang became part of Hanjiang, 2011"),
        *_all(MERGED, "330103 330105", "330105", "Xiacheng and Gongshu became Gongshu, 2021"),
        *_all(MERGED, "330204", "330212", "Jiangdong became part of Yinzhou, 2016"),
        *_all(MERGED, "340203 340208", "340209", "Yijiang and Sanshan became Yijiang, 2020"),
        *_all(MERGED, "340502 340503", "340503", "Jinjiazhuang and Huashan became Huashan, 2012"),
        *_all(MERGED, "340702 340703", "340705", "Tongguanshan and Shizishan became Tongguan, 2015"),
        *_all(MERGED, "350402 350403", "350404", "Meilie and Sanyuan became Sanyuan, 2021"),
        *_all(MERGED, "360105", "360112", "Wanli became part of Xinjian, 2019"),
        *_all(MERGED, "370203 370205", "370203", "Shibei and Sifang became Shibei, 2012"),
        *_all(MERGED, "370211 370284", "370211", "Huangdao and Jiaonan became Huangdao, 2012"),
        *_all(MERGED, "370634", "370614", "Changdao became part of Penglai, 2020"),
        *_all(MERGED, "370802 370811", "370811", "Shizhong and Rencheng became Rencheng, 2013"),
        *_all(MERGED, "410202 410211", "410202", "Longting and Jinming became Longting, 2014"),
        *_all(MERGED, "410306", "410308", "Jili became part of Mengjin, 2021"),
        *_all(MERGED, "440112 440116", "440112", "Huangpu and Luogang became Huangpu, 2014"),
        *_all(MERGED, "440903", "440904", "Maogang became part of Dianbai, 2014"),
        *_all(MERGED, "450403 450404", "450403", "Wanxiu and Dieshan became Wanxiu, less a township, 2013"),
        *_all(MERGED, "500110 500222", "500110", "Wansheng and Qijiang became Qijiang, 2011"),
        *_all(MERGED, "500111", "500111", "Shuangqiao became part of Dazu, 2011"),
        *_all(MERGED, "520114", "520111", "Xiaohe became part of Huaxi, 2012"),
        *_all(MERGED, "632891 632892", "632803", "Mangya and Lenghu became Mangya city, 2018"),
        *_all(MERGED, "130705", "130705", "the district and most of the county of Xuanhua became one district, 2016"),
        *_all(MERGED, "140203", "140214", "the mining district and parts of two districts became Yungang, 2018"),
        # Dissolved: the ground is in several polygons, none of which continues the unit.
        *_all(NONE, "130103", "", "Qiaodong was divided between Chang'an and Qiaoxi, 2014"),
        *_all(NONE, "130421", "", "Handan county was divided between Congtai, Hanshan and Fuxing, 2016"),
        *_all(NONE, "130521", "", "Xingtai county was divided between Xiangdu and Xindu, 2020"),
        *_all(NONE, "130721", "", "Xuanhua county was divided between Xuanhua, Qiaodong and Qiaoxi, 2016"),
        *_all(NONE, "140202 140211", "", "the city and southern suburban districts became Pingcheng and Yungang, 2018"),
        *_all(NONE, "230711", "", "Wumahe was divided between Yimei and Wucui, 2019"),
        *_all(NONE, "320304", "", "Jiuli was divided between Gulou, Quanshan and Tongshan, 2010"),
        *_all(NONE, "330104", "", "Jianggan was divided between Shangcheng and Qiantang, 2021"),
        *_all(NONE, "520321 520302 520303", "", "Zunyi county lost ten towns to Honghuagang and Huichuan, 2016"),
        *_all(
            NONE,
            "232762 232763 232764",
            "",
            "a forest district that is no division of the country; its ground is in polygons of counties and banners",
        ),
        # Divided since: the parts together are the unit.
        *_all(PART, "150602", "150602 150603", "Kangbashi was made from Dongsheng, 2016"),
        *_all(PART, "150781", "150781 150703", "Zhalainuo'er was made from Manzhouli, 2013"),
        *_all(PART, "330110", "330110 330113", "Linping was made from Yuhang, 2021"),
        *_all(PART, "330327", "330327 330383", "Longgang was made from Cangnan, 2019"),
        *_all(PART, "340521", "340521 340506", "Bowang was made from Dangtu, 2012"),
        *_all(PART, "341522", "341522 341504", "Yeji was made from Huoqiu, 2015"),
        *_all(PART, "440306", "440306 440309 440311", "Longhua and Guangming were made from Bao'an, 2016 and 2018"),
        *_all(PART, "440307", "440307 440310", "Pingshan was made from Longgang, 2016"),
        *_all(PART, "450902", "450902 450903", "Fumian was made from Yuzhou, 2013"),
        *_all(PART, "460200", "460202 460203 460204 460205", "Sanya was divided into four districts, 2014"),
        *_all(PART, "511602", "511602 511603", "Qianfeng was made from Guang'an, 2013"),
        *_all(PART, "511902", "511902 511903", "Enyang was made from Bazhou, 2013"),
        *_all(PART, "542430", "540629 540630", "Shuanghu was made from Nyima, 2012"),
        # Ground given or taken, so that the polygon of the same name is not quite the unit of 2010.
        *_all(CHANGED, "130102", "130102", "took part of Qiaodong, 2014"),
        *_all(CHANGED, "130104", "130104", "took part of Qiaodong, 2014"),
        *_all(CHANGED, "130302", "130302", "took three towns of Funing, 2015"),
        *_all(CHANGED, "130304", "130304", "took a town of Funing, 2015"),
        *_all(CHANGED, "130323", "130306", "lost four towns to Haigang and Beidaihe, 2015"),
        *_all(CHANGED, "130402", "130402", "took parts of Handan county and of Ci county, 2016"),
        *_all(CHANGED, "130403", "130403", "took parts of Handan county and of Yongnian, 2016"),
        *_all(CHANGED, "130404", "130404", "took part of Handan county, 2016"),
        *_all(CHANGED, "130427", "130427", "lost five townships to Hanshan, 2016"),
        *_all(CHANGED, "130429", "130408", "lost three townships to Congtai, 2016"),
        *_all(CHANGED, "130502", "130502", "Qiaodong took part of Xingtai county and became Xiangdu, 2020"),
        *_all(CHANGED, "130503", "130503", "Qiaoxi took most of Xingtai county and became Xindu, 2020"),
        *_all(CHANGED, "130702", "130702", "took two townships of Xuanhua county, 2016"),
        *_all(CHANGED, "130703", "130703", "took two towns of Xuanhua county, 2016"),
        *_all(CHANGED, "230781", "230781", "lost a town to Daqingshan, 2019"),
        *_all(CHANGED, "320205", "320205", "lost a township to Xinwu, 2015"),
        *_all(CHANGED, "320211", "320211", "lost five subdistricts to Xinwu, 2015"),
        *_all(CHANGED, "320302", "320302", "took part of Jiuli, 2010"),
        *_all(CHANGED, "320311", "320311", "took part of Jiuli, 2010"),
        *_all(CHANGED, "320323", "320312", "took most of Jiuli, 2010"),
        *_all(CHANGED, "320411", "320411", "took a town of Wujin, 2015"),
        *_all(CHANGED, "320412", "320412", "took Qishuyan and lost a town to Xinbei, 2015"),
        *_all(CHANGED, "321002", "321002", "took five towns of Hanjiang, 2011"),
        *_all(CHANGED, "321003", "321003", "took Weiyang and lost five towns to Guangling, 2011"),
        *_all(CHANGED, "330102", "330102", "took most of Jianggan, 2021"),
        *_all(CHANGED, "330109", "330109", "lost five subdistricts to Qiantang, 2021"),
        *_all(CHANGED, "330203", "330203", "took nine townships of Yinzhou, 2016"),
        *_all(CHANGED, "330212", "330212", "took Jiangdong and lost nine townships to Haishu, 2016"),
        *_all(CHANGED, "330602", "330602", "took three towns of Shaoxing county, 2013"),
        *_all(CHANGED, "330621", "330603", "lost three towns to Yuecheng, 2013"),
        *_all(CHANGED, "360102", "360102", "lost two subdistricts to Honggutan, 2019"),
        *_all(CHANGED, "360122", "360112", "took Wanli and lost a town to Honggutan, 2019"),
        *_all(CHANGED, "360402", "360402", "Lushan lost a town to the city of Lushan and became Lianxi, 2016"),
        *_all(CHANGED, "360425", "360425", "lost towns to Gongqingcheng, 2010"),
        *_all(CHANGED, "360426", "360426", "lost towns to Gongqingcheng, 2010"),
        *_all(CHANGED, "360427", "360483", "lost two townships to Gongqingcheng, 2010; took a town of Lushan, 2016"),
        *_all(CHANGED, "370684", "370614", "took Changdao, islands, 2020"),
        *_all(CHANGED, "371002", "371002", "took two towns of Wendeng, 2014"),
        *_all(CHANGED, "371081", "371003", "lost two towns to Huancui, 2014"),
        *_all(CHANGED, "410322", "410308", "took Jili, 2021"),
        *_all(CHANGED, "410381", "410307", "948 km2 in the yearbooks of 2007 to 2012, 666 in that of 2023"),
        *_all(CHANGED, "320723", "320723", "1,853 km2 in the yearbooks of 2007 to 2012, 1,529 in that of 2023"),
        *_all(CHANGED, "340123", "340123", "1,970 km2 in the yearbooks of 2007 to 2012, 1,695 in that of 2023"),
        *_all(CHANGED, "430121", "430121", "1,997 km2 in the yearbooks of 2007 to 2012, 1,756 in that of 2023"),
        *_all(CHANGED, "441421", "441403", "2,755 km2 in the yearbooks of 2007 to 2012, 2,477 in that of 2023"),
        *_all(CHANGED, "450221", "450206", "2,539 km2 in the yearbooks of 2007 to 2012, 1,773 in that of 2023"),
        *_all(CHANGED, "522601", "522601", "1,306 km2 in the yearbooks of 2007 to 2012, 1,570 in that of 2023"),
        *_all(CHANGED, "522635", "522635", "1,222 km2 in the yearbooks of 2007 to 2012, 957 in that of 2023"),
        *_all(CHANGED, "653101", "653101", "555 km2 in the yearbooks of 2007 to 2012, 1,001 in that of 2023"),
        *_all(CHANGED, "653121", "653121", "3,144 km2 in the yearbooks of 2007 to 2012, 2,711 in that of 2023"),
        *_all(CHANGED, "341422", "340281", "2,433 km2 in the yearbooks of 2007 to 2012, 2,020 in that of 2023"),
        *_all(CHANGED, "340823", "340722", "1,808 km2 in the yearbooks of 2007 to 2012, 1,473 in that of 2023"),
        *_all(CHANGED, "410329", "410329", "1,238 km2 in the yearbooks of 2007 to 2012, 1,045 in that of 2023"),
        *_all(CHANGED, "410522", "410522", "1,202 km2 in the yearbooks of 2007 to 2012; the polygon has 947"),
        *_all(CHANGED, "411626", "411603", "1,468 km2 in the yearbooks of 2007 to 2011; the polygon has 1,338"),
        *_all(CHANGED, "440113", "440113", "lost three towns to Nansha, 2012"),
        *_all(CHANGED, "440115", "440115", "took three towns of Panyu, 2012"),
        *_all(CHANGED, "440923", "440904", "took Maogang, 2014"),
        *_all(CHANGED, "445102", "445102", "took three towns of Chao'an, 2013"),
        *_all(CHANGED, "445121", "445103", "lost three towns to Xiangqiao, 2013"),
        *_all(CHANGED, "445202", "445202", "took three towns of Jiedong and lost a subdistrict to it, 2012"),
        *_all(CHANGED, "445221", "445203", "lost three towns to Rongcheng and took a subdistrict of it, 2012"),
        *_all(CHANGED, "445302", "445302", "took two towns of Yun'an and lost one to it, 2014"),
        *_all(CHANGED, "445323", "445303", "lost two towns to Yuncheng and took one of it, 2014"),
        *_all(CHANGED, "450421", "450421 450406", "Longxu was made from it; took a town of Wanxiu, 2013"),
        *_all(CHANGED, "360702", "360702", "took two towns of Nankang, 2013"),
        *_all(CHANGED, "360782", "360703", "lost two towns to Zhanggong, 2013"),
        *_all(CHANGED, "500225", "500111", "took Shuangqiao, 2011"),
        *_all(CHANGED, "511502", "511502", "took five towns of Yibin county and lost three townships to it, 2018"),
        *_all(CHANGED, "511521", "511504", "lost five towns to Cuiping and took three townships of it, 2018"),
        *_all(CHANGED, "511702", "511702", "took nine townships of Da county, 2013"),
        *_all(CHANGED, "511721", "511703", "lost nine townships to Tongchuan, 2013"),
        *_all(CHANGED, "520111", "520111", "took Xiaohe, 2012"),
        *_all(CHANGED, "520112", "520112", "lost three townships to Guanshanhu, 2012"),
        *_all(CHANGED, "520181", "520181", "lost a township to Guanshanhu, 2012"),
        *_all(CHANGED, "520201", "520201", "took townships of Shuicheng, 2020"),
        *_all(CHANGED, "520221", "520204", "lost townships to Zhongshan, 2020"),
        *_all(CHANGED, "522201", "520602", "Tongren city lost townships to Wanshan and became Bijiang, 2011"),
        *_all(CHANGED, "522230", "520603", "took townships of Tongren city, 2011"),
        *_all(CHANGED, "652701", "652701 652702 659007", "Alashankou and Shuanghe were made from it, 2012 and 2014"),
        *_all(CHANGED, "652801", "652801 659006", "Tiemenguan was made from it, 2012"),
        *_all(CHANGED, "654003", "654003", "lost ground to Huyanghe, 2019"),
        *_all(CHANGED, "654202", "654202", "lost ground to Huyanghe, 2019"),
        *_all(CHANGED, "654023", "654023 654004", "Huo'erguosi was made from it; lost ground to Kokdala, 2014, 2015"),
        *_all(CHANGED, "654301", "654301", "lost ground to Beitun, 2011"),
        *_all(CHANGED, "654323", "654323", "lost ground to Beitun, 2011"),
        *_all(CHANGED, "653222", "653222", "lost ground to Kunyu, 2016"),
        *_all(CHANGED, "653223", "653223", "lost ground to Kunyu, 2016"),
    ),
    2020: (
        *_all(MERGED, "320611 320613", "320613", "Chongchuan and Gangzha became Chongchuan, 2020"),
        *_all(MERGED, "330103 330105", "330105", "Xiacheng and Gongshu became Gongshu, 2021"),
        *_all(NONE, "330104", "", "Jianggan was divided between Shangcheng and Qiantang, 2021"),
        *_all(CHANGED, "330102", "330102", "took most of Jianggan, 2021"),
        *_all(CHANGED, "330109", "330109", "lost five subdistricts to Qiantang, 2021"),
        *_all(PART, "330110", "330110 330113", "Linping was made from Yuhang, 2021"),
        *_all(MERGED, "340208 340209", "340209", "Sanshan and Yijiang became Yijiang, 2020"),
        *_all(MERGED, "350402 350403", "350404", "Meilie and Sanyuan became Sanyuan, 2021"),
        *_all(MERGED, "410306", "410308", "Jili became part of Mengjin, 2021"),
        *_all(CHANGED, "410322", "410308", "took Jili, 2021"),
        *_all(SAME, "410381", "410307", "a city until 2021, now a district"),
        *_all(CHANGED, "520201", "520201", "took townships of Shuicheng, 2020"),
        *_all(CHANGED, "520204", "520204", "lost townships to Zhongshan, 2020"),
        *_all(SAME, "232761", "232718", "Jiagedaqi, under another code"),
        *_all(SAME, "632857", "632825", "Dachaidan, which the prefecture governs directly"),
        *_all(SAME, "460391", "460301", "the islands are now the district of Xisha"),
        *_all(SAME, "460392", "460302", "the islands are now the district of Nansha"),
        *_all(NONE, "460393", "", "the islands are governed from Xisha; no polygon bears their name"),
        *_all(
            NONE,
            "232762 232763 232764",
            "",
            "a forest district that is no division of the country; its ground is in polygons of counties and banners",
        ),
    ),
}

# Polygons that no unit of that census is drawn with: the census doesn't count them, or they were made since, from
# parts of units that the list above names.
_JINMEN = {"350527": "Jinmen (金门), which no mainland census counts"}
WITHOUT_UNIT = {
    2010: _JINMEN
    | {
        "140213": "Pingcheng, from two districts, 2018",
        "320214": "Xinwu, from Xishan and Binhu, 2015",
        "330114": "Qiantang, from Jianggan and Xiaoshan, 2021",
        "360113": "Honggutan, from Donghu and Xinjian, 2019",
        "360482": "Gongqingcheng, from De'an, Yongxiu and Xingzi, 2010",
        "460302": "Nansha, islands that the workbook of 2010 doesn't print",
        "520115": "Guanshanhu, from Wudang and Qingzhen, 2012",
        "520302": "Honghuagang, with towns of Zunyi county, 2016",
        "520303": "Huichuan, with towns of Zunyi county, 2016",
        "520304": "Bozhou, the rest of Zunyi county, 2016",
        "659005": "Beitun, 2011",
        "659008": "Kokdala, 2015",
        "659009": "Kunyu, 2016",
        "659010": "Huyanghe, 2019",
    },
    2020: _JINMEN | {"330114": "Qiantang, from Jianggan and Xiaoshan, 2021"},
}
