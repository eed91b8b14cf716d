package errcatalog

import "strings"

// Join makes one error of many: nil when there are none, the error itself when
// there is one. errors.Is and errors.As reach each of them.
func Join(errs []*Error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return joined(errs)
}

// joined is several errors as one.
type joined []*Error

// rule stands between the pages of joined errors.
var rule = "\n\n" + strings.Repeat("─", 72) + "\n\n"

// Error returns every page, with a rule between them.
func (j joined) Error() string {
	pages := make([]string, len(j))
	for i, e := range j {
		pages[i] = e.Error()
	}
	return strings.Join(pages, rule)
}

// Unwrap returns the errors.
func (j joined) Unwrap() []error {
	errs := make([]error, len(j))
	for i, e := range j {
		errs[i] = e
	}
	return errs
}
