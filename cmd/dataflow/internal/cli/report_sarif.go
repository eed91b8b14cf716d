package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/version"
)

const (
	toolURI = "https://github.com/dataflow-go/dataflow"

	// sourceRoot is the name that code hosts know for the root of the repository.
	sourceRoot = "%SRCROOT%"

	// fingerprint tells a finding that moved from a new one; v1 is how it is made.
	fingerprint = "dataflow/v1"
)

// writeSARIF prints the findings as SARIF 2.1.0: the rules that they break with
// their pages, and the fixes. Columns count characters.
func (r *report) writeSARIF(w io.Writer) error {
	run := sarif.NewRunWithInformationURI("dataflow", toolURI)
	run.Tool.Driver.WithVersion(version.Get().Version)
	run.WithColumnKind("unicodeCodePoints")
	run.WithOriginalUriBaseIds(map[string]sarif.ArtifactLocation{
		sourceRoot: *sarif.NewArtifactLocation().WithURI(fileURI(r.root) + "/"),
	})
	seen := map[string]int{}
	for i := range r.findings {
		d := &r.findings[i]
		rule := run.AddRule(string(d.Code))
		if rule.Help == nil {
			describe(rule, d.Code)
		}
		file, _ := r.inRepository(d.File)
		line := strings.TrimSpace(r.lines.line(d.File, d.Span.Start.Line))
		print := fingerprintOf(string(d.Code), file, line)
		seen[print]++
		result := run.CreateResultForRule(string(d.Code)).
			WithRuleIndex(run.GetRuleIndex(string(d.Code))).
			WithLevel(level(d.Severity)).
			WithMessage(sarif.NewTextMessage(d.Message)).
			AddLocation(r.location(d.File, d.Span)).
			WithPartialFingerprints(map[string]string{fingerprint: fmt.Sprintf("%s:%d", print, seen[print])})
		for _, rel := range d.Related {
			result.AddRelatedLocation(r.location(fileOf(d, rel.Span), rel.Span).WithMessage(sarif.NewTextMessage(rel.Message)))
		}
		for _, fix := range d.Fixes {
			result.AddFixe(r.sarifFix(d, fix))
		}
	}
	log := sarif.NewReport().AddRun(run)
	if err := log.PrettyWrite(w); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// describe fills a rule from the catalogue.
func describe(rule *sarif.ReportingDescriptor, code errcatalog.Code) {
	rule.WithName(string(code)).WithHelpURI(code.DocsURL())
	entry, ok := errcatalog.Lookup(code)
	page, explained := errcatalog.Explain(code)
	if !ok || !explained {
		return
	}
	text := func(s string) *sarif.MultiformatMessageString { return sarif.NewMultiformatMessageString().WithText(s) }
	severity := "recommendation"
	if entry.Severity <= errcatalog.SeverityWarning {
		severity = entry.Severity.String()
	}
	rule.WithShortDescription(text(entry.Title)).
		WithFullDescription(text(page.Message)).
		WithHelp(text(page.Page(false)).WithMarkdown(page.Markdown())).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level(entry.Severity))).
		WithProperties(sarif.NewPropertyBag().AddTag("dataflow").AddTag(entry.Category).
			Add("precision", "very-high").Add("problem.severity", severity))
}

func level(s errcatalog.Severity) string {
	switch s {
	case errcatalog.SeverityError:
		return sarif.LevelError
	case errcatalog.SeverityWarning:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

// fingerprintOf identifies a finding by what it is and by the text of its line,
// not by its place.
func fingerprintOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func (r *report) location(file string, s errcatalog.Span) *sarif.Location {
	return sarif.NewLocationWithPhysicalLocation(
		sarif.NewPhysicalLocation().WithArtifactLocation(r.artifact(file)).WithRegion(r.region(file, s)))
}

// artifact names a file from the root of the repository where it lies in there.
func (r *report) artifact(file string) *sarif.ArtifactLocation {
	rel, inside := r.inRepository(file)
	if !inside {
		return sarif.NewArtifactLocation().WithURI(fileURI(file))
	}
	return sarif.NewArtifactLocation().WithURI((&url.URL{Path: rel}).EscapedPath()).WithURIBaseID(sourceRoot)
}

func (r *report) region(file string, s errcatalog.Span) *sarif.Region {
	s = proper(s)
	return sarif.NewSimpleRegion(s.Start.Line, s.End.Line).
		WithStartColumn(r.lines.column(file, s.Start.Line, s.Start.Column)).
		WithEndColumn(r.lines.column(file, s.End.Line, s.End.Column))
}

// sarifFix is a fix with one change for each file that it edits.
func (r *report) sarifFix(d *analysis.Diagnostic, fix errcatalog.Fix) *sarif.Fix {
	out := sarif.NewFix().WithDescription(sarif.NewTextMessage(fix.Title))
	byFile := map[string]*sarif.ArtifactChange{}
	for _, e := range fix.Edits {
		file := fileOf(d, e.Span)
		change := byFile[file]
		if change == nil {
			change = sarif.NewArtifactChange().WithArtifactLocation(r.artifact(file))
			byFile[file] = change
			out.AddArtifactChange(change)
		}
		replacement := sarif.NewReplacement().WithDeletedRegion(r.region(file, e.Span))
		if e.New != "" {
			replacement.WithInsertedContent(sarif.NewArtifactContent().WithText(e.New))
		}
		change.AddReplacement(replacement)
	}
	return out
}

// fileURI is the URI of an absolute path, of Windows' drives too.
func fileURI(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}
