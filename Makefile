# The front door. `make` alone lists what there is; every target can be called on its own.
SHELL      := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

JOBS       ?= $(shell nproc)
FUZZ_TIME  ?= 6
MINUTES    ?= 10
SEED       ?= 1
# Debian's own python: it has the drivers that setup installs; another one may come first in PATH.
PYTHON     ?= /usr/bin/python3
# ThreadSanitizer of g++ 12 wants the address layout that kernels had before they randomized more.
FIXED_MAP  := $(shell setarch -R true 2>/dev/null && echo setarch -R)

export UBSAN_OPTIONS := print_stacktrace=1
export TSAN_OPTIONS  := halt_on_error=1 second_deadlock_stack=1

# Bold on a terminal, plain where it is kept.
heading = @if [ -t 1 ]; then printf '\n\033[1m== %s ==\033[0m\n' "$(1)"; else printf '\n== %s ==\n' "$(1)"; fi

.PHONY: help
help: ## list these targets
	@printf 'make TARGET, where TARGET is one of\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{ printf "  %-18s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## install what is missing (Debian 12 packages, the node driver for the tests)
	@tools/setup.sh
	@$(MAKE) -s --no-print-directory build/node/.installed

.PHONY: build
build: setup ## build build/release/tidemark
	$(call heading,release build)
	@mkdir -p build
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log; exit 1; }
	@cmake --build --preset release --target programs -- -j$(JOBS)

.PHONY: demo
demo: build ## a throw-away cluster with a gateway in front, and a tour (ARGS=--once ends after it)
	@build/release/tidemark demo $(ARGS)

.PHONY: demo-shop
demo-shop: build ## a shop on a cluster that fails over, each part at its own level (ARGS="--once", "--naive")
	@build/release/tidemark demo shop $(ARGS)

.PHONY: demo-social
demo-social: build ## a social network whose primary is far away and a standby near (ARGS="--once", "--naive")
	@build/release/tidemark demo social $(ARGS)

.PHONY: demo-bank
demo-bank: build ## a bank's ledger, its reports, audits and analytics, through a failover (ARGS="--once", "--naive")
	@build/release/tidemark demo bank $(ARGS)

.PHONY: test
test: setup lint build test-unit test-cost units-asan units-tsan fuzz test-integration test-epoll ## everything: under 30 minutes

.PHONY: test-unit
test-unit: setup ## unit tests, release build
	$(call heading,unit tests)
	@$(MAKE) --no-print-directory unit-release

.PHONY: test-cost
test-cost: setup ## instructions a statement costs, next to the figures recorded (ARGS=--update records)
	$(call heading,instructions per statement)
	@mkdir -p build
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log; exit 1; }
	@cmake --build --preset release --target statement_cost -- -j$(JOBS)
	@$(PYTHON) tools/instructions.py build/release/statement_cost $(ARGS)

.PHONY: test-asan
test-asan: setup units-asan integration-asan ## all tests under address and undefined-behaviour sanitizers

.PHONY: test-tsan
test-tsan: setup units-tsan integration-tsan ## what has threads, and real clusters, under the thread sanitizer

.PHONY: test-integration
test-integration: build ## real clusters, real drivers (ARGS="-k name" selects)
	$(call heading,integration tests)
	@$(PYTHON) -m pytest tests -n $(JOBS) $(ARGS)

.PHONY: test-epoll
test-epoll: build ## integration tests that lean on the event loop, with epoll (auto takes io_uring if it works)
	$(call heading,integration tests: epoll)
	@TIDEMARK_TEST_BACKEND=epoll $(PYTHON) -m pytest tests/test_basic.py tests/test_pooling.py \
	  tests/test_protocol.py tests/test_stress.py -n $(JOBS) $(ARGS)

.PHONY: lint
lint: setup ## layering, formatting, limits of size, every header on its own
	$(call heading,lint)
	@$(PYTHON) tools/layering.py
	@$(PYTHON) tools/tidy.py
	@tools/format.sh --check
	@$(PYTHON) tools/headers.py

