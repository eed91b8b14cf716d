package lsp

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/devrun"
)

// A workflowInfo is one workflow in the answer of dataflow.server.workflows.
type workflowInfo struct {
	Name     string      `json:"name" doc:"Given to NewWorkflow."`
	Func     string      `json:"func" doc:"The function that builds it."`
	Line     uint32      `json:"line" doc:"Of the function's name, from 0."`
	Runnable bool        `json:"runnable" doc:"It is seen whole in the source, and runs without compiling the program."`
	Reason   string      `json:"reason,omitempty" doc:"Why it is not seen whole: it is run by compiling the package."`
	Inputs   []inputInfo `json:"inputs"`
}

// An inputInfo is one input of a workflow.
type inputInfo struct {
	Name     string `json:"name"`
	Type     string `json:"type" doc:"Of what it feeds: \"int64\", \"[]string\"; \"any\" where that is not known."`
	Required bool   `json:"required"`
	Default  any    `json:"default,omitempty"`
}

type fileParams struct {
	URI string `json:"uri" doc:"Of the Go file."`
}

func listWorkflows(ctx context.Context, s *server, snap *snapshot, p *fileParams, _ protocol.ProgressToken) ([]workflowInfo, error) {
	v, err := s.lookAtFile(ctx, snap, p.URI)
	if err != nil {
		return nil, err
	}
	infos := []workflowInfo{}
	if v.pkg == nil {
		return infos, nil
	}
	for _, wf := range workflowsIn(v.pkg, v.doc.file) {
		info := workflowInfo{
			Name: wf.Graph.Name, Func: wf.Func, Runnable: wf.Runnable == nil,
			Line: spanRange(v.doc.Mapper, wf.Span).Start.Line, Inputs: inputsOf(wf),
		}
		if wf.Runnable != nil {
			info.Reason = reason(wf.Runnable)
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// lookAtFile is look for commands, which name a file that need not be open and
// speak of no place in it: when the text has changed since the request, they
// take the newest.
func (s *server) lookAtFile(ctx context.Context, snap *snapshot, name string) (*view, error) {
	file := filePath(name)
	if file == "" || filepath.Ext(file) != ".go" {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%q is not the URI of a Go file", name)
	}
	for {
		doc := snap.ofFile(file)
		if doc == nil {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the file cannot be read: %v", err)
			}
			doc = &document{uri: uri.File(file), file: file, Mapper: NewMapper(string(content), snap.encoding)}
		}
		v := &view{doc: doc, module: s.modules.of(doc)}
		if v.module == nil {
			return v, nil
		}
		packages, err := v.module.check(ctx, snap, file)
		switch {
		case errors.Is(err, protocol.ErrContentModified):
			snap = s.documents.snapshot()
			continue
		case err != nil:
			return nil, err
		}
		v.packages, v.pkg = packages, findPackage(packages, file)
		return v, nil
	}
}

// workflowsIn lists the workflows that a file builds.
func workflowsIn(pkg *analysis.Package, file string) []*analysis.Workflow {
	var found []*analysis.Workflow
	for _, wf := range pkg.Workflows {
		if wf.File == file {
			found = append(found, wf)
		}
	}
	return found
}

// inputsOf lists the inputs of a workflow in the order of the source.
func inputsOf(wf *analysis.Workflow) []inputInfo {
	inputs := []inputInfo{}
	types := devrun.InputTypes(wf)
	for _, in := range wf.Graph.Inputs() {
		info := inputInfo{Name: in.Name, Type: types[in.Name].String(), Required: in.Default == nil}
		if in.Default != nil && in.Default.State == graph.StateKnown {
			info.Default = in.Default.V
		}
		inputs = append(inputs, info)
	}
	return inputs
}

// reason is an error in one line.
func reason(err error) string {
	var known *errcatalog.Error
	if errors.As(err, &known) {
		return known.Message
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
