package model

import (
	"fmt"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"
)

var rules = sync.OnceValue(func() *validator.Validate {
	return validator.New(validator.WithRequiredStructEnabled())
})

// A RuleError is a value that breaks a validate rule (DF-117).
type RuleError struct {
	Rule string // as in the tag: "max=120"
}

func (e *RuleError) Error() string { return "breaks the rule " + e.Rule }

// Validate checks a value, as Convert returns it, against the field's validate
// tag. It returns a *RuleError for the first rule that the value breaks. A null
// breaks only "required".
func Validate(f *Field, v any) (err error) {
	if f.Validate == "" || f.Validate == "-" {
		return nil
	}
	if v == nil {
		if hasRule(f.Validate, "required") {
			return &RuleError{"required"}
		}
		return nil
	}
	defer recoverRule(&err)
	return ruleError(rules().Var(v, f.Validate))
}

func ruleError(err error) error {
	if err == nil {
		return nil
	}
	if all, ok := err.(validator.ValidationErrors); ok && len(all) > 0 { //nolint:errorlint // Var returns it unwrapped
		rule := all[0].Tag()
		if p := all[0].Param(); p != "" {
			rule += "=" + p
		}
		return &RuleError{rule}
	}
	return err
}

// recoverRule turns the validator's panics (an unknown rule, a rule that does not
// go with the type) into an error.
func recoverRule(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%v", r)
	}
}

// checkRules reports a validate tag that the validator does not know.
func checkRules(f *Field) (err error) {
	if f.Validate == "" || f.Validate == "-" {
		return nil
	}
	defer recoverRule(&err)
	zero, cErr := zeroValue(f.Type)
	if cErr != nil {
		return nil
	}
	// Only a panic tells an invalid tag; that the zero value breaks a rule is no matter.
	_ = rules().Var(zero, f.Validate)
	return nil
}

func hasRule(tag, rule string) bool {
	for _, part := range strings.Split(tag, ",") {
		if strings.TrimSpace(part) == rule {
			return true
		}
	}
	return false
}
