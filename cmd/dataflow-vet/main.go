// Command dataflow-vet makes the go command report mistakes in DataFlow's models and
// workflows:
//
//	go vet -vettool=$(which dataflow-vet) ./...
//
// Flags of the analyzer follow its name, as in -dataflow.off=DF-207. It shows less
// than `dataflow validate`, which sees the whole workspace: go vet hands it one
// package at a time. See docs/ci.md.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/dataflow-go/dataflow/analysis"
)

func main() { unitchecker.Main(analysis.Analyzer) }
