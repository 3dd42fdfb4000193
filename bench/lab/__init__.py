"""What the benchmarks are made of: proxies, loads, the kernel's accounts, tables and plots."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
