package model

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// A ConvertError says why a value does not become one of a type.
type ConvertError struct {
	Want   Type
	Got    string // Go type of the value
	Reason string
	Null   bool // a null for a type that holds none (DF-109)
	Range  bool // the kind fits, the value is out of range (DF-103)
}

func (e *ConvertError) Error() string { return e.Reason }

// Convert turns v into the canonical value of type t: bool, int64 (uint64 only
// above its range), float64, string, []byte, time.Time in UTC, uuid.UUID,
// decimal.Decimal, json.RawMessage, a typed slice of these for arrays, or nil for
// a null. It converts only without loss: integers to wider ones and to floats,
// a UUID to a string, an RFC 3339 string to a time, a valid string to a UUID or a
// decimal, anything that encodes to JSON. All else is a *ConvertError.
func Convert(t Type, v any) (any, error) {
	v = deref(v)
	if v == nil {
		if t.Nullable || t.Kind == KindAny {
			return nil, nil
		}
		return nil, &ConvertError{Want: t, Got: "nil", Null: true, Reason: "null is no " + t.String()}
	}
	if t.Array {
		return convertArray(t, v)
	}
	return convertOne(t, v)
}

// deref follows pointers; a nil pointer, and a nil map or slice in an interface, is nil or itself.
func deref(v any) any {
	switch v.(type) {
	case nil, bool, string, int, int64, float64, time.Time, uuid.UUID, decimal.Decimal, []byte, map[string]any:
		return v
	}
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return nil
		}
		rv = rv.Elem()
	}
	return rv.Interface()
}

func mismatch(t Type, v any) error {
	return &ConvertError{Want: t, Got: fmt.Sprintf("%T", v), Reason: fmt.Sprintf("%T is no %s", v, t)}
}

func convertOne(t Type, v any) (any, error) {
	// What is canonical already stays the value it is: a new one would be a copy.
	switch x := v.(type) {
	case string:
		if t.Kind == KindString {
			return v, nil
		}
	case int64:
		if t.Kind == KindInt64 || t.Kind == KindInt {
			return v, nil
		}
	case int:
		if t.Kind == KindInt64 || t.Kind == KindInt {
			return int64(x), nil
		}
	case float64:
		if t.Kind == KindFloat64 {
			return v, nil
		}
	case bool:
		if t.Kind == KindBool {
			return v, nil
		}
	}
	switch {
	case t.Kind == KindAny, t.Kind == KindRecord:
		return v, nil
	case t.Kind == KindBool:
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Bool {
			return rv.Bool(), nil
		}
	case t.Kind.IsInteger():
		return convertInteger(t, v)
	case t.Kind.IsFloat():
		return convertFloat(t, v)
	case t.Kind == KindString:
		if u, ok := v.(uuid.UUID); ok {
			return u.String(), nil
		}
		if _, isNumber := v.(json.Number); !isNumber {
			if rv := reflect.ValueOf(v); rv.Kind() == reflect.String {
				return rv.String(), nil
			}
		}
	case t.Kind == KindBytes:
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() == reflect.Uint8 {
			return append([]byte{}, rv.Bytes()...), nil
		}
	case t.Kind == KindTime:
		return convertTime(t, v)
	case t.Kind == KindUUID:
		return convertUUID(t, v)
	case t.Kind == KindDecimal:
		return convertDecimal(t, v)
	case t.Kind == KindJSON:
		return convertJSON(t, v)
	}
	return nil, mismatch(t, v)
}

func convertInteger(t Type, v any) (any, error) {
	if n, ok := v.(json.Number); ok {
		if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
			v = i
		} else if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
			v = u
		} else {
			return nil, mismatch(t, v)
		}
	}
	var i int64
	var u uint64
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		i = rv.Int()
		u = uint64(i) //nolint:gosec // read only where i is not negative
	case rv.CanUint() && rv.Kind() != reflect.Uintptr:
		u = rv.Uint()
		i = int64(min(u, math.MaxInt64)) //nolint:gosec // bounded
	default:
		return nil, mismatch(t, v)
	}
	negative := rv.CanInt() && i < 0
	bits := t.Kind.Bits()
	var low int64
	high := uint64(math.MaxUint64)
	if t.Kind.IsUnsigned() {
		high >>= 64 - bits
	} else {
		high = uint64(1)<<(bits-1) - 1
		low = -1 << (bits - 1)
	}
	if negative && i < low || !negative && u > high {
		return nil, &ConvertError{Want: t, Got: fmt.Sprintf("%T", v), Range: true, Reason: fmt.Sprintf("%v is out of range of %s", v, t.Kind)}
	}
	if !negative && u > math.MaxInt64 {
		return u, nil
	}
	return i, nil
}

