"""Keeping the price book: imports, overlays, reviews, quotes, and what must hold of it."""
