"""What metering costs, measured: processor time as ratios in one run, memory, request units.

`make bench` generates its own log objects with exact truth; `make bench DATA=dir` takes outside
files that have a `.truth.json` beside them. Absolute times depend on the machine, so every goal is
a ratio of two things measured in turns on the same core.
"""