.PHONY: format
format: ## format every C++ file in place
	@tools/format.sh

.PHONY: bench
bench: build setup-bench build-relay ## next to pgbouncer, HAProxy and pgpool-II: 30 minutes (ARGS=--quick: 4; --docs: into docs/)
	@$(PYTHON) bench/load.py $(ARGS)

.PHONY: bench-levels
bench-levels: build ## what each level costs: where reads are served, and how long they take; 2 minutes
	@$(PYTHON) bench/levels.py $(ARGS)

.PHONY: bench-geography
bench-geography: build setup-bench ## each level with the primary 80 ms away and a standby near; 2 minutes
	@$(PYTHON) bench/geography.py $(ARGS)

.PHONY: bench-scale
bench-scale: build setup-bench build-micro ## a statement with 10,000 clients, 64 nodes, a million sessions; 5 minutes
	@$(PYTHON) bench/scale.py $(ARGS)

.PHONY: compare
compare: build setup-bench ## violations and cost: the primary, standbys at random, pgpool-II, each level; into docs/; 4 minutes
	@$(PYTHON) bench/compare.py --docs $(ARGS)

.PHONY: setup-bench
setup-bench: ## install what only the benchmarks need: the other proxies, what draws the plots
	@tools/setup.sh --bench

.PHONY: micro
micro: setup build-micro ## what the pure parts cost: a decision, a mark, a million sessions (ARGS=--benchmark_filter=token)
	@build/release/micro $(ARGS)

.PHONY: build-relay
build-relay:
	@cmake --build --preset release --target byte_relay -- -j$(JOBS)

.PHONY: build-micro
build-micro:
	@mkdir -p build
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log; exit 1; }
	@cmake --build --preset release --target micro -- -j$(JOBS)

.PHONY: fuzz
fuzz: setup ## run every fuzzer for FUZZ_TIME seconds (6)
	$(call heading,fuzzing)
	@mkdir -p build
	@cmake --preset fuzz >build/fuzz.log 2>&1 || { cat build/fuzz.log; exit 1; }
	@cmake --build --preset fuzz --target fuzzers -- -j$(JOBS)
	@tools/fuzz.sh build/fuzz/fuzzers $(FUZZ_TIME)

.PHONY: soak
soak: setup ## the simulation for MINUTES (10) from seed SEED (1) on, on JOBS cores
	@$(MAKE) --no-print-directory cmake-release
	@$(PYTHON) tools/soak.py --minutes $(MINUTES) --seed $(SEED) --jobs $(JOBS)

.PHONY: clean
clean: ## remove everything that was built
	@rm -rf build

# --- the pieces -----------------------------------------------------------------------------

.PHONY: cmake-%
cmake-%:
	@mkdir -p build
	@cmake --preset $* >build/$*.log 2>&1 || { cat build/$*.log; exit 1; }
	@cmake --build --preset $* -- -j$(JOBS)

units-%: setup
	$(call heading,unit tests: $*)
	@$(MAKE) --no-print-directory unit-$*

integration-%: setup
	$(call heading,integration tests: $*)
	@$(MAKE) --no-print-directory cmake-$*
	@TIDEMARK_BINARY=$(CURDIR)/build/$*/tidemark $(FIXED_MAP) $(PYTHON) -m pytest tests -n $(JOBS) $(ARGS)

.PHONY: unit-%
unit-%:
	@mkdir -p build
	@cmake --preset $* >build/$*.log 2>&1 || { cat build/$*.log; exit 1; }
	@cmake --build --preset $* --target unit_tests -- -j$(JOBS)
	@$(FIXED_MAP) ctest --test-dir build/$* --output-on-failure --timeout 300 -j$(JOBS)

build/node/.installed: tests/node/package.json tests/node/package-lock.json
	@echo "setup: the node driver for the tests"
	@mkdir -p build/node
	@cp $^ build/node/
	@cd build/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
