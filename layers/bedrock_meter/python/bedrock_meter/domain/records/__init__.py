"""What was logged and by whom: log objects, manifests, evidence, rejects, usage."""
