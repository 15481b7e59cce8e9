"""Look findings up, and show them."""

import json
import sys
from pathlib import Path

FINDINGS = Path("bld/findings")


class Shown:
    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text

    def _repr_markdown_(self):
        return self.text.replace(".", "\\.")


def _value(key):
    sys.audit("report.finding", key)
    document = json.loads((FINDINGS / f"{key.partition('.')[0]}.json").read_text(encoding="utf-8"))
    found = document["findings"][key]
    return f"{found['value']:g} {found['unit']}"


def finding(key):
    return Shown(_value(key))


class Table:
    def __init__(self, keys):
        self.rows = [(key, _value(key)) for key in keys]

    def _repr_markdown_(self):
        rows = "".join(f"<tr><td>{key}</td><td>{value}</td></tr>" for key, value in self.rows)
        return (
            f"```{{=html}}\n<table><thead><tr><th>Key</th><th>Value</th></tr></thead><tbody>{rows}</tbody></table>\n```"
        )

    def csv(self):
        return "".join(f"{key},{value}\r\n" for key, value in [("Key", "Value"), *self.rows])


def table(*keys):
    return Table(keys)
