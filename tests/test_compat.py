"""Where latex2sympy2 reads a formula of the corpus right, by its value, so do we.

It cannot share an environment with some other packages: give the interpreter of its own environment in
``SYMDERIVE_COMPAT_PYTHON``; without that, and without the extra ``compat`` here, the test is skipped.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_formulas import RIGHT, UNREAD, near, right

WORKER = Path(__file__).parent.parent / "benchmarks" / "foreign.py"


@pytest.fixture(scope="module")
def theirs():
    """What latex2sympy2 makes of each formula, by its number."""
    python = os.environ.get("SYMDERIVE_COMPAT_PYTHON") or sys.executable
    if python == sys.executable and importlib.util.find_spec("latex2sympy2") is None:
        pytest.skip("latex2sympy2 is not installed; see SYMDERIVE_COMPAT_PYTHON")
    items = [{"latex": x["latex"], "values": x["values"], "kind": x["kind"]} for x in RIGHT]
    command = [python, str(WORKER), "latex2sympy2"]
    done = subprocess.run(command, input=json.dumps(items), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_what_latex2sympy2_reads_right_is_read_right_here(theirs):
    agreed = 0
    for x, found in zip(RIGHT, theirs, strict=True):
        wanted = x["value"] if x["kind"] == "relation" else [x["value"]]
        known = found["outcome"] == "value" and None not in wanted and len(found["value"]) == len(wanted)
        if known and all(map(near, found["value"], wanted)) and x["id"] not in UNREAD:
            assert right(x) is True, x["latex"]
            agreed += 1
    assert agreed >= 15
