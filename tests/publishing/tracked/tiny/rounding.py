"""How the simulated findings are rounded."""


def rounded(value):
    return round(value, 3)
