package lsp_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// binaryDir is where the program is built, when a test needs it.
var binaryDir string

// Nothing of a session is left once Serve has returned.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if binaryDir != "" {
			_ = os.RemoveAll(binaryDir)
		}
		os.Exit(code)
	}))
}
