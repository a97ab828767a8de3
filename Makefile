# Bedrock Meter. `make` lists the targets; every one of them sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup test check lint types template build layers local-build demo bench simulate simulate-levels clean

PY := .venv/bin/python
# SAM looks for python3.13 on the PATH: the one of the environment is always the right one.
SAM := PATH="$(CURDIR)/.venv/bin:$$PATH" SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam
WORKERS ?= 2

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make the environments (.venv, .venv-sam, .venv-lambda) and the state machine checker
	@sh requirements/install.sh
