package expression

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/google/uuid"
)

// plain copies the values of env into what the language works with: a UUID is
// its text, JSON is what it decodes to.
func plain(env map[string]any) map[string]any {
	out := make(map[string]any, len(env))
	for name, v := range env {
		out[name] = plainValue(v)
	}
	return out
}

func plainValue(v any) any {
	switch x := v.(type) {
	case uuid.UUID:
		return x.String()
	case []uuid.UUID:
		return plainList(x)
	case json.RawMessage:
		return decode(x)
	case json.Number:
		return number(x)
	case map[string]any:
		return plain(x)
	case []map[string]any:
		return plainList(x)
	case []any:
		return plainList(x)
	}
	return v
}

func plainList[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = plainValue(v)
	}
	return out
}

// decode reads JSON, whole numbers as int64. What is no JSON stays text.
func decode(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return string(raw)
	}
	return plainValue(v)
}

func number(n json.Number) any {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}