func convertFloat(t Type, v any) (any, error) {
	if n, ok := v.(json.Number); ok {
		f, err := n.Float64()
		if err != nil {
			return nil, mismatch(t, v)
		}
		v = f
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanFloat():
		f := rv.Float()
		if t.Kind == KindFloat32 && !math.IsInf(f, 0) && math.Abs(f) > math.MaxFloat32 {
			return nil, &ConvertError{Want: t, Got: fmt.Sprintf("%T", v), Range: true, Reason: fmt.Sprintf("%v is out of range of float32", v)}
		}
		return f, nil
	case rv.CanInt():
		if f := float64(rv.Int()); f < math.MaxInt64 && int64(f) == rv.Int() {
			return f, nil
		}
	case rv.CanUint() && rv.Kind() != reflect.Uintptr:
		if f := float64(rv.Uint()); f < math.MaxUint64 && uint64(f) == rv.Uint() {
			return f, nil
		}
	default:
		return nil, mismatch(t, v)
	}
	return nil, &ConvertError{Want: t, Got: fmt.Sprintf("%T", v), Range: true, Reason: fmt.Sprintf("%v has no exact %s", v, t.Kind)}
}

func convertTime(t Type, v any) (any, error) {
	switch x := v.(type) {
	case time.Time:
		return x.UTC(), nil
	case string:
		tm, err := time.Parse(time.RFC3339Nano, x)
		if err != nil {
			return nil, &ConvertError{Want: t, Got: "string", Reason: fmt.Sprintf("%q is no RFC 3339 time (2026-01-02T15:04:05Z)", x)}
		}
		return tm.UTC(), nil
	}
	if rv := reflect.ValueOf(v); rv.Type().ConvertibleTo(reflect.TypeFor[time.Time]()) {
		return rv.Convert(reflect.TypeFor[time.Time]()).Interface().(time.Time).UTC(), nil
	}
	return nil, mismatch(t, v)
}

func convertUUID(t Type, v any) (any, error) {
	switch x := v.(type) {
	case uuid.UUID:
		return x, nil
	case string:
		u, err := uuid.Parse(x)
		if err != nil {
			return nil, &ConvertError{Want: t, Got: "string", Reason: fmt.Sprintf("%q is no UUID", x)}
		}
		return u, nil
	}
	return nil, mismatch(t, v)
}

func convertDecimal(t Type, v any) (any, error) {
	switch x := v.(type) {
	case decimal.Decimal:
		return x, nil
	case json.Number:
		v = x.String()
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.Kind() == reflect.String:
		d, err := decimal.NewFromString(rv.String())
		if err != nil {
			return nil, &ConvertError{Want: t, Got: "string", Reason: fmt.Sprintf("%q is no decimal number", rv.String())}
		}
		return d, nil
	case rv.CanInt():
		return decimal.NewFromInt(rv.Int()), nil
	case rv.CanUint() && rv.Kind() != reflect.Uintptr:
		return decimal.NewFromUint64(rv.Uint()), nil
	}
	return nil, mismatch(t, v)
}

func convertJSON(t Type, v any) (any, error) {
	if raw, ok := v.(json.RawMessage); ok {
		if len(raw) == 0 {
			return json.RawMessage("null"), nil
		}
		if !json.Valid(raw) {
			return nil, &ConvertError{Want: t, Got: "json.RawMessage", Reason: "it is not valid JSON"}
		}
		return raw, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, &ConvertError{Want: t, Got: fmt.Sprintf("%T", v), Reason: "it does not encode to JSON: " + err.Error()}
	}
	return json.RawMessage(raw), nil
}

func convertArray(t Type, v any) (any, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array || t.Kind != KindUint8 && rv.Type().Elem().Kind() == reflect.Uint8 && rv.Kind() == reflect.Slice {
		return nil, mismatch(t, v)
	}
	elem := t.Elem()
	items := make([]any, rv.Len())
	for i := range items {
		x, err := Convert(elem, rv.Index(i).Interface())
		if err != nil {
			if ce, ok := err.(*ConvertError); ok { //nolint:errorlint // Convert returns it unwrapped
				ce.Reason = fmt.Sprintf("element %d: %s", i, ce.Reason)
			}
			return nil, err
		}
		items[i] = x
	}
	return typedSlice(elem.Kind, items), nil
}

