import subprocess

import pypandoc
import pytest

from publishing.press import HERE

SAID = {
    r"V_{id} = p_d\, w_d + q_d - c_{id} - h_{d} ,": "V sub i d equals p sub d times w sub d plus q sub d minus c sub i d minus h sub d",
    r"A_i = \sum_{j \neq i} \frac{N_j}{\tau_{ij}^{\,\theta}}": "A sub i equals the sum over j is not equal to i of the fraction N sub j over tau sub i j to the power theta, end of fraction",
    r"\Delta u_i = \alpha + X_{i}' \gamma + \varepsilon_i": "Delta u sub i equals alpha plus X sub i prime times gamma plus epsilon sub i",
    r"\left(\sigma_s^2 + 1\right)\left(\frac{1}{k}\right)": "open bracket sigma sub s squared plus 1 close bracket times open bracket 1 over k close bracket",
    r"\tau_{ij} \geq 1": "tau sub i j is at least 1",
    r"D = \sqrt{C\,T}": "D equals the square root of C times T, end of root",
    r"\sqrt[3]{x}": "the root of degree 3 of x",
    r"\sum_{i=1}^{n} x_i^3": "the sum over i equals 1 up to n of x sub i cubed",
    r"\hat{\beta} \approx \bar{y}": "beta hat is about y bar",
    r"x'' > 0": "x double prime is greater than 0",
    r"\lambda^*": "lambda star",
    r"x^{-1}": "x to the power minus 1",
    r"\text{share of homes}_i = 0.5.": "share of homes sub i equals 0.5",
    r"\operatorname{Var}(u) \pm \infty": "Var open bracket u close bracket plus or minus infinity",
    r"\mathbf{X}\beta": "X times beta",
    r"\log x": "log x",
    r"\neverheard{x}": "neverheard x",
    "2i": "2 times i",
    # What no author meant still ends, with some words.
    r"\frac{1": "1 over",
    r"\left( x": "open bracket x",
    "}": "close brace",
    r"x_": "x sub",
}


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each equation is in words, from one run of pandoc."""
    script = f"local m = dofile([[{HERE / 'math_words.lua'}]]); for line in io.lines() do print(m.say(line)) end"
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "lua", "-e", script],
        input="\n".join(SAID), capture_output=True, text=True, encoding="utf-8", check=True, timeout=60,
    )  # fmt: skip
    return dict(zip(SAID, done.stdout.splitlines(), strict=True))


@pytest.mark.parametrize("tex", SAID)
def test_an_equation_in_words(said: dict[str, str], tex: str) -> None:
    assert said[tex] == SAID[tex]
