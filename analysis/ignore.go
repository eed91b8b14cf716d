package analysis

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// ignorePrefix starts a comment that keeps findings from being reported:
//
//	//dataflow:ignore DF-203 the amount is checked by hand
//
// It counts for its own line, and for the next one where it stands alone. Several
// codes are parted by commas. What follows them is for people; it may be left out,
// since who is made to write a reason writes a bad one.
const ignorePrefix = "//dataflow:ignore"

// codeList is what stands between the prefix and the reason.
var codeList = regexp.MustCompile(`^[ \t]+[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*`)

// An ignore is one such comment.
type ignore struct {
	file    *source
	comment *ast.Comment
	line    int // that it is about
	codes   []ignored
}

// ignored is one code in an ignore comment.
type ignored struct {
	text       string
	code       errcatalog.Code // "" where text names none
	start, end int             // offsets in the file
	used       bool
}

// ignores finds the ignore comments of a file.
func ignores(f *source) []*ignore {
	if f.resting() || !bytes.Contains(f.src, []byte(ignorePrefix)) {
		return nil
	}
	var all []*ignore
	alone := map[int]bool{} // lines on which an ignore comment stands alone
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			rest, ok := strings.CutPrefix(c.Text, ignorePrefix)
			if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
				continue
			}
			at := f.offset(c.Pos())
			ig := &ignore{file: f, comment: c, line: f.position(at).Line}
			if len(bytes.TrimSpace(f.src[lineStart(f.src, at):at])) == 0 {
				alone[ig.line] = true
			}
			list := codeList.FindString(rest)
			from := at + len(ignorePrefix)
			for _, part := range strings.Split(list, ",") {
				text := strings.TrimSpace(part)
				start := from + strings.Index(part, text)
				from += len(part) + 1
				if text == "" {
					continue
				}
				code, known := errcatalog.Parse(text)
				if !known || !strings.HasPrefix(text, "DF-") {
					code = ""
				}
				ig.codes = append(ig.codes, ignored{text: text, code: code, start: start, end: start + len(text)})
			}
			all = append(all, ig)
		}
	}
	for _, ig := range all {
		for alone[ig.line] { // several below each other are about the same line
			ig.line++
		}
	}
	return all
}

// withoutIgnored drops what comments say to ignore, and reports each code in the
// files of a package that ignores nothing.
func withoutIgnored(p *Package, u *unit, w *world) {
	byFile := map[string][]*ignore{}
	commentsOf := func(name string) []*ignore {
		all, known := byFile[name]
		if f := w.file(name); !known && f != nil {
			all = ignores(f)
			byFile[name] = all
		}
		return all
	}
	drop := func(d Diagnostic) bool {
		found := false
		for _, ig := range commentsOf(d.File) {
			found = ig.covers(d) || found
		}
		return found
	}
	p.Diagnostics = slices.DeleteFunc(p.Diagnostics, drop)
	p.Strict = slices.DeleteFunc(p.Strict, drop)
	// What cannot be read, or was not yet, may hold the finding that is ignored.
	if len(u.errs) > 0 || w.partial {
		return
	}
	idle := false
	for _, f := range u.files {
		for _, ig := range commentsOf(f.name) {
			if !w.builtElsewhere(u, ig) {
				p.Diagnostics = append(p.Diagnostics, ig.idle()...)
				idle = true
			}
		}
	}
	if idle {
		p.Diagnostics = sortDiagnostics(p.Diagnostics)
	}
}

// covers reports whether the comment is about a diagnostic, and notes that it is.
func (ig *ignore) covers(d Diagnostic) bool {
	found := false
	for i := range ig.codes {
		if ig.line == d.Span.Start.Line && ig.codes[i].code == d.Code {
			ig.codes[i].used, found = true, true
		}
	}
	return found
}

// builtElsewhere reports whether the function around a comment builds a workflow of
// another package, which then has the findings.
func (w *world) builtElsewhere(own *unit, ig *ignore) bool {
	fd := functionAt(ig.file, ig.file.offset(ig.comment.Pos()))
	if fd == nil {
		return false
	}
	start, end := ig.file.offset(fd.Pos()), ig.file.offset(fd.End())
	for _, made := range w.made {
		if made.unit == own {
			continue
		}
		for _, d := range made.drafts {
			if slices.ContainsFunc(d.ops, func(o op) bool {
				at := o.place()
				return o.file.name == ig.file.name && start <= at.Start.Offset && at.End.Offset <= end
			}) {
				return true
			}
		}
	}
	return false
}

