package config

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// Section is the name under which an editor keeps the settings.
const Section = "dataflow"

// ReadSettings reads what an editor sets, a JSON object, and returns what is wrong with
// it (DF-401). What is right counts all the same; what is not set, or null, keeps its
// default.
func ReadSettings(raw []byte) (*Settings, []errcatalog.Finding) {
	s := DefaultSettings()
	p := &parser{c: &Config{}}
	var doc yaml.Node // JSON is YAML
	switch err := yaml.Unmarshal(raw, &doc); {
	case err != nil:
		p.findings = append(p.findings, errcatalog.Finding{
			Code: errcatalog.DF401, Severity: errcatalog.SeverityError,
			Message: fmt.Sprintf("the settings of %q cannot be read: %v", Section, err),
			Details: errcatalog.Details{Setting: Section, Reason: err.Error()},
		})
	case doc.IsZero():
	default:
		p.editorGroup(doc.Content[0], Section, reflect.ValueOf(&s).Elem())
	}
	for i := range p.findings { // an editor's settings are at no place of a file
		p.findings[i].Span, p.findings[i].Fixes = errcatalog.Span{}, nil
	}
	return &s, p.findings
}

// editorGroup reads the keys of a struct that are set in an editor.
func (p *parser) editorGroup(n *yaml.Node, path string, group reflect.Value) {
	readers := map[string]func(*yaml.Node, string){}
	for i := range group.NumField() {
		tag, field := group.Type().Field(i).Tag, group.Field(i)
		if tag.Get("in") != "file" {
			readers[tag.Get("json")] = func(n *yaml.Node, path string) { p.editorValue(n, path, field) }
		}
	}
	p.mapping(n, path, readers)
}

func (p *parser) editorValue(n *yaml.Node, path string, field reflect.Value) {
	if n.Tag == "!!null" {
		return
	}
	switch v := field.Addr().Interface().(type) {
	case *bool:
		p.decode(n, path, "true or false", v)
	case *string:
		if n.Value != "" { // "" is how VS Code says that a text is not set
			p.decode(n, path, "text", v)
		}
	case *[]string:
		if n.Decode(v) != nil {
			p.fault(n, path, path+" is a list of texts", errcatalog.Details{})
		}
	case **Strict:
		*v = new(p.strictness(n, path))
	case *map[errcatalog.Code]errcatalog.Severity:
		*v = p.severities(n, path)
	default:
		if field.Kind() != reflect.Struct {
			panic(fmt.Sprintf("config: no way to read %s of type %s", path, field.Type()))
		}
		p.editorGroup(n, path, field)
	}
}
