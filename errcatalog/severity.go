package errcatalog

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var severityNames = []string{"default", "error", "warning", "info", "hint", "off"}

// String returns "error", "warning", "info", "hint", "off", or "default".
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severityNames) {
		return fmt.Sprintf("Severity(%d)", int(s))
	}
	return severityNames[s]
}

// ParseSeverity reads the names that String returns. Any other name is DF-401.
func ParseSeverity(name string) (Severity, error) {
	if s, ok := severityOf(name); ok {
		return s, nil
	}
	return SeverityDefault, New(Finding{
		Code:    DF401,
		Message: fmt.Sprintf("%q is not a severity: use %s", name, strings.Join(severityNames[1:], ", ")),
		Details: Details{Value: name, Allowed: severityNames[1:]},
	})
}

func severityOf(name string) (Severity, bool) {
	i := slices.Index(severityNames, name)
	return Severity(max(i, 0)), i >= 0
}

// MarshalYAML writes the severity by name.
func (s Severity) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalYAML reads the severity by name.
func (s *Severity) UnmarshalYAML(n *yaml.Node) error {
	var name string
	if err := n.Decode(&name); err != nil {
		return err
	}
	// Not ParseSeverity: the catalogue is itself read through here, and an error
	// of its own would need the catalogue. Readers of other files wrap this one.
	v, ok := severityOf(name)
	if !ok {
		return fmt.Errorf("line %d: %q is not a severity: use %s", n.Line, name, strings.Join(severityNames[1:], ", "))
	}
	*s = v
	return nil
}

// MarshalText writes the severity by name, as JSON has it.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the severity by name.
func (s *Severity) UnmarshalText(b []byte) error {
	v, err := ParseSeverity(string(b))
	if err != nil {
		return err
	}
	*s = v
	return nil
}
