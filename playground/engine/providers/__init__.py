"""How the engine speaks to model providers."""
