"""Which simulated heights count."""


def usable(values):
    return [value for value in values if value > 0]
