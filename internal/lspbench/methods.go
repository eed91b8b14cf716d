package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dataflow-go/dataflow/internal/twin"
)

// A method is a request that both servers answer, about what each of them knows: for ours
// a name in a string, for gopls a Go identifier of the same line.
type method struct {
	name        string
	ours, gopls string // text whose middle the request is about
	params      func(p map[string]any)
}

func at(map[string]any) {}

var methods = []method{
	{"textDocument/hover", `email": dataflow.Input("edited`, "Input", at},
	{"textDocument/completion", `email": dataflow.Input("edited`, "Input", at},
	{"textDocument/definition", `email": dataflow.Input("edited`, "Input", at},
	{"textDocument/references", `email": dataflow.Input("edited`, "Input", func(p map[string]any) {
		p["context"] = map[string]any{"includeDeclaration": true}
	}},
	{"textDocument/documentSymbol", "", "", at},
	{"textDocument/codeAction", `email": dataflow.Input("edited`, "Input", func(p map[string]any) {
		p["range"] = map[string]any{"start": p["position"], "end": p["position"]}
		p["context"] = map[string]any{"diagnostics": []any{}}
	}},
	{"textDocument/rename", "edited", "wf", func(p map[string]any) { p["newName"] = "renamed" }},
}

// measureMethods asks each server each method, n times, each time right after an edit of
// the same file: what is measured is what the user waits for while typing.
func measureMethods(s scene, servers []server, dir, repo string, n int, out io.Writer) error {
	root := filepath.Join(dir, strings.FieldsFunc(s.name, func(r rune) bool { return r == ':' || r == ',' })[0])
	w, err := s.write(root, repo)
	if err != nil {
		return err
	}
	tab := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tab, "\n%s\t%s\t%s\n", s.name, servers[0].name, servers[1].name)
	took := make([]map[string][]time.Duration, len(servers))
	for i, server := range servers {
		if took[i], err = askMethods(server, root, w, i == 0, n); err != nil {
			return fmt.Errorf("%s: %w", server.name, err)
		}
	}
	for _, m := range methods {
		fmt.Fprintf(tab, "%s\t", m.name)
		for i := range servers {
			fmt.Fprintf(tab, "%.1f / %.1f ms\t", ms(took[i][m.name], 50), ms(took[i][m.name], 95))
		}
		fmt.Fprintln(tab)
	}
	return tab.Flush()
}

func askMethods(s server, root string, w *twin.Workspace, ours bool, n int) (map[string][]time.Duration, error) {
	c, err := start(s.command, s.env, root)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	text, err := os.ReadFile(w.Flow)
	if err != nil {
		return nil, err
	}
	d := &document{c: c, uri: fileURI(w.Flow), text: string(text), edit: edit{file: w.Flow, shown: w.Flow}}
	d.fresh()
	open(c, d.uri, d.text)
	if _, err := d.wait(func(publish) bool { return true }); err != nil {
		return nil, err
	}
	d.settle()
	took := map[string][]time.Duration{}
	for i := range n + 1 {
		for _, m := range methods {
			d.version++
			c.notify("textDocument/didChange", map[string]any{
				"textDocument":   map[string]any{"uri": d.uri, "version": d.version + 1},
				"contentChanges": []change{d.fresh()},
			})
			params := map[string]any{"textDocument": map[string]any{"uri": d.uri}}
			mark := m.gopls
			if ours {
				mark = m.ours
			}
			if mark != "" {
				line := strings.Index(d.text, twin.ParamMark)
				if mark == "wf" {
					line = strings.LastIndex(d.text[:line], "wf")
				}
				offset := line + max(strings.Index(d.text[line:], mark), 0)
				params["position"] = d.position(offset + 1)
			}
			m.params(params)
			sent := time.Now()
			if err := c.call(m.name, params); err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			if i > 0 { // the first is to warm up
				took[m.name] = append(took[m.name], time.Since(sent))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return took, nil
}
