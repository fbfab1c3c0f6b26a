"""The engine: pure Python that plans a run, decides its calls and makes them."""
