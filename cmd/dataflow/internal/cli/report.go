package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// The formats that only findings have.
const (
	formatSARIF  format = "sarif"
	formatGitHub format = "github"
)

// A report is what validate prints.
type report struct {
	findings []analysis.Diagnostic
	cwd      string // text names files from here
	root     string // code hosts name files from here: the root of the repository
	lines    sourceLines
}

func newReport(dir string, findings []analysis.Diagnostic) (*report, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	root, err := repository(dir)
	if err != nil {
		return nil, err
	}
	return &report{findings, cwd, root, sourceLines{}}, nil
}

func (r *report) write(w io.Writer, f format) error {
	switch f {
	case formatJSON:
		return r.writeJSON(w)
	case formatSARIF:
		return r.writeSARIF(w)
	case formatGitHub:
		return r.writeGitHub(w)
	}
	return r.writeText(w)
}

// repository is the folder that a code host's paths start from: the workspace of
// GitHub Actions where dir lies in it, else the nearest folder with a .git, else
// dir itself.
func repository(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if workspace := os.Getenv("GITHUB_WORKSPACE"); workspace != "" {
		if rel, err := filepath.Rel(workspace, abs); err == nil && filepath.IsLocal(rel) {
			return workspace, nil
		}
	}
	for at := abs; ; {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return at, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return abs, nil
		}
		at = up
	}
}

// inRepository is a file's path from the repository's root, with slashes, and
// whether it lies in there.
func (r *report) inRepository(file string) (string, bool) {
	rel, err := filepath.Rel(r.root, file)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.ToSlash(file), false
	}
	return filepath.ToSlash(rel), true
}

// sourceLines are the lines of files as they stand on disk, read once.
type sourceLines map[string][]string

// line is a line of a file, without its end; it is "" where there is none.
func (s sourceLines) line(file string, n int) string {
	all, ok := s[file]
	if !ok {
		if src, err := os.ReadFile(file); err == nil { // else the finding has to do without
			all = strings.Split(string(src), "\n")
		}
		s[file] = all
	}
	if n < 1 || n > len(all) {
		return ""
	}
	return strings.TrimSuffix(all[n-1], "\r")
}

// column counts in characters, as code hosts do, what go/token counts in bytes.
func (s sourceLines) column(file string, line, column int) int {
	text := s.line(file, line)
	return utf8.RuneCountInString(text[:min(max(column-1, 0), len(text))]) + 1
}

// fileOf is the file that a span is in: its own, or the finding's.
func fileOf(d *analysis.Diagnostic, s errcatalog.Span) string {
	if s.Start.Filename != "" {
		return s.Start.Filename
	}
	return d.File
}

// proper is a span that code hosts take: it starts in the file, and ends behind that.
func proper(s errcatalog.Span) errcatalog.Span {
	s.Start.Line, s.Start.Column = max(s.Start.Line, 1), max(s.Start.Column, 1)
	if s.End.Line < s.Start.Line || s.End.Line == s.Start.Line && s.End.Column < s.Start.Column {
		s.End = s.Start
	}
	return s
}
