"""node-postgres through the gateway; tests/node/driver.js has the scenarios."""

import json

from harness import process
from harness.gateway import ROOT

MODULE = ROOT / "build/node/node_modules/pg"


def test_node_postgres(gateway, table):
    assert MODULE.is_dir(), "make build/node/.installed brings node's driver"
    out = process.run(["node", ROOT / "tests/node/driver.js", gateway.port],
                      env={"PG_MODULE": str(MODULE)}, seconds=60)
    assert json.loads(out) == {
        "readsItsWrites": 0,
        "namedStatements": [2 * n for n in range(20)],
        "transaction": 0,
        "errorThenGoesOn": ["22012", 1],
        "pool": 100,
        "queuedQueries": True,
        "notifications": "low",
    }


