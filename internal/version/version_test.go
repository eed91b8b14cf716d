package version_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/internal/version"
)

func TestVersionNamesBuildAndPlatform(t *testing.T) {
	t.Parallel()
	info := version.Get()
	if info.Version == "" || info.Go != runtime.Version() || info.OS != runtime.GOOS || info.Arch != runtime.GOARCH {
		t.Errorf("Get() = %+v: every field but the revision must be there", info)
	}
	s := version.String()
	if !strings.HasPrefix(s, info.Version) || !strings.Contains(s, runtime.GOOS+"/"+runtime.GOARCH) {
		t.Errorf("String() = %q, want version %q first and the platform in it", s, info.Version)
	}
}
