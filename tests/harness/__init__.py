"""Real clusters and a real gateway for the tests: helpers as methods, waits with deadlines."""

from .cluster import Cluster
from .gateway import Gateway, Route, is_direct
from .node import Node
from .wait import wait_for

__all__ = ["Cluster", "Gateway", "Node", "Route", "is_direct", "wait_for"]