// idle are the diagnostics for the codes of a comment that ignore nothing: DF-412.
func (ig *ignore) idle() []Diagnostic {
	var out []Diagnostic
	report := func(start, end int, d errcatalog.Details, fixes []errcatalog.Fix, format string, args ...any) {
		e, _ := errcatalog.Lookup(errcatalog.DF412)
		out = append(out, Diagnostic{File: ig.file.name, Finding: errcatalog.Finding{
			Code: errcatalog.DF412, Severity: e.Severity, Message: fmt.Sprintf(format, args...), Details: d, Fixes: fixes, Span: ig.file.between(start, end),
		}})
	}
	if len(ig.codes) == 0 {
		start := ig.file.offset(ig.comment.Pos())
		report(start, start+len(ignorePrefix), errcatalog.Details{}, []errcatalog.Fix{ig.removal()},
			"the comment names no code to ignore: write it as in %s DF-203", ignorePrefix)
	}
	for i, c := range ig.codes {
		entry, _ := errcatalog.Lookup(c.code)
		d := errcatalog.Details{Value: c.text}
		fixes := []errcatalog.Fix{ig.without(i)}
		switch {
		case c.used || strings.HasPrefix(c.text, "DF-3") && entry.Static: // drift: seen against a database alone
		case c.code == "":
			if code, ok := errcatalog.Parse(c.text); ok {
				d.Suggestion = string(code)
			} else {
				d.Suggestion = errcatalog.Nearest(c.text, allCodes())
			}
			if d.Suggestion != "" {
				fixes = append([]errcatalog.Fix{{Title: "Change to " + d.Suggestion, Edits: []errcatalog.Edit{{Span: ig.file.between(c.start, c.end), New: d.Suggestion}}}}, fixes...)
			}
			report(c.start, c.end, d, fixes, "%q is no code, so the comment ignores nothing", c.text)
		case !entry.Static:
			report(c.start, c.end, d, fixes, "%s is only met when a workflow runs; there is nothing to ignore here", c.code)
		default:
			report(c.start, c.end, d, fixes, "there is no %s here to ignore", c.code)
		}
	}
	return out
}

func allCodes() []string {
	var all []string
	for _, e := range errcatalog.Entries() {
		if e.Static {
			all = append(all, string(e.Code))
		}
	}
	return all
}

// without is the fix that takes the code at i out of the comment, and the comment
// with the last of them.
func (ig *ignore) without(i int) errcatalog.Fix {
	if len(ig.codes) == 1 {
		return ig.removal()
	}
	start, end := ig.codes[i].start, ig.codes[i].end
	if i+1 < len(ig.codes) {
		end = ig.codes[i+1].start
	} else {
		start = ig.codes[i-1].end
	}
	return errcatalog.Fix{Title: "Do not ignore " + ig.codes[i].text, Preferred: true, Edits: []errcatalog.Edit{{Span: ig.file.between(start, end)}}}
}

// removal is the fix that takes the comment out, with its line where it has one of
// its own.
func (ig *ignore) removal() errcatalog.Fix {
	src := ig.file.src
	start, end := ig.file.offset(ig.comment.Pos()), ig.file.offset(ig.comment.End())
	first := lineStart(src, start)
	if before := bytes.TrimRight(src[first:start], " \t"); len(before) > 0 {
		start = first + len(before)
	} else if start = first; end < len(src) {
		end = min(lineEnd(src, end)+1, len(src))
	}
	fix := errcatalog.Fix{Title: "Remove the comment", Preferred: true}
	splices := []splice{{start, end, ""}}
	for _, r := range regions(ig.file, splices) {
		for _, sp := range r.formatted(ig.file) {
			fix.Edits = append(fix.Edits, errcatalog.Edit{Span: ig.file.between(sp.start, sp.end), New: sp.text})
		}
	}
	return fix
}

// Ignores reports whether a comment in p ignores a finding that was made beside the
// analysis: one of a database.
func (p *Package) Ignores(d Diagnostic) bool {
	f := p.source(d.File)
	return f != nil && slices.ContainsFunc(ignores(f), func(ig *ignore) bool {
		return ig.line == d.Span.Start.Line && slices.ContainsFunc(ig.codes, func(c ignored) bool { return c.code == d.Code })
	})
}

// IgnoreFix writes the comment that ignores a diagnostic of p on its line. It is
// for an editor's list of what can be done, after the fixes that mend. ok is false
// where no comment can stand.
func (p *Package) IgnoreFix(d Diagnostic) (fix errcatalog.Fix, ok bool) {
	f := p.source(d.File)
	if f == nil || d.Code == errcatalog.DF412 {
		return fix, false
	}
	fix.Title = fmt.Sprintf("Ignore %s on this line", d.Code)
	for _, ig := range ignores(f) {
		if n := len(ig.codes); ig.line == d.Span.Start.Line && n > 0 {
			at := f.between(ig.codes[n-1].end, ig.codes[n-1].end)
			fix.Edits = []errcatalog.Edit{{Span: at, New: "," + string(d.Code)}}
			return fix, true
		}
	}
	at := lineStart(f.src, d.Span.Start.Offset)
	if insideToken(f, at) {
		return fix, false
	}
	newline := "\n"
	if bytes.Contains(f.src, []byte("\r\n")) {
		newline = "\r\n"
	}
	splices := []splice{{at, at, indentation(f.src, at) + ignorePrefix + " " + string(d.Code) + newline}}
	for _, r := range regions(f, splices) {
		for _, sp := range r.formatted(f) {
			fix.Edits = append(fix.Edits, errcatalog.Edit{Span: f.between(sp.start, sp.end), New: sp.text})
		}
	}
	return fix, true
}

// insideToken reports whether a literal or a comment goes on over the start of a line.
func insideToken(f *source, at int) bool {
	inside := false
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			inside = inside || f.offset(lit.Pos()) < at && at < f.offset(lit.End())
		}
		return !inside
	})
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			inside = inside || f.offset(c.Pos()) < at && at < f.offset(c.End())
		}
	}
	return inside
}
