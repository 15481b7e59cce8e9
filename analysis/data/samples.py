"""How many counties, banners and county-level cities each rule of linking adds to a comparison, or drops from it."""

import pandas as pd

from analysis.study import Study

KINDS = ("county", "county_city", "banner")
GROUPS = ("treated", "neighbours", "others")
RULES = (
    "in the earlier census",
    "code in the later census too",
    "code now another unit's",
    "linked by event",
    "linked by name",
    "linked by ruling",
    "ground changed",
    "ground unknown",
    "comparable",
    "zone",
    "zone suspected",
    "comparable without zones",
)
_CODES = {"2000-2010": ("code2000", "code2010"), "2010-2020": ("code2010", "code2020")}
_OPENED = {"event": "linked by event", "name match": "linked by name", "code change": "linked by ruling"}


def samples(
    units: pd.DataFrame, cases: pd.DataFrame, study: Study, period: str = "2010-2020", kinds: tuple[str, ...] = KINDS
) -> pd.DataFrame:
    """Units that each rule adds or drops, and how many are left after it, by group of provinces.

    `units` and `cases` are the tables of those names, `kinds` the kinds of unit (in 2010) that count. The groups
    are the treated province, its neighbours, and all others. Rows are in the order in which rules apply. From
    all units of the earlier census the first rule keeps those whose code the later census has as well; each
    rule after it adds units that it links, or drops units; `comparable` and `comparable without zones` drop none.

    Returns:
        A frame with group, rule, units (units the rule adds, negative where it drops) and left.
    """
    before, after = _CODES[period]
    ground = units[f"ground_{period.replace('-', '_')}"]
    here = units[(units[before] != "") & units["unit_type"].isin(kinds)]
    later = set(units[after]) - {""}
    carried = cases[(cases["period"] == period) & (cases["decision"] == "carried on")]
    rule_of = dict(zip(carried["unit_id"], carried["opened_by"].map(_OPENED), strict=True))
    province = here[before].str[:2]
    group = province.map({study.treated: "treated"} | dict.fromkeys(study.neighbours, "neighbours")).fillna("others")
    kept_code = here[before].isin(later)
    linked = here[after] != ""
    rules = here["unit_id"].map(rule_of)
    suspected = (here["zone_suspected"] == 1) & (period == "2010-2020")
    fine = linked & ~ground[here.index].isin(["changed", "unknown"])
    flags: list[tuple[str, pd.Series[bool] | None, int]] = [
        ("in the earlier census", kept_code | ~kept_code, 1),
        ("code in the later census too", ~kept_code, -1),
        ("code now another unit's", kept_code & (here[before] != here[after]), -1),
        *((rule, linked & (here[before] != here[after]) & (rules == rule), 1) for rule in _OPENED.values()),
        ("ground changed", linked & (ground[here.index] == "changed"), -1),
        ("ground unknown", linked & (ground[here.index] == "unknown"), -1),
        ("comparable", None, 0),
        ("zone", fine & (ground[here.index] == "zone"), -1),
        ("zone suspected", fine & (ground[here.index] != "zone") & suspected, -1),
        ("comparable without zones", None, 0),
    ]
    rows = []
    for name in GROUPS:
        left = 0
        for rule, flag, sign in flags:
            count = 0 if flag is None else sign * int((flag & (group == name)).sum())
            left += count
            rows.append({"group": name, "rule": rule, "units": count, "left": left})
    return pd.DataFrame(rows)
