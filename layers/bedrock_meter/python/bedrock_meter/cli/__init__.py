"""The command line `bedrock-meter`: one module per command, joined in `main`."""
