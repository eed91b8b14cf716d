package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/docgen"
)

var update = flag.Bool("update", false, "write what is made from the settings: docs/configuration.md and the extension's package.json")

// root is the folder of the repository.
var root = filepath.Join("..", "..")

// The page and the extension list the settings as the struct has them.
func TestDocsListTheSettings(t *testing.T) {
	t.Parallel()
	page := filepath.Join(root, "docs", "configuration.md")
	for region, want := range map[string]string{"keys of dataflow.yaml": table("file"), "settings of an editor": table("editor")} {
		if err := docgen.Region(page, region, want, *update); err != nil {
			t.Error(err)
		}
	}
	extension := filepath.Join(root, "editors", "vscode", "package.json")
	if err := docgen.Between(extension, `"title": "DataFlow",
      "properties": `, `
    }
  },
  "scripts"`, properties(t), *update); err != nil {
		t.Error(err)
	}
}

// table is the Markdown of what is set at a place.
func table(place string) string {
	var b strings.Builder
	b.WriteString("| name | value | default | what for |\n| --- | --- | --- | --- |\n")
	for _, k := range config.Keys() {
		if !k.IsIn(place) {
			continue
		}
		name, value := strings.ReplaceAll(k.Path, "*", "NAME"), k.Type
		if len(k.Values) > 0 {
			value = "`" + strings.Join(k.Values, "`, `") + "`"
			if k.Type == "object" {
				value = "codes, each " + value
			}
		}
		fallback := k.Default
		if json.Valid([]byte(fallback)) {
			fallback = "`" + fallback + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, value, fallback, strings.ReplaceAll(k.Doc, "|", `\|`))
	}
	return b.String()
}

// properties are the settings as VS Code wants them declared.
func properties(t *testing.T) string {
	t.Helper()
	type property struct {
		Type        any               `json:"type"`
		Enum        []string          `json:"enum,omitempty"`
		Items       map[string]string `json:"items,omitempty"`
		Values      map[string]any    `json:"additionalProperties,omitempty"`
		Default     json.RawMessage   `json:"default"`
		Scope       string            `json:"scope,omitempty"`
		Description string            `json:"markdownDescription"`
	}
	var b bytes.Buffer
	b.WriteString("{")
	for _, k := range config.Keys() {
		if !k.IsIn("editor") && !k.IsIn("extension") || strings.HasPrefix(k.Path, "strict.") {
			continue
		}
		p := property{Type: k.Type, Enum: k.Values, Default: json.RawMessage(k.Default), Scope: k.Scope, Description: k.Doc}
		switch {
		case k.Type == "array":
			p.Items = map[string]string{"type": "string"}
		case k.Path == "strict":
			p.Type, p.Default = []string{"boolean", "object", "null"}, json.RawMessage("null")
		case k.Type == "object":
			p.Enum, p.Default = nil, json.RawMessage("{}")
			p.Values = map[string]any{"type": "string", "enum": k.Values}
		}
		if !json.Valid(p.Default) {
			t.Fatalf("%s: the default %q is not JSON", k.Path, k.Default)
		}
		if b.Len() > 1 {
			b.WriteString(",")
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%q:%s", config.Section+"."+k.Path, text)
	}
	b.WriteString("}")
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "      ", "  "); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
