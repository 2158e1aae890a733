"""Mantel-Haenszel risk ratios over strata by two other programs, for src/evaluation/stratified.rs.

pip install statsmodels==0.15.0 PythonMeta==1.26; python stratified.py > stratified.json

statsmodels tells the pooled ratio (StratifiedTable), PythonMeta the ratio and the Greenland-Robins
standard error of its logarithm. Rows: [hit, spared, other_hit, other_spared]; rows may hold halves,
as the half case that is added where it happened to nobody of one group.
"""

import json

import numpy as np
from PythonMeta.core import MH_total_RR
from statsmodels.stats.contingency_tables import StratifiedTable

WORLDS = {
    "one stratum": [[10, 90, 25, 75]],
    "three strata": [[4, 36, 30, 170], [9, 21, 44, 76], [12, 8, 31, 14]],
    "more risk with it": [[8, 12, 20, 80], [5, 15, 9, 71]],
    "sparse": [[1, 1, 1, 4], [0, 1, 1, 3], [1, 0, 2, 1], [0, 2, 3, 5], [1, 2, 0, 6], [0, 1, 0, 9]],
}


def corrected(rows):
    """Half a case in each cell, divided over the strata by their sizes."""
    people = sum(sum(row) for row in rows)
    return [[cell + 0.5 * sum(row) / people for cell in row] for row in rows]


CORRECTED = {
    "nobody with it": [[0, 12, 8, 40], [0, 5, 9, 21]],
    "nobody without it": [[2, 10, 0, 30], [1, 9, 0, 12]],
}


def told(rows, used):
    table = np.array([[[a, b], [c, d]] for a, b, c, d in used], dtype=float)
    ratio = StratifiedTable(table.transpose(1, 2, 0)).riskratio_pooled
    found = {"strata": rows, "ratio": float(ratio), "log_error": None}
    # PythonMeta changes tables with an empty cell.
    if all(all(row) for row in used):
        studies = [[*row, "stratum %d" % at, sum(row)] for at, row in enumerate(used)]
        meta = MH_total_RR(studies)[0]
        assert abs(meta[1] - ratio) < 1e-12
        found["log_error"] = float(meta[6])
    return found


def main():
    found = {name: told(rows, rows) for name, rows in WORLDS.items()}
    found.update({name: told(rows, corrected(rows)) for name, rows in CORRECTED.items()})
    print(json.dumps(found, indent=1))


main()
