"""Where things are: the one module that knows the folders of the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
SEEDS = ROOT / "seeds"
STUDY = ROOT / "study.yml"
BUILD = ROOT / "bld"
FINDINGS = BUILD / "findings"
SAMPLES = BUILD / "samples"
RECORDS = ROOT / "records"
