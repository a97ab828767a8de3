# Bedrock Meter. `make` lists the targets. Each of them sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup ready lint types machines template build check test suite demo demo-stop \
  bench simulate simulate-backlog simulate-levels deploy upload-bucket packages lock clean

PY := .venv/bin/python
# SAM looks for python3.13 on the PATH; the environment's own is always the right one.
SAM := PATH="$(CURDIR)/.venv/bin:$$PATH" SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$(CURDIR)/.local/sam-home" \
  .venv-sam/bin/sam
ASL_VALIDATOR := tests/statemachines/node_modules/.bin/asl-validator
WORKERS ?= 3
STAGE ?= prod

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make the environments (.venv, .venv-sam, .venv-lambda); quick when they are up to date
	@sh requirements/install.sh

ready:
	@sh requirements/install.sh demo

lint: setup ## mistakes and format of the Python files
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check --quiet

types: setup ## types, strictly
	@$(PY) -m mypy

machines: setup ## grammar of the state machines
	@for machine in statemachines/*.asl.json; do \
	  $(ASL_VALIDATOR) --json-path $$machine || exit 1; done

template: setup ## the template, by SAM's rules and by cfn-lint's
	@$(SAM) validate --lint
	@.venv/bin/cfn-lint template.yaml

build: setup ## the functions and layers as they go to Lambda (arm64), into .aws-sam/build
	@mkdir -p .local
	@$(SAM) build --cached --parallel --cache-dir .local/sam >.local/build.log 2>&1 \
	  || { cat .local/build.log; exit 1; }
	@echo "built: .aws-sam/build"

check: lint types machines template ## everything but the tests

test: setup ## everything: check, build, and all tests on an embedded engine (no AWS, no network)
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory -j2 suite check

suite: setup
	@mkdir -p .local/tmp
	@TMPDIR="$(CURDIR)/.local/tmp" $(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

demo: ready ## the whole stack on this machine, checked by an oracle [LOGS=folder POLICY=file] [TAMPER=1] [KEEP=1]
	@.venv/bin/bedrock-meter demo $(if $(LOGS),--logs "$(LOGS)") $(if $(POLICY),--policy "$(POLICY)") \
	  $(if $(TAMPER),--tamper) $(if $(KEEP),--keep)

demo-stop: ## end the stack that `make demo KEEP=1` left up
	@.venv/bin/bedrock-meter demo --stop

bench: setup ## speed and write units, against DuckDB and a naive handler [DATA=folder]
	@$(PY) -m bench $(if $(DATA),--data "$(DATA)")

simulate: setup ## planted bugs, all orders of a few workers, 10,000 histories [SEEDS=n FROM=k] [SEED=n: one, told]
	@SEEDS="$(SEEDS)" FROM="$(FROM)" $(PY) -m simulate $(if $(SEED),replay $(SEED))

simulate-backlog: setup ## after a pause, an outage, a new price: how many runs until all is closed; memory of functions
	@$(PY) -m simulate backlog

simulate-levels: setup ## a month of tenants: when levels rise and fall, against their truth [SEED=n] [SERIES=file.csv]
	@$(PY) -m engine.simulate_levels $(if $(SEED),--seed $(SEED)) \
	  $(if $(SERIES),--series "$(SERIES)")

deploy: build ## to the AWS account of your credentials [STAGE=prod|dev] [REGION=name] [ARGS="Parameter=value …"] [STACK=name]
	@$(SAM) deploy --config-env $(STAGE) $(if $(STACK),--stack-name $(STACK)) \
	  $(if $(REGION),--region $(REGION)) $(if $(ARGS),--parameter-overrides '$(ARGS)')

upload-bucket: setup ## SAM's bucket for what is deployed; once per account and Region, by an administrator [REGION=name]
	@AWS_REGION="$(or $(REGION),$(AWS_REGION))" .venv-sam/bin/python -c 'import os; \
	  from samcli.lib.bootstrap.bootstrap import manage_stack; \
	  print(manage_stack(profile=None, region=os.environ["AWS_REGION"] or None))'

packages: ready ## the command and the client library as wheels, into dist/
	@sh requirements/packages.sh

lock: setup ## resolve requirements/*.in anew into hash-locked files (needs the network)
	@sh requirements/lock.sh

clean: ## remove what was built and recorded; the environments stay
	@rm -rf .aws-sam .local dist
