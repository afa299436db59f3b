# Everything an operator or a developer types. `make help` lists the targets.
# Variables given on the command line (make run BROKER_URL=amqp://…) reach the processes as settings.

# The first Python that is new enough; python3 itself says what is wrong when none is.
PYTHON3 ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),python3)
PYTHON := .venv/bin/python
# The Procfile has the one list: every package serves, every service has a worker too.
PACKAGES := $(shell sed -n 's/^[a-z-]*: python -m \([a-z_]*\) web$$/\1/p' Procfile)
SERVICES := $(shell sed -n 's/^[a-z-]*: python -m \([a-z_]*\) worker$$/\1/p' Procfile)
# Two cores bear three: tests wait for processes, disks and servers much of their time.
WORKERS ?= 3
COMPOSE ?= docker compose
# What .env says of a name; compose reads that file by itself.
from_env_file = $(shell sed -n 's/^$(1)=//p' .env 2>/dev/null)
# Mails of the compose stack stay in Mailpit unless MAIL_URL, here or in .env, names a relay.
ifeq ($(MAIL_URL)$(call from_env_file,MAIL_URL),)
compose-up: export MAIL_URL := smtp://mailpit:1025
ifeq ($(MAIL_FROM)$(call from_env_file,MAIL_FROM),)
compose-up: export MAIL_FROM := Hearth <no-reply@hearth.example>
endif
ifeq ($(COMPOSE_PROFILES)$(call from_env_file,COMPOSE_PROFILES),)
compose-up: export COMPOSE_PROFILES := dev
endif
endif

# Says which of the named variables the command line left out, before anything is started.
needs = @$(foreach name,$(1),$(if $($(name)),,echo "name it: make $@ $(foreach each,$(1),$(each)=…)" >&2; exit 2;)):

.DEFAULT_GOAL := help
.PHONY: help run test coverage lint types format lock lock-upgrade migrate demo admin keys examples openapi contracts release-contracts \
	bench bench-reads bench-keep-alive conformance locks-alone \
	compose-up compose-down compose-admin compose-test runtime development

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
		awk -F '\t' '{ printf "  %-17s %s\n", $$1, $$2 }'

run: runtime ## Run gateway, five services and portal (SERVICE=booking_service: one alone); Ctrl-C stops
	@exec $(PYTHON) -m deploy.launcher

# What a service's team runs: its own tests, the chassis', what it has in common with the others, and
# for the portal and the gateway what people and old clients see of it.
SERVICE_TESTS = $(SERVICE) shared tests/architecture tests/released deploy/tests/test_contract_snapshots.py

test: development ## Run every test (SERVICE=booking_service: one service's; REQUIRE_SERVICES=1: a server that cannot be reached is a failure)
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup $(or $(TESTS),$(if $(SERVICE),$(SERVICE_TESTS)))

coverage: development ## Run every test and tell which lines and branches none of them reached
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=term-missing:skip-covered $(TESTS)

lint: development types ## Check format, style, types, layers, dependencies, Dockerfiles, compose, the API's description
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@.venv/bin/lint-imports
	@$(PYTHON) -m deploy.lint dependencies
	@$(PYTHON) -m deploy.lint containers
	@$(PYTHON) -m deploy.lint api

types: development ## Check the types
	@$(PYTHON) -m mypy shared deploy $(PACKAGES)

format: development ## Write the format and the fixes ruff is sure of
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

lock: development ## Lock the dependencies of every package again, at the versions of constraints.txt
	@$(PYTHON) -m deploy.locks lock

lock-upgrade: development ## Take the newest versions into constraints.txt, then lock
	@$(PYTHON) -m deploy.locks upgrade

release-contracts: development ## Keep the present examples and events as the ones others rely on: when a service is released
	@$(PYTHON) -m deploy.contracts release

locks-alone: development ## Import and test each package in an environment of its own lock
	@$(PYTHON) -m deploy.locks alone

migrate: runtime keys ## Bring the five databases up to date (make run does it too)
	@set -e; for service in $(SERVICES); do $(PYTHON) -m $$service migrate; done

