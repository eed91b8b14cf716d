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
	for _, name := range []string{config.FileName, config.WrongName} {
		d.publishConfiguration(texts, filepath.Join(root, name), all)
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

// publishConfiguration tells those of the diagnostics that are of a file, which need
// not be open.
func (d *diagnoser) publishConfiguration(texts *texts, file string, all []analysis.Diagnostic) {
	found := []protocol.Diagnostic{}
	doc, open := texts.snap.ofFile(file), true
	if doc == nil {
		doc, open = &document{uri: uri.File(file), file: file}, false
	}
	for _, f := range all {
		if f.File != file {
			continue
		}
		if doc.Mapper == nil {
			if doc.Mapper = texts.of(file); doc.Mapper == nil {
				break // it has just gone
			}
		}
		found = append(found, d.toProtocol(texts, doc, f))
	}
	if open {
		d.publish(doc, found)
	} else {
		d.publishClosed(doc.uri, found)
	}
}
