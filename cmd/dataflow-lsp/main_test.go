package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args      []string
		want      int
		out, errs string // parts of what is written
	}{
		"version flag":          {[]string{"--version"}, 0, "dataflow-lsp ", ""},
		"version command":       {[]string{"version"}, 0, "dataflow-lsp ", ""},
		"help":                  {[]string{"-h"}, 0, "", "Usage:"},
		"unknown flag":          {[]string{"--port=1"}, 2, "", "-port"},
		"unknown argument":      {[]string{"serve"}, 2, "", `unknown argument "serve"`},
		"unknown to version":    {[]string{"version", "--yaml"}, 2, "", "-yaml"},
		"log file in no folder": {[]string{"--log-file", filepath.Join(t.TempDir(), "no", "log")}, 2, "", "log file"},
		"no input":              {[]string{"--stdio"}, 1, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			got := run(tt.args, strings.NewReader(""), &out, &errs)
			if got != tt.want || !strings.Contains(out.String(), tt.out) || !strings.Contains(errs.String(), tt.errs) {
				t.Errorf("status %d, want %d\nout: %s\nerr: %s", got, tt.want, &out, &errs)
			}
		})
	}
}

func TestVersionAsJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var info struct{ Version, Go string }
	if status := run([]string{"version", "--json"}, nil, &out, &out); status != 0 {
		t.Fatalf("status %d: %s", status, &out)
	}
	if err := json.Unmarshal(out.Bytes(), &info); err != nil || info.Version == "" || info.Go == "" {
		t.Errorf("%s: %v, want version and go", &out, err)
	}
}
