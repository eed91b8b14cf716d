package config

import (
	"fmt"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// mapping reads a mapping whose keys are known.
func (p *parser) mapping(n *yaml.Node, path string, keys map[string]func(*yaml.Node, string)) {
	p.entries(n, path, func(key *yaml.Node, name string, value *yaml.Node) {
		read, ok := keys[name]
		if !ok {
			known := slices.Sorted(maps.Keys(keys))
			p.fault(key, join(path, name), unknownName("setting", join(path, name), within(path, known)),
				errcatalog.Details{Suggestion: errcatalog.Nearest(name, known), Allowed: errcatalog.SortNearest(name, known)})
			return
		}
		read(value, join(path, name))
	})
}

// entries reads a mapping key by key. An empty value is an empty mapping.
func (p *parser) entries(n *yaml.Node, path string, each func(key *yaml.Node, name string, value *yaml.Node)) {
	n = resolve(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		p.fault(n, path, named(path)+" is a mapping of names to values", errcatalog.Details{})
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			p.fault(key, path, "a key of "+named(path)+" is a name", errcatalog.Details{})
			continue
		}
		if seen[key.Value] {
			p.fault(key, join(path, key.Value), join(path, key.Value)+" is set twice", errcatalog.Details{})
			continue
		}
		seen[key.Value] = true
		each(key, key.Value, n.Content[i+1])
	}
}

// text reads a scalar as it is written. It never repeats the value in an error:
// it may be a URL with a password.
func (p *parser) text(n *yaml.Node, path string) (string, bool) {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || n.Value == "" || n.Tag == "!!null" {
		p.fault(n, path, path+" is text, and not empty", errcatalog.Details{})
		return "", false
	}
	return n.Value, true
}

// decode reads a scalar into the type of v.
func (p *parser) decode(n *yaml.Node, path, want string, v any) bool {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Decode(v) != nil {
		p.fault(n, path, path+" is "+want, errcatalog.Details{Value: n.Value})
		return false
	}
	return true
}

// fault reports a DF-401 at a node, which is what is wrong where there is a suggestion.
func (p *parser) fault(n *yaml.Node, path, message string, d errcatalog.Details) {
	d.Setting = path
	p.findings = append(p.findings, errcatalog.Finding{
		Code:     errcatalog.DF401,
		Severity: errcatalog.SeverityError,
		Message:  message,
		Details:  d,
		Span:     p.span(n),
		Fixes:    p.renaming(n, d.Suggestion),
	})
}

// renaming is the fix that writes the nearest name in place of a node. There is none
// where the node is not written as it reads, as behind a variable or an escape.
func (p *parser) renaming(n *yaml.Node, name string) []errcatalog.Fix {
	if name == "" || n.Kind != yaml.ScalarNode {
		return nil
	}
	quote := ""
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		quote = `"`
	case n.Style&yaml.SingleQuotedStyle != 0:
		quote = "'"
	case !plain.MatchString(name):
		return nil
	}
	at := p.span(n)
	if variable.MatchString(n.Value) || strings.ContainsAny(name, `"'\`) || p.source(at) != quote+n.Value+quote {
		return nil
	}
	return []errcatalog.Fix{{
		Title: "Change to " + name, Preferred: true,
		Edits: []errcatalog.Edit{{Span: at, New: quote + name + quote}},
	}}
}

// plain is what needs no quotes in YAML.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// source is the text of a span within one line; "" where it is none.
func (p *parser) source(s errcatalog.Span) string {
	if s.Start.Line < 1 || s.Start.Line > len(p.lines) {
		return ""
	}
	line := p.lines[s.Start.Line-1]
	if s.Start.Column < 1 || s.End.Column < s.Start.Column || s.End.Column > len(line)+1 {
		return ""
	}
	return line[s.Start.Column-1 : s.End.Column-1]
}

// span is the first line of a node.
func (p *parser) span(n *yaml.Node) errcatalog.Span {
	start := token.Position{Filename: p.file, Line: n.Line, Column: p.byteColumn(n.Line, n.Column)}
	end := start
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		end.Column += len(n.Value)
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			end.Column += 2
		}
	}
	return errcatalog.Span{Start: start, End: end}
}

// byteColumn turns a column in characters, as yaml.v3 counts, into one in bytes.
func (p *parser) byteColumn(line, column int) int {
	if line < 1 || line > len(p.lines) {
		return column
	}
	chars := []rune(p.lines[line-1])
	return 1 + len(string(chars[:min(column-1, len(chars))]))
}

// resolve follows aliases.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func hasKey(n *yaml.Node, name string) bool {
	n = resolve(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func within(path string, names []string) []string {
	full := make([]string, len(names))
	for i, name := range names {
		full[i] = join(path, name)
	}
	return full
}

func named(path string) string {
	if path == "" {
		return FileName
	}
	return fmt.Sprintf("%q", path)
}
