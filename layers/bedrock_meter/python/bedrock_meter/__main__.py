"""`python -m bedrock_meter`: the command line without its script `bedrock-meter`."""

from bedrock_meter.cli.main import app

app(prog_name="bedrock-meter")
