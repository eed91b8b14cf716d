package lspmeta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Check holds a JSON value to a structure, an enumeration or an alias of the protocol.
func (m *Model) Check(name string, data []byte) error {
	v, err := decode(data)
	if err != nil {
		return err
	}
	return joined(name, m.check(&typ{Kind: "reference", Name: name}, v))
}

// A fault is what is wrong at one place of a value.
type fault struct {
	path  string // from the value that was checked: ".items[3].kind"
	depth int    // steps of path
	what  string
}

func wrong(format string, args ...any) []fault {
	return []fault{{what: fmt.Sprintf(format, args...)}}
}

// at moves faults one step down.
func at(step string, faults []fault) []fault {
	for i := range faults {
		faults[i].path = step + faults[i].path
		faults[i].depth++
	}
	return faults
}

func joined(root string, faults []fault) error {
	var all []error
	for _, f := range faults {
		if where := strings.TrimSpace(root + f.path); where != "" {
			f.what = where + ": " + f.what
		}
		all = append(all, errors.New(f.what))
	}
	return errors.Join(all...)
}

// check says what is wrong with a value as one of a type. Values are as decode makes them.
func (m *Model) check(t *typ, v any) []fault {
	switch t.Kind {
	case "base":
		return checkBase(t.Name, v)
	case "reference":
		return m.checkReference(t.Name, v)
	case "array", "tuple":
		return m.checkList(t, v)
	case "map":
		return m.checkMap(t, v)
	case "or":
		return m.checkOr(t, v)
	case "and", "literal":
		properties := m.propertiesOf(t)
		if _, ok := v.(map[string]any); ok && len(properties) == 0 {
			return nil // {} of TypeScript: any object
		}
		return m.checkObject("object", properties, v)
	case "stringLiteral":
		if v != t.text {
			return wrong("%s is not %q", text(v), t.text)
		}
	}
	return nil
}

func checkBase(name string, v any) []fault {
	good := false
	switch name {
	case "null":
		good = v == nil
	case "boolean":
		_, good = v.(bool)
	case "string", "RegExp":
		_, good = v.(string)
	case "URI", "DocumentUri":
		s, isString := v.(string)
		good = isString && isURI(s)
	case "integer", "uinteger":
		// Both are 31 bits wide, beside the sign.
		n, isNumber := v.(json.Number)
		i, err := strconv.ParseInt(n.String(), 10, 64)
		good = isNumber && err == nil && i <= math.MaxInt32 && i >= math.MinInt32 && (name == "integer" || i >= 0)
	case "decimal":
		_, good = v.(json.Number)
	}
	if !good {
		return wrong("%s is no %s", text(v), name)
	}
	return nil
}

// isURI reports whether s is a URI of RFC 3986 with a scheme. Package net/url takes
// characters that must be escaped.
func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r)
	})
}

func (m *Model) checkReference(name string, v any) []fault {
	switch name {
	case "LSPAny":
		return nil
	case "LSPObject":
		if _, ok := v.(map[string]any); !ok {
			return wrong("%s is no object", text(v))
		}
		return nil
	}
	if t := m.aliases[name]; t != nil {
		return m.check(t, v)
	}
	if e := m.enumerations[name]; e != nil {
		if faults := m.check(e.Type, v); faults != nil || e.SupportsCustomValues || e.known[key(v)] {
			return faults
		}
		return wrong("%s is no %s", text(v), name)
	}
	if properties := m.structures[name]; properties != nil {
		faults := m.checkObject(name, properties, v)
		if rule := rules[name]; rule != nil && len(faults) == 0 {
			object, _ := v.(map[string]any)
			return rule(object)
		}
		return faults
	}
	return wrong("the meta model has no type %s", name)
}

func (m *Model) checkObject(name string, properties map[string]*property, v any) []fault {
	object, ok := v.(map[string]any)
	if !ok {
		return wrong("%s is no %s", text(v), name)
	}
	var faults []fault
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if p := properties[key]; p == nil {
			faults = append(faults, at("."+key, wrong("%s has no such property", name))...)
		} else {
			faults = append(faults, at("."+key, m.check(p.Type, object[key]))...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if _, given := object[key]; !given && !properties[key].Optional {
			faults = append(faults, at("."+key, wrong("%s must have it", name))...)
		}
	}
	return faults
}

// propertiesOf are those of an object type.
func (m *Model) propertiesOf(t *typ) map[string]*property {
	switch t.Kind {
	case "reference":
		return m.structures[t.Name]
	case "literal":
		return t.properties
	}
	all := map[string]*property{}
	for _, part := range t.Items {
		maps.Copy(all, m.propertiesOf(part))
	}
	return all
}

func (m *Model) checkList(t *typ, v any) []fault {
	list, ok := v.([]any)
	if !ok {
		return wrong("%s is no %s", text(v), t)
	}
	if t.Kind == "tuple" && len(list) != len(t.Items) {
		return wrong("%s is no %s", text(v), t)
	}
	var faults []fault
	for i, e := range list {
		element := t.Element
		if t.Kind == "tuple" {
			element = t.Items[i]
		}
		faults = append(faults, at(fmt.Sprintf("[%d]", i), m.check(element, e))...)
	}
	return faults
}

func (m *Model) checkMap(t *typ, v any) []fault {
	object, ok := v.(map[string]any)
	if !ok {
		return wrong("%s is no object", text(v))
	}
	var faults []fault
	for _, key := range slices.Sorted(maps.Keys(object)) {
		faults = append(faults, at(fmt.Sprintf("[%q]", key), append(m.check(t.Key, key), m.check(t.value, object[key])...))...)
	}
	return faults
}

// checkOr reports what is wrong with the alternative that was most likely meant: the
// one that holds down to the deepest place and, of equals, has the fewest faults.
func (m *Model) checkOr(t *typ, v any) []fault {
	var best []fault
	bestDepth := 0
	for _, alternative := range t.Items {
		faults := m.check(alternative, v)
		if len(faults) == 0 {
			return nil
		}
		depth := slices.MinFunc(faults, func(a, b fault) int { return a.depth - b.depth }).depth
		if best == nil || depth > bestDepth || depth == bestDepth && len(faults) < len(best) {
			best, bestDepth = faults, depth
		}
	}
	if bestDepth == 0 {
		return wrong("%s is no %s", text(v), t)
	}
	return best
}

// String is the type as one would write it in TypeScript.
func (t *typ) String() string {
	switch t.Kind {
	case "base", "reference":
		return t.Name
	case "array":
		return t.Element.String() + "[]"
	case "tuple":
		return fmt.Sprintf("tuple of %d", len(t.Items))
	case "stringLiteral":
		return strconv.Quote(t.text)
	case "or":
		var names []string
		for _, item := range t.Items {
			names = append(names, item.String())
		}
		return strings.Join(names, " | ")
	}
	return t.Kind
}

// key is a value as JSON.
func key(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// text is a value as JSON, cut where it is long.
func text(v any) string {
	const most = 60
	all := key(v)
	if len(all) <= most {
		return all
	}
	return strings.ToValidUTF8(all[:most], "") + "…"
}

// decode reads one JSON value: numbers as they are written, and no name twice in one
// object, which encoding/json would let pass.
func decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("the JSON is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeValue(d)
	if err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return v, nil
}

func decodeValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			e, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		object := map[string]any{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			name, _ := key.(string) // the decoder lets nothing else pass
			if _, twice := object[name]; twice {
				return nil, fmt.Errorf("an object has %q twice", name)
			}
			if object[name], err = decodeValue(d); err != nil {
				return nil, err
			}
		}
		_, err := d.Token()
		return object, err
	}
	return token, nil
}
