"""Stage 4: measured files and their relations → issues, by rules."""

from graph_sitter_db.detect._detect import Detected, detect

__all__ = ["Detected", "detect"]
