package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// format is the value of --format.
type format string

const (
	formatText format = "text"
	formatJSON format = "json"
)

// addFormat adds --format to a command.
func addFormat(cmd *cobra.Command) *format {
	f := formatText
	cmd.Flags().Var(&f, "format", "how to print: text or json")
	return &f
}

// String, Set and Type make format a flag's value.
func (f *format) String() string { return string(*f) }

// Set takes text or json.
func (f *format) Set(s string) error {
	if s != string(formatText) && s != string(formatJSON) {
		return fmt.Errorf("use text or json")
	}
	*f = format(s)
	return nil
}

// Type is what help calls the value.
func (f *format) Type() string { return "format" }

// writeln writes a line. There is nobody left to tell when that fails.
func writeln(w io.Writer, line string) { _, _ = fmt.Fprintln(w, line) }

// writeJSON writes v indented, without escaping < and >.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// colored reports whether w is a terminal whose user wants colours.
func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// The colours of text output.
const (
	styleReset  = "\x1b[0m"
	styleRed    = "\x1b[1;31m"
	styleYellow = "\x1b[1;33m"
	styleGreen  = "\x1b[32m"
	styleFaint  = "\x1b[2m"
)

// painter colours text for a terminal, or leaves it.
type painter bool

func (p painter) paint(style, s string) string {
	if !p {
		return s
	}
	return style + s + styleReset
}

// shortPath is file relative to dir where that is shorter, as the go command
// prints files.
func shortPath(dir, file string) string {
	if rel, err := filepath.Rel(dir, file); err == nil && len(rel) < len(file) {
		return rel
	}
	return file
}

// indent puts prefix before every line.
func indent(s, prefix string) string {
	return prefix + strings.ReplaceAll(s, "\n", "\n"+prefix)
}