// typedSlice is items as the slice type of the kind: []string, []int64, …
func typedSlice(k Kind, items []any) any {
	switch {
	case k == KindBool:
		return sliceOf[bool](items)
	case k == KindUint64 || k == KindUint:
		for _, x := range items {
			if _, ok := x.(uint64); ok {
				us := make([]uint64, len(items))
				for i, x := range items {
					if n, ok := x.(int64); ok {
						us[i] = uint64(n) //nolint:gosec // unsigned column: not negative
					} else {
						us[i] = x.(uint64)
					}
				}
				return us
			}
		}
		return sliceOf[int64](items)
	case k.IsInteger():
		return sliceOf[int64](items)
	case k.IsFloat():
		return sliceOf[float64](items)
	case k == KindString:
		return sliceOf[string](items)
	case k == KindBytes:
		return sliceOf[[]byte](items)
	case k == KindTime:
		return sliceOf[time.Time](items)
	case k == KindUUID:
		return sliceOf[uuid.UUID](items)
	case k == KindDecimal:
		return sliceOf[decimal.Decimal](items)
	}
	return items
}

func sliceOf[T any](items []any) []T {
	out := make([]T, len(items))
	for i, x := range items {
		out[i] = x.(T)
	}
	return out
}

// ParseText reads a value of type t from text, as a tag's default or a command
// line gives it: "true", "42", "19.99", an RFC 3339 time, JSON for arrays and JSON.
func ParseText(t Type, text string) (any, error) {
	if t.Array || t.Kind == KindJSON {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			return nil, &ConvertError{Want: t, Got: "string", Reason: "it is not valid JSON"}
		}
		return Convert(t, v)
	}
	switch {
	case t.Kind == KindBool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, &ConvertError{Want: t, Got: "string", Reason: fmt.Sprintf("%q is neither true nor false", text)}
		}
		return b, nil
	case t.Kind.IsInteger(), t.Kind.IsFloat():
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return nil, &ConvertError{Want: t, Got: "string", Reason: fmt.Sprintf("%q is no number", text)}
		}
		return Convert(t.NotNull(), json.Number(text))
	case t.Kind == KindBytes:
		return []byte(text), nil
	}
	return Convert(t.NotNull(), text)
}

// zeroValue is the canonical zero value of a type.
func zeroValue(t Type) (any, error) {
	if t.Array {
		return typedSlice(t.Kind, nil), nil
	}
	switch k := t.Kind; {
	case k == KindBool:
		return false, nil
	case k.IsInteger():
		return int64(0), nil
	case k.IsFloat():
		return float64(0), nil
	case k == KindString:
		return "", nil
	case k == KindBytes:
		return []byte{}, nil
	case k == KindTime:
		return time.Time{}, nil
	case k == KindUUID:
		return uuid.UUID{}, nil
	case k == KindDecimal:
		return decimal.Decimal{}, nil
	case k == KindJSON:
		return json.RawMessage("null"), nil
	}
	return nil, mismatch(t, nil)
}

// Fits reports whether every value of type from becomes one of type to without
// loss, null aside: what a connection may carry.
func Fits(from, to Type) bool {
	if from.Kind == KindAny || to.Kind == KindAny || from.Kind == KindInvalid || to.Kind == KindInvalid {
		return true
	}
	if to.Kind == KindJSON && !to.Array {
		return true
	}
	if from.Kind == KindJSON && !from.Array {
		return true // decoded JSON may hold any value: only the run can tell
	}
	if from.Array != to.Array {
		return false
	}
	f, t := from.Kind, to.Kind
	switch {
	case f == t:
		return true
	case f.IsInteger() && t.IsInteger():
		if f.IsUnsigned() == t.IsUnsigned() {
			return f.Bits() <= t.Bits()
		}
		return f.IsUnsigned() && f.Bits() < t.Bits()
	case f.IsInteger():
		return t.IsFloat() || t == KindDecimal
	case f == KindFloat32:
		return t == KindFloat64
	case f == KindUUID:
		return t == KindString
	}
	return false
}

// TypeOfValue is the column type of a Go value's type; ok is false for a type that
// no column holds.
func TypeOfValue(v any) (typ Type, ok bool) {
	if v == nil {
		return Type{}, false
	}
	typ, why := classify(reflectType{reflect.TypeOf(v)})
	return typ, why == ""
}
