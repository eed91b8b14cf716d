// Package version says which build of DataFlow this is.
package version

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// tag is the release, set by the linker:
//
//	go build -ldflags "-X github.com/dataflow-go/dataflow/internal/version.tag=v1.2.3"
//
// A binary made by `go install …@v1.2.3` knows its release without it.
var tag string

// Info is what a version command prints as JSON.
type Info struct {
	Version  string `json:"version"`            // "v1.2.3", or "devel"
	Revision string `json:"revision,omitempty"` // commit the binary was built from
	Modified bool   `json:"modified,omitempty"` // the tree had changes that were not committed
	Go       string `json:"go"`                 // "go1.26.8"
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// Get returns what is known of this build.
func Get() Info {
	info := Info{Version: tag, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if ok {
		if v := build.Main.Version; info.Version == "" && v != "(devel)" {
			info.Version = v
		}
		for _, s := range build.Settings {
			switch s.Key {
			case "vcs.revision":
				info.Revision = s.Value
			case "vcs.modified":
				info.Modified = s.Value == "true"
			}
		}
	}
	if info.Version == "" {
		info.Version = "devel"
	}
	return info
}

// String returns the version in one line: "v1.2.3 (go1.26.8, linux/amd64)".
func String() string {
	i := Get()
	var b strings.Builder
	b.WriteString(i.Version)
	// The version that the go command makes from a commit names the commit itself.
	if len(i.Revision) >= 12 && !strings.Contains(i.Version, i.Revision[:12]) {
		b.WriteString(" " + i.Revision[:12])
		if i.Modified {
			b.WriteString(" modified")
		}
	}
	b.WriteString(" (" + i.Go + ", " + i.OS + "/" + i.Arch + ")")
	return b.String()
}
