package errcatalog_test

import (
	"encoding/json"
	"errors"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/google/go-cmp/cmp"
)

func errorsIs(err, target error) bool { return errors.Is(err, target) }

// missingEmail is a finding as package graph makes it.
func missingEmail() errcatalog.Finding {
	return errcatalog.Finding{
		Code:    errcatalog.DF101,
		Message: `"email" is required to create a User`,
		Details: errcatalog.Details{
			Node: "create", NodeType: "UserCreateNode", Operation: "Create", Model: "User",
			Param: "email", Type: "string", Example: `"alice@example.com"`,
		},
		Span: errcatalog.Span{Start: token.Position{Filename: "signup.go", Line: 14}},
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	err := errcatalog.New(missingEmail())
	got := err.Error()
	head := `DF-101: Missing required parameter

Error: "email" is required to create a User
At: signup.go:14

Context:
- Node: create (UserCreateNode)
- Operation: Create
- Model: User
- Parameter: email
- Expected: string

Causes:
1. `
	if !strings.HasPrefix(got, head) {
		t.Errorf("the page starts with\n%s\nwant\n%s", got, head)
	}
	for _, part := range []string{
		"\n\nSolutions:\n1. Give \"create\" \"email\"\n\n   wf.AddNode(\"UserCreateNode\", \"create\", dataflow.Params{\n   \t\"email\": \"alice@example.com\",\n",
		"\n\n2. ",
		"\n\nDocumentation: https://dataflow-go.dev/errors/DF-101",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the page has no %q:\n%s", part, got)
		}
	}
}

func TestPageInColor(t *testing.T) {
	t.Parallel()
	err := errcatalog.New(missingEmail())
	plain, colored := err.Page(false), err.Page(true)
	if strings.Contains(plain, "\x1b") {
		t.Error("the plain page has colours")
	}
	if !strings.Contains(colored, "\x1b[1;31mDF-101: Missing required parameter\x1b[0m") {
		t.Errorf("the title is not red: %q", colored[:80])
	}
	if n := strings.Count(colored, "\x1b[0m"); n*2 != strings.Count(colored, "\x1b[") {
		t.Error("a colour is not reset")
	}
}

