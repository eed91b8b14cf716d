// Package docgen keeps the parts of files that are made from Go in step with it. Tests
// use it: they fail when such a part is stale, and write it when they are asked to.
package docgen

import (
	"fmt"
	"os"
	"strings"
)

// Region holds the text of a file between the lines <!-- NAME --> and <!-- /NAME --> to
// want. Where they differ it is an error or, with update, written.
func Region(file, name, want string, update bool) error {
	return Between(file, "<!-- "+name+" -->\n", "<!-- /"+name+" -->", want, update)
}

// Between is Region for any two texts, each of which is in the file once.
func Between(file, begin, end, want string, update bool) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, closed := strings.Cut(rest, end)
	switch {
	case !ok || !closed:
		return fmt.Errorf("%s has no part between %q and %q", file, begin, end)
	case got == want:
		return nil
	case !update:
		return fmt.Errorf("%s: what stands after %q is stale: run the test with -update", file, strings.TrimSpace(begin))
	}
	return os.WriteFile(file, []byte(before+begin+want+end+after), 0o600)
}
