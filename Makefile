# The habits of this project. Each is a script, so that it can be read and run by itself.

.PHONY: help run demo test crash setup fmt lint eval fit bench clean

help:           ## Lists the habits.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

run:            ## Sets up and runs the service on 127.0.0.1:8080 with a demo challenge.
	scripts/run.sh

demo:           ## Drives the three calls on real photos against a service of its own.
	scripts/demo.sh

test:           ## Sets up and passes every check and test.
	scripts/test.sh

crash:          ## Kills the service under load, ROUNDS times, and looks for what was lost or doubled.
	scripts/crash.sh

setup:          ## Installs what building and running needs, and builds the models.
	scripts/setup.sh

fmt:            ## Formats the code.
	cargo fmt --all

lint:           ## Formatting, lints, documentation, dependencies, deploy/.
	scripts/lint.sh

eval:           ## Measures the verdicts on the photo set; writes docs/accuracy.md's tables.
	scripts/eval.sh

fit:            ## Fits the probability that photos agree to the scores of the photo set.
	scripts/fit/fit.sh

bench:          ## Times the stages and whole requests; writes docs/performance.md's tables.
	scripts/bench/bench.sh

clean:          ## Removes what was built and what the service stored.
	cargo clean
	rm -rf var
