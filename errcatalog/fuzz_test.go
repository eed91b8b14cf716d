package errcatalog_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// FuzzFill fills the templates of every code with any text: nothing panics, and
// the message is never lost.
func FuzzFill(f *testing.F) {
	f.Add("DF-101", "email is missing", "create", "UserCreateNode", "data.0.email", "[]int64")
	f.Add("DF-206", "", "", "Node", "filter.", "*string")
	f.Add("DF-999", "x", "{{.Node}}", "{{", "..", "[]")
	f.Add("DF-102", "a\x00b", hostile, "CreateNode", "0.1.2", hostile)
	f.Fuzz(func(t *testing.T, code, message, node, nodeType, param, goType string) {
		d := errcatalog.Details{
			Node: node, NodeType: nodeType, Param: param, Type: goType, Got: goType, Field: param, Column: param,
			Source: node, Output: param, Target: node, Input: param, Suggestion: param, Value: goType, Example: goType,
			Model: nodeType, Allowed: strings.Split(param, "."), Setting: param, Reason: message,
		}
		err := errcatalog.New(errcatalog.Finding{Code: errcatalog.Code(code), Message: message, Details: d})
		if err.Message != message || string(err.Code) != code {
			t.Fatalf("%q: %q became %q: %q", code, message, err.Code, err.Message)
		}
		// A page for a terminal has no control characters; the rest of the message is there.
		if plain := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || r == unicode.ReplacementChar {
				return -1
			}
			return r
		}, message); plain == message && !strings.Contains(err.Error(), message) {
			t.Fatalf("the page lost %q:\n%s", message, err.Error())
		}
		if err.Markdown() == "" {
			t.Fatal("no Markdown")
		}
		if _, jsonErr := err.MarshalJSON(); jsonErr != nil {
			t.Fatal(jsonErr)
		}
	})
}
