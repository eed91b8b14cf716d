package engine

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/model"
)

// How SQLite holds the column types:
//
//	bool, integers  INTEGER
//	uint, uint64    INTEGER; above its range TEXT of 20 digits, which sorts after every INTEGER
//	floats          REAL
//	string          TEXT
//	[]byte          BLOB
//	time.Time       INTEGER, microseconds since 1970 UTC
//	uuid.UUID       TEXT, 36 characters
//	decimal         TEXT without exponent or trailing zeros; compared with the collation df_decimal
//	JSON, arrays    TEXT, JSON with sorted keys; elements as above, bytes in base64

// maxExponent bounds decimals: written out, one with a larger exponent would fill
// the memory.
const maxExponent = 10_000

func (sqlite) encode(t model.Type, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if t.Array {
		return encodeArray(v)
	}
	switch x := v.(type) {
	case bool:
		return int64(b2i(x)), nil
	case int64, []byte, string:
		return v, nil
	case uint64:
		return bigUint(x), nil
	case float64:
		if math.IsNaN(x) {
			return nil, errors.New("NaN cannot be stored: SQLite makes it null")
		}
		return v, nil
	case time.Time:
		return encodeTime(x)
	case uuid.UUID:
		return x.String(), nil
	case decimal.Decimal:
		return encodeDecimal(x)
	case json.RawMessage:
		return encodeJSON(x)
	}
	return nil, fmt.Errorf("no column holds a %T", v)
}

// bigUint is a number above the range of int64 as text that sorts by value.
func bigUint(u uint64) any {
	if u <= math.MaxInt64 {
		return int64(u)
	}
	return fmt.Sprintf("%020d", u)
}

func encodeTime(t time.Time) (any, error) {
	micros := t.UnixMicro()
	if !time.UnixMicro(micros).Equal(t.Truncate(time.Microsecond)) {
		return nil, fmt.Errorf("%s is out of the range of times that can be stored", t)
	}
	return micros, nil
}

func encodeDecimal(d decimal.Decimal) (any, error) {
	if exp := d.Exponent(); exp > maxExponent || exp < -maxExponent {
		return nil, fmt.Errorf("a decimal with the exponent %d cannot be stored", exp)
	}
	return d.String(), nil
}

// encodeJSON writes JSON in one form, so that equal values are equal text.
func encodeJSON(raw json.RawMessage) (string, error) {
	v, err := parseJSON(string(raw))
	if err != nil {
		return "", err
	}
	out, err := json.Marshal(v)
	return string(out), err
}

