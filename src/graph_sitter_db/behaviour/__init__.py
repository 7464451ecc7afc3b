"""What a history tells of code: what changes often, what changes together, and who knows it."""

from graph_sitter_db.behaviour.coupling import Coupling, Limits, coupling
from graph_sitter_db.behaviour.hotspots import Hotspot, hotspots
from graph_sitter_db.behaviour.owners import Ownership, ownership

__all__ = [
    "Coupling",
    "Hotspot",
    "Limits",
    "Ownership",
    "coupling",
    "hotspots",
    "ownership",
]
