package lsp

import (
	"maps"
	"path/filepath"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// isConfiguration reports whether a document is the dataflow.yaml of a module that
// uses DataFlow.
func isConfiguration(doc *document) bool {
	return filepath.Base(doc.file) == config.FileName && mentions(filepath.Dir(doc.file))
}

// diagnoseConfigurations tells what is wrong with the dataflow.yaml of each module
// that is loaded, and with each that is open.
func (d *diagnoser) diagnoseConfigurations(snap *snapshot) {
	modules := map[string]*module{} // by root; nil for one that is not loaded
	for _, doc := range snap.byURI {
		if isConfiguration(doc) {
			modules[filepath.Dir(doc.file)] = nil
		}
	}
	for _, mod := range d.s.modules.all() {
		modules[mod.root] = mod
	}
	texts := newTexts(snap)
	for _, root := range slices.Sorted(maps.Keys(modules)) {
		d.diagnoseConfiguration(texts, root, modules[root])
	}
}

func (d *diagnoser) diagnoseConfiguration(texts *texts, root string, mod *module) {
	for _, r := range d.inConfiguration(texts, root, mod) {
		if r.open {
			d.publish(r.doc, r.found)
		} else {
			d.publishClosed(r.doc.uri, r.found)
		}
	}
}

// A report is the diagnostics of one file.
type report struct {
	doc   *document
	open  bool // else the document has a text only where there are diagnostics
	found []protocol.Diagnostic
}

// inConfiguration tells what is wrong with the configuration in a folder, of which the
// module may be nil.
func (d *diagnoser) inConfiguration(texts *texts, root string, mod *module) []report {
	c, findings := config.Read(root)
	file := filepath.Join(root, config.FileName)
	if doc := texts.snap.ofFile(file); doc != nil {
		c, findings = config.Parse(file, []byte(doc.Text()))
	}
	if mod != nil {
		if report := d.s.drift.report(mod); report != nil {
			findings = append(findings, report.Problems...)
		}
	}
	all := configurationDiagnostics(c.With(d.s.settings()), findings)
	return []report{
		d.reportOf(texts, filepath.Join(root, config.FileName), all),
		d.reportOf(texts, filepath.Join(root, config.WrongName), all),
	}
}

// configurationDiagnostics are the findings that a configuration lets through itself.
func configurationDiagnostics(c *config.Config, findings []errcatalog.Finding) []analysis.Diagnostic {
	var all []analysis.Diagnostic
	for _, f := range findings {
		if c.Apply(&f) {
			f.Message = withoutSecrets(f.Message)
			all = append(all, analysis.Diagnostic{Finding: f, File: f.Span.Start.Filename})
		}
	}
	return all
}

// reportOf renders those of the diagnostics that are of a file, which need not be open.
func (d *diagnoser) reportOf(texts *texts, file string, all []analysis.Diagnostic) report {
	r := report{doc: texts.snap.ofFile(file), found: []protocol.Diagnostic{}}
	if r.open = r.doc != nil; !r.open {
		r.doc = &document{uri: uri.File(file), file: file}
	}
	for _, f := range all {
		if f.File != file {
			continue
		}
		if r.doc.Mapper == nil {
			if r.doc.Mapper = texts.of(file); r.doc.Mapper == nil {
				break // it has just gone
			}
		}
		r.found = append(r.found, d.toProtocol(texts, r.doc, f))
	}
	return r
}
