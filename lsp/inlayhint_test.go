package lsp_test

import (
	"fmt"
	"strings"
)

// hints compares the inlay hints of the file with a golden: //@hints("package", "golden").
// Those of the marker's line alone are hints for that range.
func (f *markedFile) hints(m marker) {
	f.t.Helper()
	var b strings.Builder
	for _, r := range []span{{End: position{Line: 10000}}, {Start: position{Line: m.line}, End: position{Line: m.line + 1}}} {
		params := f.document()
		params["range"] = r
		var found []struct {
			Position       position
			Label, Tooltip string
			Kind           int
		}
		f.c.mustCall("textDocument/inlayHint", params, &found)
		for _, h := range found {
			fmt.Fprintf(&b, "%d:%d %q kind %d %q\n", h.Position.Line+1, h.Position.Character+1, h.Label, h.Kind, h.Tooltip)
		}
		if r.Start.Line == 0 {
			b.WriteString("on this line:\n")
		}
	}
	f.a.golden(m.where, m.args[0], b.String())
}

// tokens compares the semantic tokens of the file with a golden, then sees that the delta
// after an edit makes the tokens of the new text: //@tokens("package", "golden").
func (f *markedFile) tokens(m marker) {
	f.t.Helper()
	type tokens struct {
		ResultID string
		Data     []int
		Edits    []struct {
			Start, DeleteCount int
			Data               []int
		}
	}
	var first tokens
	f.c.mustCall("textDocument/semanticTokens/full", f.document(), &first)
	f.a.golden(m.where, m.args[0], f.tokenTexts(first.Data))

	f.version++
	f.c.replace(f.path, f.version, "\n"+f.text)
	params := f.document()
	params["previousResultId"] = first.ResultID
	var delta, whole tokens
	f.c.mustCall("textDocument/semanticTokens/full/delta", params, &delta)
	f.c.mustCall("textDocument/semanticTokens/full", f.document(), &whole)
	made := append([]int{}, first.Data...)
	for _, e := range delta.Edits {
		made = append(append(append([]int{}, made[:e.Start]...), e.Data...), made[e.Start+e.DeleteCount:]...)
	}
	if fmt.Sprint(made) != fmt.Sprint(whole.Data) {
		f.t.Errorf("%s: the delta makes %v, not %v", m.where, made, whole.Data)
	}
	f.version++
	f.c.replace(f.path, f.version, f.text)
	params = f.document()
	params["range"] = span{Start: position{Line: m.line}, End: position{Line: m.line + 1}}
	var part tokens
	f.c.mustCall("textDocument/semanticTokens/range", params, &part)
	if len(part.Data) > 0 && len(first.Data) > 0 && len(part.Data) >= len(first.Data) {
		f.t.Errorf("%s: the tokens of a line are %v", m.where, part.Data)
	}
}

// tokenTexts names each token by its text.
func (f *markedFile) tokenTexts(data []int) string {
	var b strings.Builder
	line, char := 0, 0
	for i := 0; i+4 < len(data); i += 5 {
		if data[i] > 0 {
			line, char = line+data[i], 0
		}
		char += data[i+1]
		r := span{position{line, char}, position{line, char + data[i+2]}}
		declaration := ""
		if data[i+4] == 1 {
			declaration = " declaration"
		}
		fmt.Fprintf(&b, "%v %s %s%s\n", r, []string{"class", "variable", "property", "parameter", "enumMember"}[data[i+3]], f.textOf(r), declaration)
	}
	return b.String()
}
