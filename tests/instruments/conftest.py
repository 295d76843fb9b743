"""The arithmetic of the pages in node: its modules load there as they stand, without a browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import dsconv_lib.instruments

FOLDER = Path(dsconv_lib.instruments.__file__).parent
SCRIPT = """
import { readFileSync } from "node:fs";
const modules = await Promise.all(%s.map((address) => import(address)));
const code = Object.assign({}, ...modules);
const asked = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify((%s)(asked)));
"""


@pytest.fixture(scope="session")
def node():
    """Call a JavaScript function; what the named modules export stands in it under ``code``."""
    program = shutil.which("node")
    assert program, "no node: `npm ci --ignore-scripts` and the tests of the JavaScript need it"

    def call(modules: str, function: str, asked):
        addresses = json.dumps([(FOLDER / f"{name}.js").as_uri() for name in modules.split()])
        done = subprocess.run(
            [program, "--input-type=module", "-e", SCRIPT % (addresses, function)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call