demo: runtime ## Load the demo data: URL=… ADMIN_EMAIL=… ADMIN_PASSWORD_FILE=… (MAILBOX=… folder or Mailpit)
	@$(PYTHON) -m deploy.demo.load --url "$(or $(URL),http://127.0.0.1:8000)" \
		--admin-email "$(ADMIN_EMAIL)" --admin-password-file "$(ADMIN_PASSWORD_FILE)" --mailbox "$(MAILBOX)"

admin: runtime ## Make an admin: EMAIL=… PASSWORD_FILE=…
	$(call needs,EMAIL PASSWORD_FILE)
	@$(PYTHON) -m auth_service create-admin --email "$(EMAIL)" --password-file "$(PASSWORD_FILE)"

keys: runtime ## Make the development keys that are missing
	@$(PYTHON) -m shared.keys make

examples: development ## Keep what the services answer to the example exchanges as the description's examples
	@HEARTH_WRITE_EXAMPLES=1 $(PYTHON) -m pytest -q $(foreach service,$(SERVICES),$(service)/tests/contracts/test_http_contract.py)

openapi: development ## Write the OpenAPI snapshots and the pages of legacy URLs and contracts
	@$(PYTHON) -m deploy.contracts

contracts: development ## Check events, example exchanges and OpenAPI against the code
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup -k "contract or catalogue or openapi" \
		shared gateway $(SERVICES) deploy

bench: development ## Measure ratios, times, memory and each list's growth, printed as JSON (ON=embedded or servers: one, without growth)
	@$(PYTHON) -m tests.benchmarks $(ON)
	$(if $(ON),,@$(PYTHON) -m tests.benchmarks.reads)

bench-reads: development ## Measure each list at 10^3 and 10^6 rows, with the ratio (ON="sqlite postgresql" is all)
	@$(PYTHON) -m tests.benchmarks.reads $(ON)

bench-keep-alive: development ## Send 1,000 POSTs around the keep-alive limits
	@$(PYTHON) -m tests.benchmarks.keep_alive

# The platform needs RATE_LIMIT_SCALE=1000, which production refuses: this is for a test platform.
conformance: development ## Replay the old clients' exchanges on a test platform (RATE_LIMIT_SCALE=1000): URL=… MAILBOX=… or MAILPIT=… ADMIN_EMAIL=… ADMIN_PASSWORD_FILE=…
	@$(PYTHON) -m tests.conformance --url "$(or $(URL),http://127.0.0.1:8000)" \
		$(if $(MAILPIT),--mailpit "$(MAILPIT)",--mailbox "$(or $(MAILBOX),data/mailbox)") \
		--admin-email "$(ADMIN_EMAIL)" --admin-password-file "$(ADMIN_PASSWORD_FILE)"

compose-up: runtime ## Build and start the compose stack (Mailpit unless MAIL_URL=… MAIL_FROM=…); wait until healthy
	@$(PYTHON) -m deploy.compose.make_secrets
	@$(COMPOSE) up --build --detach --wait --wait-timeout 300

compose-down: ## Stop the compose stack; its volumes stay
	@COMPOSE_PROFILES=dev $(COMPOSE) down

compose-admin: ## Make an admin in the running compose stack: EMAIL=… PASSWORD_FILE=…
	$(call needs,EMAIL PASSWORD_FILE)
	@test -r "$(PASSWORD_FILE)" || { echo "the file $(PASSWORD_FILE) cannot be read" >&2; exit 2; }
	@$(COMPOSE) exec -T auth-web sh -c 'umask 077; cat >/tmp/password; \
		python -m auth_service create-admin --email "$$0" --password-file /tmp/password; \
		code=$$?; rm -f /tmp/password; exit $$code' "$(EMAIL)" <"$(PASSWORD_FILE)"

compose-test: development ## Walk the journeys against a compose stack of its own, with restarts between
	@$(PYTHON) -m deploy.compose.test

runtime:
	@$(PYTHON3) deploy/environment.py runtime

development:
	@$(PYTHON3) deploy/environment.py development
