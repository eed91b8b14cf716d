package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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

// formatFlag is --format of a command.
type formatFlag struct {
	format
	known []format
}

// addFormat adds --format to a command: text, json, and what else it has.
func addFormat(cmd *cobra.Command, more ...format) *format {
	f := &formatFlag{formatText, append([]format{formatText, formatJSON}, more...)}
	cmd.Flags().Var(f, "format", "how to print: "+f.names())
	return &f.format
}

// String, Set and Type make it a flag's value.
func (f *formatFlag) String() string { return string(f.format) }

// Set takes one of the formats that the command has.
func (f *formatFlag) Set(s string) error {
	if !slices.Contains(f.known, format(s)) {
		return fmt.Errorf("use %s", f.names())
	}
	f.format = format(s)
	return nil
}

// Type is what help calls the value.
func (f *formatFlag) Type() string { return "format" }

// names lists the formats: "text or json".
func (f *formatFlag) names() string {
	last := len(f.known) - 1
	names := make([]string, last)
	for i, k := range f.known[:last] {
		names[i] = string(k)
	}
	return strings.Join(names, ", ") + " or " + string(f.known[last])
}

// writeln writes a line. There is nobody left to tell when that fails.
func writeln(w io.Writer, line string) { _, _ = fmt.Fprintln(w, line) }

// writeJSON writes v indented, without escaping < and >.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// colored reports whether w is a terminal whose user wants colours. NO_COLOR turns
// them off everywhere, CLICOLOR_FORCE on where there is no terminal.
func colored(w io.Writer) bool {
	if os.Getenv("NO_COLOR") != "" {
		return false
	}
	if force := os.Getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	f, ok := w.(*os.File)
	return ok && os.Getenv("CLICOLOR") != "0" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// The colours of text output.
const (
	styleReset  = "\x1b[0m"
	styleRed    = "\x1b[1;31m"
	styleYellow = "\x1b[1;33m"
	styleCyan   = "\x1b[1;36m"
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
