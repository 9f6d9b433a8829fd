# What people and CI type. Each target is a script of its own in scripts/.
.DEFAULT_GOAL := help
.PHONY: help demo test check verify bench clean

help:  ## This list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

demo:  ## Train a small English-French translator and try it (about five minutes)
	@scripts/setup run
	@.venv/bin/regard demo $(ARGS)

test:  ## The whole fast test suite
	@scripts/test $(ARGS)

check:  ## Format, lint, types, floors, spelling
	@scripts/check

verify:  ## A long form: make verify TARGET=name (without TARGET: the list)
	@scripts/verify $(TARGET)

bench:  ## A measurement: make bench TARGET=name ARGS="…" (without TARGET: the list)
	@scripts/bench $(TARGET) $(ARGS)

clean:  ## Remove what can be made again (.venv, caches, builds); models stay
	@scripts/clean
