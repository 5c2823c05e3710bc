# Roundtable: `make run` to try it, `make test` to test it, `make help` for all targets.
.DEFAULT_GOAL := help
.PHONY: help run build watch demo-gate test test-fast prove bench bench-build bench-peers release try-release tour fmt clean-tools

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build and serve the dashboard on http://127.0.0.1:3000, with SQLite under data/
	@.ci/tools build && .ci/build && .ci/serve

demo-gate: ## Protect a sample API with nginx: installs nginx, starts all three programs, prints what to try
	@.ci/tools demo && .ci/build && .ci/demo-gate

build: ## Build the binary with the embedded dashboard into dist/
	@.ci/tools build && .ci/build

watch: ## Serve and rebuild on every change
	@.ci/tools build && .ci/watch

test: ## Run all checks: formatting, lints, tests on SQLite and Postgres, tests in a browser
	@.ci/tools test && .ci/test

test-fast: ## Run all checks except those in a browser
	@.ci/tools build && .ci/test fast

prove: ## Test the release build for up to two and a half hours: kill -9, full disk, Postgres outage, tampering, fuzzing; write docs/dev/proofs.md
	@.ci/tools prove && .ci/prove

bench: ## Measure pages, operations and key checks into docs/performance.md; fail over a budget or below a score of 100
	@.ci/tools bench && .ci/bench

bench-build: ## Measure building with empty caches into docs/dev/building.md; takes about 12 minutes
	@.ci/bench-build

bench-peers: ## Measure key checks of Better Auth beside ours into docs/performance.md
	@.ci/tools peers && .ci/bench peers

release: ## Build a release into dist/release: archive, Debian package, list of parts (SBOM), checksums; PROCESSORS="amd64 arm64" for both
	@.ci/tools release $(PROCESSORS) && .ci/release $(PROCESSORS)

try-release: ## Build a release, install its package in a new Debian under systemd, and build its container images (as root)
	@.ci/tools try-release && .ci/release amd64 arm64 && .ci/try-release

tour: ## Take the screenshots of docs/tour from the real server
	@.ci/tools tour && .ci/tour

fmt: ## Format the Rust code
	@cargo fmt --all
