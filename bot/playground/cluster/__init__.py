"""A simulated Kubernetes cluster with Cilium, over the real protocols, on loopback only."""

from .access import User
from .faults import Fault
from .ledger import Mutation
from .simulation import SimulatedCluster

__all__ = ["Fault", "Mutation", "SimulatedCluster", "User"]
