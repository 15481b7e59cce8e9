"""The programme's roster, which is kept by hand."""

from analysis.data.schemas.forms import CODE, HANZI, PINYIN, Rule, Table, one_of

PROGRAMME_UNITS = Table(
    columns={
        "code": CODE,
        "name": HANZI,
        "pinyin": PINYIN,
        "prefecture": HANZI,
        "prefecture_pinyin": PINYIN,
        "code2010": CODE,
        "code2020": CODE,
        "type2016": one_of("county", "county_city"),
    },
    key=("code",),
    rules=(
        Rule("code2010", "a code once in the table", lambda f: ~f.duplicated(subset="code2010")),
        Rule("code2020", "a code once in the table", lambda f: ~f.duplicated(subset="code2020")),
        Rule(
            "type2016",
            "county for a name in 县, county_city for a name in 市",
            lambda f: f["type2016"] == f["name"].str[-1].map({"县": "county", "市": "county_city"}),
        ),
    ),
)
