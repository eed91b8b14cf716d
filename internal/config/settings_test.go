package config_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// nested is a value at a dotted path; * becomes a name.
func nested(path string, value any) map[string]any {
	segments := strings.Split(strings.ReplaceAll(path, "*", "shop"), ".")
	for _, segment := range slices.Backward(segments) {
		value = map[string]any{segment: value}
	}
	return value.(map[string]any)
}

// TestEveryKeyIsRead gives each key a value of a wrong kind: one that is known says
// what it wants, one that is not is no setting.
func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	for _, key := range config.Keys() {
		wrong := any([]int{1})
		if key.Type == "array" {
			wrong = map[string]int{"a": 1}
		}
		text, err := json.Marshal(nested(key.Path, wrong))
		if err != nil {
			t.Fatal(err)
		}
		check := func(place string, findings []errcatalog.Finding) {
			told := slices.ContainsFunc(findings, func(f errcatalog.Finding) bool {
				return strings.HasSuffix(f.Details.Setting, strings.ReplaceAll(key.Path, "*", "shop")) && !strings.Contains(f.Message, "there is no setting")
			})
			if told != key.IsIn(place) {
				t.Errorf("%s: %s says %+v; the key is set in %v", key.Path, place, findings, key.In)
			}
		}
		_, findings := config.Parse(filepath.Join(t.TempDir(), config.FileName), text)
		check("file", findings)
		_, findings = config.ReadSettings(text)
		if !key.IsIn("extension") { // which reads its own; the server lets them pass
			check("editor", findings)
		}
	}
}

// TestKeysAreDocumented holds every key to a sentence, a default and a known place.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range config.Keys() {
		if seen[k.Path] || !strings.HasSuffix(k.Doc, ".") && !strings.HasSuffix(k.Doc, "off") || len(k.In) == 0 {
			t.Errorf("%+v", k)
		}
		seen[k.Path] = true
		if !k.IsIn("file") && !json.Valid([]byte(k.Default)) {
			t.Errorf("%s: the default %q is not JSON", k.Path, k.Default)
		}
	}
	if !seen["databases.*.url"] || !seen["strict.warnings"] || !seen["inlayHints.tables"] {
		t.Errorf("keys: %v", seen)
	}
}

func TestReadSettings(t *testing.T) {
	t.Parallel()
	changed := func(f func(*config.Settings)) config.Settings {
		s := config.DefaultSettings()
		f(&s)
		return s
	}
	for _, test := range []struct {
		raw, want string // part of the one finding; "" is none
		settings  config.Settings
	}{
		{"", "", config.DefaultSettings()},
		{"null", "", config.DefaultSettings()},
		{"{}", "", config.DefaultSettings()},
		{`{"inlayHints": null, "rules": null, "strict": null, "buildFlags": null}`, "", config.DefaultSettings()},
		{`{"inlayHints": {"tables": false}}`, "", changed(func(s *config.Settings) { s.InlayHints.Tables = false })},
		{`{"inlayHints": {"tables": "never"}}`, "dataflow.inlayHints.tables is true or false", config.DefaultSettings()},
		{`{"inlayHint": {"tables": false}}`, `did you mean "dataflow.inlayHints"?`, config.DefaultSettings()},
		{`{"databases": {}}`, `there is no setting "dataflow.databases"`, config.DefaultSettings()},
		{`[1]`, `"dataflow" is a mapping`, config.DefaultSettings()},
		{`{"buildFlags": ["-tags=integration"]}`, "", changed(func(s *config.Settings) { s.BuildFlags = []string{"-tags=integration"} })},
		{`{"buildFlags": "-tags=integration"}`, "is a list of texts", config.DefaultSettings()},
		{`{"strict": true}`, "", changed(func(s *config.Settings) { s.Strict = &config.Strict{Rules: true, Warnings: true} })},
		{`{"strict": {"warnings": "error"}}`, "", changed(func(s *config.Settings) { s.Strict = &config.Strict{Warnings: true} })},
		{`{"rules": {"DF-111": "off"}}`, "", changed(func(s *config.Settings) {
			s.Rules = map[errcatalog.Code]errcatalog.Severity{errcatalog.DF111: errcatalog.SeverityOff}
		})},
		{`{"server": {"path": ""}, "trace": {"server": "verbose"}}`, "", changed(func(s *config.Settings) { s.Trace.Server = "verbose" })},
		{"{", "cannot be read", config.DefaultSettings()},
	} {
		got, findings := config.ReadSettings([]byte(test.raw))
		if diff := cmp.Diff(test.settings, *got); diff != "" && test.want == "" {
			t.Errorf("%s: %s", test.raw, diff)
		}
		switch {
		case test.want == "" && len(findings) > 0:
			t.Errorf("%s: %+v", test.raw, findings)
		case test.want != "" && (len(findings) != 1 || !strings.Contains(findings[0].Message, test.want)):
			t.Errorf("%s: %+v; want %q", test.raw, findings, test.want)
		}
	}
}

// TestEditorOverFile shows that what an editor says of a code counts before the file.
func TestEditorOverFile(t *testing.T) {
	t.Parallel()
	file, _ := config.Parse(filepath.Join(t.TempDir(), config.FileName), []byte("strict: true\nrules: {DF-111: error, DF-203: off}"))
	settings, _ := config.ReadSettings([]byte(`{"rules": {"DF-111": "hint"}, "strict": false}`))
	c := file.With(settings)
	for code, want := range map[errcatalog.Code]errcatalog.Severity{
		errcatalog.DF111: errcatalog.SeverityHint, errcatalog.DF203: errcatalog.SeverityOff,
	} {
		if got := c.Severity(code, errcatalog.SeverityDefault); got != want {
			t.Errorf("%s is %v, not %v", code, got, want)
		}
	}
	if c.Strict != (config.Strict{}) || !file.Strict.Rules {
		t.Errorf("strict: %+v, in the file %+v", c.Strict, file.Strict)
	}
	defaults := config.DefaultSettings()
	if file.With(&defaults) != file {
		t.Error("settings that say nothing make another configuration")
	}
}
