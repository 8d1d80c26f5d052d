"""Formulas as terms: letters, surface trees, names, and what each construction means."""
