"""Whose a call is, and what its tenant agreed to: the policy file, attribution, decisions."""
