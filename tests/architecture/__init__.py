"""What must hold of the source tree itself: shapes, layers, silence on import."""
