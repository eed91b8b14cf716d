// Command dataflow checks the workflows of a Go module, runs them on a dev
// database and explains DataFlow's error codes.
//
// Usage:
//
//	dataflow validate [--fix] [--format sarif] [packages]
//	dataflow run WORKFLOW [--input name=value]… [--commit]
//	dataflow explain [DF-101]
//	dataflow version
//
// It exits with 0 when all is well, with 1 when there are findings or the workflow
// failed, and with 2 when it could not do what was asked.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/dataflow-go/dataflow/cmd/dataflow/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
