"""Help answers at once."""

import subprocess
import sys

HEAVY = ("aiokafka", "alembic", "fastapi", "numpy", "pydantic", "rapidfuzz", "sqlalchemy", "uvicorn")

PROGRAM = f"""
import sys
from anpr_match.cli import main
sys.argv = ["anpr-match", "--help"]
try:
    main()
except SystemExit:
    pass
print("loaded:", [name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


def test_help_loads_nothing_heavy() -> None:
    """`anpr-match --help` loads no framework, driver or number cruncher: they take longer than it may."""
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert "serve" in said.stdout
    assert said.stderr.strip() == "loaded: []"
