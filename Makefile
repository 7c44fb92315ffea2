# Entry points. Each runs a script that also works by itself.

.PHONY: help run demo test crash setup fmt lint fuzz eval replay measure photos fit bench load pictures deb docs sbom clean

help:           ## Lists the targets.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

run:            ## Installs, builds and runs the service on 127.0.0.1:8080 with a demo challenge.
	scripts/run.sh

demo:           ## Runs the three calls on real photos against a separate service.
	scripts/demo.sh

test:           ## Installs and runs every check and test.
	scripts/test.sh

crash:          ## Kills the service under load, ROUNDS times, and counts lost and doubled photos.
	scripts/crash.sh

fuzz:           ## Fuzzes every target for FUZZ_SECONDS (60) and prints executions and coverage.
	scripts/fuzz/fuzz.sh

setup:          ## Installs packages and builds the models.
	scripts/setup.sh

fmt:            ## Formats the code.
	cargo fmt --all

lint:           ## Checks formatting, lints, documentation, dependencies and deploy/.
	scripts/lint.sh

eval:           ## Measures verdicts on the photo set; writes tables to docs/accuracy.md and docs/data/.
	scripts/eval.sh

replay:         ## Measures which copies of photos are recognised and flagged; writes tables to docs/replay.md.
	scripts/replay.sh

measure: eval replay  ## Writes every table of docs/accuracy.md and docs/replay.md.

fit:            ## Fits the probability model to the photo set; writes docs/data/fit.md.
	scripts/fit/fit.sh

photos:         ## Fetches labelled photos and fits the local classifier; writes docs/data/classification.md.
	scripts/photos/measure.sh

bench:          ## Measures requests and stages; writes tables to docs/performance.md and docs/data/.
	scripts/bench/bench.sh

load:           ## Measures the service under open-loop load; writes a table to docs/performance.md.
	scripts/load.sh

pictures:       ## Takes the pictures of the pages in docs/pictures with the browser tests.
	scripts/pictures.sh

deb:            ## Builds a Debian package in target/debian/.
	scripts/debian/build.sh

docs:           ## Builds the documentation as a site in target/site/.
	scripts/docs.sh

sbom:           ## Writes the list of crates (CycloneDX) and their licences to target/sbom/.
	scripts/sbom.sh

clean:          ## Removes build output and var/ with all stored data.
	cargo clean
	rm -rf var
