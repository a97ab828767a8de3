"""The tenant of a call and what it has agreed to: policy file, attribution, decisions."""
