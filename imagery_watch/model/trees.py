"""Boosted trees, as plain arrays: a second opinion on what changed, learnt from simulated looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.arrays import Doubles, Floats


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """Trees whose leaves add up to a logit, and the evidence that a logit stands for."""

    features: tuple[str, ...]
    """Names of the columns, in the order in which the trees know them."""
    roots: NDArray[np.int32] = field(repr=False)
    """(tree,): its first node."""
    column: NDArray[np.int32] = field(repr=False)
    """(node,): the feature that decides; -1 in a leaf."""
    threshold: Doubles = field(repr=False)
    """(node,): up to and including it the left branch is taken."""
    left: NDArray[np.int32] = field(repr=False)
    right: NDArray[np.int32] = field(repr=False)
    value: Doubles = field(repr=False)
    """(node,): what a leaf adds."""
    baseline: float
    logits: Doubles = field(repr=False)
    """(step,): increasing."""
    evidence: Doubles = field(repr=False)
    """(step,): log-likelihood ratio against clutter at which the law of false hits promises as many as there were of
    each of `logits` on simulated ground on which nothing came or left."""

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "TreeEnsemble":
        """The ensemble of a JSON document with these fields. Raises KeyError where one is missing."""
        return TreeEnsemble(
            features=tuple(document["features"]),
            roots=np.array(document["roots"], np.int32),
            column=np.array(document["column"], np.int32),
            threshold=np.array(document["threshold"], np.float64),
            left=np.array(document["left"], np.int32),
            right=np.array(document["right"], np.int32),
            value=np.array(document["value"], np.float64),
            baseline=float(document["baseline"]),
            logits=np.array(document["logits"], np.float64),
            evidence=np.array(document["evidence"], np.float64),
        )

    def logit(self, rows: Floats) -> Doubles:
        """(row,): of rows (row, feature) whose columns are `features`."""
        total = np.full(len(rows), self.baseline)
        for root in self.roots:
            node = np.full(len(rows), root, np.int32)
            while (inner := self.column[node] >= 0).any():
                at = node[inner]
                goes_left = rows[inner, self.column[at]] <= self.threshold[at]
                node[inner] = np.where(goes_left, self.left[at], self.right[at])
            total += self.value[node]
        return total

    def llr(self, rows: Floats, names: Sequence[str]) -> Doubles:
        """(row,): the evidence of rows whose columns are `names`; these must be the ensemble's own.

        Raises ValueError where they are not.
        """
        if tuple(names) != self.features:
            raise ValueError(f"trees of {len(self.features)} features were given {len(names)} of other names")
        return np.interp(self.logit(rows), self.logits, self.evidence) if len(rows) else np.zeros(0)
