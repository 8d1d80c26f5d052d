"""Sentences as declarations, facts, conventions and goals."""
