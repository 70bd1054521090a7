"""Faults: causes that can be put into the cluster and taken out again."""

from .board import Fault, FaultBoard
from .catalogue import CATALOGUE, FaultKind, Target

__all__ = ["CATALOGUE", "Fault", "FaultBoard", "FaultKind", "Target"]
