package lsp

import (
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// completeConfiguration offers keys and values in a dataflow.yaml, by the lines around
// the cursor: what is being typed is seldom YAML yet.
func (s *server) completeConfiguration(doc *document, at protocol.Position) *protocol.CompletionList {
	offset := doc.Offset(at)
	start := strings.LastIndexByte(doc.text[:offset], '\n') + 1
	line := doc.text[start:offset]
	if strings.Contains(line, "#") {
		return nil
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	path := pathAbove(doc.text[:start], indent)
	list := &protocol.CompletionList{Items: []protocol.CompletionItem{}}
	add := func(from int, label, detail, text string, kind protocol.CompletionItemKind) {
		item := protocol.CompletionItem{
			Label: label, Kind: kind, SortText: protocol.NewOptional(fmt.Sprintf("%04d", len(list.Items))),
			TextEdit: &protocol.TextEdit{Range: doc.Range(from, offset), NewText: text},
		}
		if detail != "" {
			item.Documentation = protocol.String(detail)
		}
		list.Items = append(list.Items, item)
	}
	if key, value, ok := strings.Cut(line, ":"); ok {
		from := offset - len(strings.TrimLeft(value, " "))
		space := ""
		if value == "" {
			space = " "
		}
		for _, v := range valuesOf(doc, append(path, strings.Trim(strings.TrimSpace(key), `"'`))) {
			add(from, v, "", space+v, protocol.CompletionItemKindEnumMember)
		}
		return list
	}
	from := start + indent
	if slices.Equal(path, []string{"rules"}) {
		for _, e := range errcatalog.Entries() {
			if e.Static {
				add(from, string(e.Code), e.Title, string(e.Code)+": ", protocol.CompletionItemKindConstant)
			}
		}
		return list
	}
	given := keysBeside(doc.text, start, indent)
	for _, k := range keysUnder(path) {
		if !slices.Contains(given, k.Name()) {
			add(from, k.Name(), k.Doc, k.Name()+":", protocol.CompletionItemKindProperty)
		}
	}
	return list
}

// keysUnder are the keys of the file right below a path.
func keysUnder(path []string) []config.Key {
	var found []config.Key
	for _, k := range config.Keys() {
		segments := strings.Split(k.Path, ".")
		if !k.IsIn("file") || len(segments) != len(path)+1 || segments[len(path)] == "*" {
			continue
		}
		if matches(segments[:len(path)], path) {
			found = append(found, k)
		}
	}
	return found
}

// matches reports whether a path is one that a pattern, with * for names, stands for.
func matches(pattern, path []string) bool {
	return slices.EqualFunc(pattern, path, func(p, s string) bool { return p == "*" || p == s })
}

// valuesOf are the values of a key, where there are few.
func valuesOf(doc *document, path []string) []string {
	if len(path) == 2 && path[0] == "rules" {
		path = path[:1]
	}
	for _, k := range config.Keys() {
		if !k.IsIn("file") || !matches(strings.Split(k.Path, "."), path) {
			continue
		}
		switch {
		case len(k.Values) > 0:
			return k.Values
		case k.Type == "boolean" || k.Path == "strict":
			return []string{"true", "false"}
		case k.Path == "database":
			c, _ := config.Parse(doc.file, []byte(doc.Text()))
			return c.Names()
		case strings.HasSuffix(k.Path, ".url"):
			return []string{config.DefaultURL, config.MemoryURL, `"${DATABASE_URL}"`}
		}
	}
	return nil
}

// pathAbove are the keys under which a line with an indentation stands.
func pathAbove(text string, indent int) []string {
	var path []string
	lines := strings.Split(text, "\n")
	for _, line := range slices.Backward(lines) {
		trimmed := strings.TrimLeft(line, " ")
		depth := len(line) - len(trimmed)
		key, _, ok := strings.Cut(trimmed, ":")
		if trimmed == "" || trimmed[0] == '#' || !ok || depth >= indent {
			continue
		}
		path, indent = slices.Insert(path, 0, strings.Trim(key, `"'`)), depth
	}
	return path
}

// keysBeside are the keys of the mapping in which a line stands, the line itself left out.
func keysBeside(text string, start, indent int) []string {
	var keys []string
	take := func(line string) bool {
		trimmed := strings.TrimLeft(line, " ")
		depth := len(line) - len(trimmed)
		if strings.TrimSpace(trimmed) == "" || depth > indent {
			return true
		}
		if key, _, ok := strings.Cut(trimmed, ":"); ok && depth == indent {
			keys = append(keys, strings.Trim(key, `"'`))
		}
		return depth == indent
	}
	for _, line := range slices.Backward(strings.Split(strings.TrimSuffix(text[:start], "\n"), "\n")) {
		if !take(line) {
			break
		}
	}
	_, below, _ := strings.Cut(text[start:], "\n")
	for line := range strings.SplitSeq(below, "\n") {
		if !take(line) {
			break
		}
	}
	return keys
}