func TestPageCannotStyleTheTerminal(t *testing.T) {
	t.Parallel()
	f := missingEmail()
	f.Message = "\x1b[2Jgone\r\x07"
	f.Details.Value = "\x1b]0;title\x07"
	if got := errcatalog.New(f).Page(false); strings.ContainsAny(got, "\x1b\r\x07") {
		t.Errorf("control characters of a value reach the terminal: %q", got)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	f := missingEmail()
	f.Details.Value = "a ``b`` c"
	f.Details.Mended = "x := \"```\""
	got := errcatalog.New(f).Markdown()
	for _, part := range []string{
		"**DF-101: Missing required parameter**\n\n\"email\" is required to create a User\n",
		"- Node: `create (UserCreateNode)`\n",
		"- Value: ``` a ``b`` c ```\n",
		"\n   ````go\n   x := \"```\"\n   ````\n",
		"[DF-101](https://dataflow-go.dev/errors/DF-101)\n",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: errcatalog.Minimal}).Wrap(missingEmail(), fs.ErrNotExist))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"code":"DF-101","title":"Missing required parameter","message":"\"email\" is required to create a User",` +
		`"docs_url":"https://dataflow-go.dev/errors/DF-101","position":{"file":"signup.go","line":14},"cause":"file does not exist"}`
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Error(diff)
	}
	var full struct {
		Context   []struct{ Key, Value string }
		Causes    []string
		Solutions []struct{ Title, Code string }
	}
	if b, err = json.Marshal(errcatalog.New(missingEmail())); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &full); err != nil {
		t.Fatal(err)
	}
	if full.Context[0].Key != "Node" || len(full.Causes) < 2 || full.Solutions[0].Code == "" {
		t.Errorf("%s", b)
	}
}

func TestIsAsUnwrap(t *testing.T) {
	t.Parallel()
	var err error = errcatalog.Wrap(missingEmail(), fs.ErrNotExist)
	if !errors.Is(err, errcatalog.DF101) || errors.Is(err, errcatalog.DF102) || !errors.Is(err, fs.ErrNotExist) {
		t.Error("errors.Is")
	}
	var e *errcatalog.Error
	if !errors.As(err, &e) || e.Code != errcatalog.DF101 {
		t.Error("errors.As")
	}
	// What is wrapped gives the reason, unless the finding has one.
	if !strings.Contains(err.Error(), "- Reason: file does not exist\n") {
		t.Errorf("no reason in\n%v", err)
	}
	f := missingEmail()
	f.Details.Reason = "because"
	if got := errcatalog.Wrap(f, fs.ErrNotExist).Error(); !strings.Contains(got, "- Reason: because\n") {
		t.Errorf("another reason in\n%s", got)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	f := missingEmail()
	minimal := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: errcatalog.Minimal})
	disabled := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: errcatalog.Disabled})

	m := minimal.Error(f)
	if m.Title == "" || m.DocsURL == "" || m.Position.Line != 14 || m.Causes != nil || m.Solutions != nil || m.Context != nil {
		t.Errorf("minimal: %+v", m)
	}
	if got, want := m.Error(), `DF-101: "email" is required to create a User`; got != want {
		t.Errorf("minimal: %q", got)
	}
	d := disabled.Wrap(f, fs.ErrNotExist)
	if d.Title != "" || d.DocsURL != "" || d.Context != nil || !errors.Is(d, fs.ErrNotExist) {
		t.Errorf("disabled: %+v", d)
	}
	if got, want := d.Error(), `DF-101: "email" is required to create a User: file does not exist`; got != want {
		t.Errorf("disabled: %q", got)
	}
	for mode, name := range map[errcatalog.Mode]string{errcatalog.Full: "full", errcatalog.Minimal: "minimal", errcatalog.Disabled: "disabled"} {
		if mode.String() != name {
			t.Errorf("%d: %q", mode, mode.String())
		}
	}
}

func TestUnknownCodeKeepsTheMessage(t *testing.T) {
	t.Parallel()
	err := errcatalog.New(errcatalog.Finding{Code: "DF-000", Message: "what happened", Details: errcatalog.Details{Node: "create"}})
	if got := err.Error(); !strings.Contains(got, "DF-000") || !strings.Contains(got, "what happened") {
		t.Errorf("%q", got)
	}
}

func TestZeroEnhancer(t *testing.T) {
	t.Parallel()
	var e errcatalog.Enhancer
	if err := e.Error(missingEmail()); len(err.Solutions) == 0 {
		t.Error("no solutions")
	}
}

func TestPatternsAreNotConfused(t *testing.T) {
	t.Parallel()
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{CacheSize: 2})
	var wg sync.WaitGroup
	for i := range 50 {
		node := string(rune('a' + i%5))
		wg.Go(func() {
			f := missingEmail()
			f.Details.Node = node
			if got := e.Error(f).Solutions[0].Title; got != `Give "`+node+`" "email"` {
				t.Errorf("%s: %s", node, got)
			}
		})
	}
	wg.Wait()
	// The same text in another field is another pattern.
	a, b := missingEmail(), missingEmail()
	a.Details.Param, a.Details.Field = "email", ""
	b.Details.Param, b.Details.Field = "", "email"
	if cmp.Equal(e.Error(a).Context, e.Error(b).Context) {
		t.Error("Param and Field have one pattern")
	}
}

func TestDisabledErrorsAreNotConfused(t *testing.T) {
	t.Parallel()
	n := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: errcatalog.Disabled})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 2000 {
				f := errcatalog.Finding{Code: errcatalog.DF101, Message: strconv.Itoa(i % 300)}
				if i%2 == 0 {
					f.Code = errcatalog.DF310
				}
				var cause error
				if i%3 == 0 {
					cause = fs.ErrNotExist
				}
				if e := n.Wrap(f, cause); e.Code != f.Code || e.Message != f.Message || !errors.Is(e.Unwrap(), cause) {
					t.Errorf("%s: %s wraps %v; want %s: %s wraps %v", e.Code, e.Message, e.Unwrap(), f.Code, f.Message, cause)
				}
				if e := n.Error(f); e.Code != f.Code || e.Message != f.Message || e.Unwrap() != nil {
					t.Errorf("%s: %s wraps %v; want %s: %s", e.Code, e.Message, e.Unwrap(), f.Code, f.Message)
				}
			}
		})
	}
	wg.Wait()
}

func TestJoin(t *testing.T) {
	t.Parallel()
	if err := errcatalog.Join(nil); err != nil {
		t.Errorf("of none: %v", err)
	}
	one := errcatalog.New(missingEmail())
	if err := errcatalog.Join([]*errcatalog.Error{one}); !errors.Is(err, one) || err.Error() != one.Error() {
		t.Errorf("of one: %v", err)
	}
	f := missingEmail()
	f.Code, f.Message = errcatalog.DF203, "another"
	two := errcatalog.Wrap(f, fs.ErrNotExist)
	err := errcatalog.Join([]*errcatalog.Error{one, two})
	for _, target := range []error{errcatalog.DF101, errcatalog.DF203, fs.ErrNotExist, one, two} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is misses %v", target)
		}
	}
	var e *errcatalog.Error
	if !errors.As(err, &e) || e != one {
		t.Error("errors.As does not reach the first")
	}
	if got := err.Error(); !strings.HasPrefix(got, one.Error()+"\n\n──") || !strings.HasSuffix(got, "──\n\n"+two.Error()) {
		t.Errorf("the pages are not apart:\n%s", got)
	}
}
