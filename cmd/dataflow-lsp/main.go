// Command dataflow-lsp is DataFlow's language server. It speaks the Language
// Server Protocol over standard input and output.
//
// Usage:
//
//	dataflow-lsp [--stdio] [--log-file FILE]
//	dataflow-lsp version [--json]
//	dataflow-lsp --version
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/version"
	"github.com/dataflow-go/dataflow/lsp"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the whole program. It returns its exit status: 2 for arguments that it
// does not understand.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	flags := flag.NewFlagSet("dataflow-lsp", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() { usage(flags) }
	flags.Bool("stdio", true, "speak over standard input and output, the only way there is")
	logFile := flags.String("log-file", "", "append the log, debug records too, to this `file`")
	showVersion := flags.Bool("version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	switch {
	case *showVersion:
		return printVersion(nil, out, errs)
	case flags.Arg(0) == "version":
		return printVersion(flags.Args()[1:], out, errs)
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(errs, "dataflow-lsp: unknown argument %q\n", flags.Arg(0))
		flags.Usage()
		return 2
	}

	options := lsp.Options{Version: version.Get().Version, CacheDir: analysis.CacheDir()}
	if *logFile != "" {
		f, err := os.OpenFile(*logFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			_, _ = fmt.Fprintf(errs, "dataflow-lsp: cannot open the log file: %v\n", err)
			return 2
		}
		defer func() { _ = f.Close() }()
		options.Log = slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug})
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return lsp.Serve(ctx, lsp.Stdio(in, out), options)
}

func usage(flags *flag.FlagSet) {
	_, _ = fmt.Fprint(flags.Output(), `dataflow-lsp is DataFlow's language server. Editors start it.

Usage:
  dataflow-lsp [flags]           serve
  dataflow-lsp version [--json]  print the version

Flags:
`)
	flags.PrintDefaults()
}

func printVersion(args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("dataflow-lsp version", flag.ContinueOnError)
	flags.SetOutput(errs)
	asJSON := flags.Bool("json", false, "print an object")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if !*asJSON {
		_, err := fmt.Fprintln(out, "dataflow-lsp "+version.String())
		return status(err)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return status(enc.Encode(version.Get()))
}

func status(err error) int {
	if err != nil {
		return 2
	}
	return 0
}
