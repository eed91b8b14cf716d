# What people type. `make demo` shows the whole way on real input, `make test`
# runs every test there is; both work in a fresh clone on Debian, Ubuntu and macOS
# with Go. Everything that is built goes to bin/ and dist/, which git ignores.

GO     ?= go
RACE   ?= -race
COUNT  ?=
FUZZ   ?= 20s
ROUNDS ?= 50
LINTER := $(GO) tool -modfile=tools/go.mod golangci-lint

.PHONY: help build demo generate test vet unit examples lint e2e e2e-deps e2e-nvim e2e-vscode vsix fuzz bench bench-lsp bench-peers torture clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## dataflow and dataflow-lsp, in bin/
	$(GO) build -o bin/ ./cmd/...

demo: build ## find the mistakes in a broken workflow, mend them, run it
	@$(GO) run ./internal/demo

generate: ## the files made from errcatalog/catalog*.yaml
	$(GO) generate ./...

test: vet e2e-deps unit examples e2e ## everything; installs what it needs

vet:
	$(GO) vet ./...

unit: ## the Go tests alone (RACE= to do without the race detector)
	$(GO) test $(RACE) $(COUNT) -timeout 15m ./...

examples:
	cd examples/quickstart/broken && $(GO) build ./...
	cd examples/corpus && $(GO) vet ./... && $(GO) test ./...

lint: ## golangci-lint, pinned in tools/go.mod
	$(LINTER) run ./...
	cd examples/corpus && $(GO) tool -modfile=../../tools/go.mod golangci-lint run ./...

e2e: e2e-nvim e2e-vscode ## the real editors, driven from outside

e2e-deps: ## what the tests need beside Go: a C compiler, Neovim, npm, Chromium
	@.ci/deps

# The server is built once for both editors.
e2e-nvim e2e-vscode: export DATAFLOW_LSP = $(CURDIR)/bin/dataflow-lsp

e2e-nvim: e2e-deps build ## the plugin in Neovim: that of the system and, on Debian, newer ones
	editors/nvim/test/run.sh

# The workbench that the test drives, code-server, is installed for Linux alone.
e2e-vscode: e2e-deps build
ifeq ($(shell uname -s),Linux)
	editors/vscode/test/run.sh
else
	@echo "NOT RUN: the test in the VS Code workbench needs Linux"
endif

vsix: ## the VS Code extension with the language server inside, in dist/
	editors/vscode/package.sh

fuzz: ## each fuzz test for a short while (FUZZ=1m for longer)
	@set -e; for dir in $$($(GO) list -f '{{.Dir}}' ./...); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$dir/*_test.go 2>/dev/null); do \
	    echo "$$dir $$name"; (cd $$dir && $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZ) -fuzzminimizetime 10x .); \
	  done; \
	done

bench: ## every benchmark once
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-lsp: build bin/gopls ## our server beside gopls, on modules of three sizes; prints a table (LSPBENCH='-only small', LSPBENCH=-methods)
	$(GO) run ./internal/lspbench -gopls bin/gopls $(LSPBENCH)

bin/gopls:
	GOBIN=$(CURDIR)/bin $(GO) install golang.org/x/tools/gopls@v0.23.0

bench-peers: ## beside statements by hand, GORM, ent and bun; prints a table (ROUNDS=50)
	cd engine/bench && $(GO) generate ./ent && $(GO) test -run TestPeersAgree . && \
	  $(GO) test -run '^$$' -bench '^BenchmarkTable$$' -benchtime 1x -rounds $(ROUNDS) -timeout 3h .

torture: ## the engine's and the analyser's tests at full length, for a night
	DATAFLOW_TORTURE=1 $(GO) test -race -count=1 -timeout 2h ./engine
	DATAFLOW_TORTURE=1 $(GO) test -count=1 -timeout 1h -run 'Verdicts|Generated' ./analysis
	DATAFLOW_TORTURE=1 $(GO) test -count=1 -timeout 1h -run EditsKeepNothing ./lsp

clean: ## forget what was built and installed here
	rm -rf bin dist .e2e