func encodeArray(v any) (any, error) {
	items := v
	switch x := v.(type) {
	case []string:
		for i, s := range x {
			if !utf8.ValidString(s) {
				return nil, fmt.Errorf("element %d is not valid UTF-8; text in arrays must be", i)
			}
		}
	case []uint64:
		items = mapped(x, bigUint)
	case []float64:
		for i, f := range x {
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, fmt.Errorf("element %d is %v, which an array cannot hold", i, f)
			}
		}
	case []time.Time:
		micros := make([]any, len(x))
		for i, t := range x {
			m, err := encodeTime(t)
			if err != nil {
				return nil, fmt.Errorf("element %d: %w", i, err)
			}
			micros[i] = m
		}
		items = micros
	case []decimal.Decimal:
		texts := make([]any, len(x))
		for i, d := range x {
			s, err := encodeDecimal(d)
			if err != nil {
				return nil, fmt.Errorf("element %d: %w", i, err)
			}
			texts[i] = s
		}
		items = texts
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(items); err != nil {
		return nil, err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func mapped[T any](items []T, f func(T) any) []any {
	out := make([]any, len(items))
	for i, x := range items {
		out[i] = f(x)
	}
	return out
}

func (sqlite) now() any { return time.Now().UnixMicro() }

func (sqlite) decode(t model.Type, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if t.Array {
		s, ok := text(v)
		if !ok {
			return nil, unreadable(t, v)
		}
		return decodeArray(t, s)
	}
	return decodeOne(t, v)
}

func unreadable(t model.Type, v any) error { return fmt.Errorf("a %T in the database is no %s", v, t) }

// text is v where the driver returned text or bytes.
func text(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case []byte:
		return string(x), true
	}
	return "", false
}

func decodeOne(t model.Type, v any) (any, error) {
	k := t.Kind
	switch x := v.(type) {
	case int64:
		switch {
		case k == model.KindBool:
			return x != 0, nil
		case k.IsInteger():
			return v, nil
		case k.IsFloat():
			return float64(x), nil
		case k == model.KindTime:
			return time.UnixMicro(x).UTC(), nil
		case k == model.KindDecimal:
			return decimal.NewFromInt(x), nil
		}
	case float64:
		switch {
		case k.IsFloat():
			return v, nil
		case k.IsInteger() && x == math.Trunc(x) && math.Abs(x) < 1<<53:
			return int64(x), nil
		case k == model.KindDecimal:
			return decimal.NewFromFloat(x), nil
		}
	case string:
		if k == model.KindString {
			return v, nil
		}
	case time.Time: // a column declared as a date by hand
		if k == model.KindTime {
			return x.UTC(), nil
		}
	}
	s, ok := text(v)
	if !ok {
		return nil, unreadable(t, v)
	}
	switch {
	case k == model.KindString:
		return s, nil
	case k == model.KindBytes:
		return []byte(s), nil
	case k.IsUnsigned():
		return strconv.ParseUint(s, 10, 64)
	case k == model.KindUUID, k == model.KindTime, k == model.KindDecimal:
		return model.Convert(t.NotNull(), s)
	case k == model.KindJSON:
		return parseJSON(s)
	}
	return nil, unreadable(t, v)
}

// parseJSON decodes JSON. Whole numbers stay exact: int64, uint64 above its
// range, json.Number beyond both.
func parseJSON(s string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("not valid JSON: %w", err)
	}
	return plainNumbers(v), nil
}

func plainNumbers(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = plainNumbers(e)
		}
	case []any:
		for i, e := range x {
			x[i] = plainNumbers(e)
		}
	case json.Number:
		s := x.String()
		if !strings.ContainsAny(s, ".eE") {
			if i, err := strconv.ParseInt(s, 10, 64); err == nil && s != "-0" {
				return i
			}
			if u, err := strconv.ParseUint(s, 10, 64); err == nil {
				return u
			}
			return x
		}
		if f, err := x.Float64(); err == nil {
			return f
		}
	}
	return v
}

func decodeArray(t model.Type, s string) (any, error) {
	if t.Kind == model.KindString {
		items := []string{}
		if s == "[]" {
			return items, nil
		}
		if err := json.Unmarshal([]byte(s), &items); err != nil {
			return nil, fmt.Errorf("no array of text: %w", err)
		}
		return items, nil
	}
	parsed, err := parseJSON(s)
	if err != nil {
		return nil, err
	}
	items, ok := parsed.([]any)
	if !ok {
		return nil, fmt.Errorf("JSON that is no array is no %s", t)
	}
	for i, item := range items {
		switch x := item.(type) {
		case bool:
			item = int64(b2i(x))
		case uint64: // written by others as a plain number
			continue
		case string:
			if t.Kind == model.KindBytes {
				if item, err = base64.StdEncoding.DecodeString(x); err != nil {
					return nil, fmt.Errorf("element %d is no base64: %w", i, err)
				}
			}
		}
		if items[i], err = decodeOne(t.Elem(), item); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return model.Convert(t.NotNull(), items)
}

func (sqlite) columnType(f *model.Field) string {
	t := f.Type
	switch k := t.Kind; {
	case t.Array:
		return "TEXT"
	case f.Auto == model.AutoKey && k.IsInteger():
		return "INTEGER"
	case k == model.KindUint, k == model.KindUint64:
		return "ANY"
	case k == model.KindBool, k.IsInteger(), k == model.KindTime:
		return "INTEGER"
	case k.IsFloat():
		return "REAL"
	case k == model.KindBytes:
		return "BLOB"
	}
	return "TEXT"
}
