package model_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow/model"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

func TestConvert(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("7d444840-9dc0-11d1-b245-5ffdce74fad2")
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	text, seven := "x", int8(7)
	one := func(k model.Kind) model.Type { return model.Type{Kind: k} }
	list := func(k model.Kind) model.Type { return model.Type{Kind: k, Array: true} }
	for _, tc := range []struct {
		to   model.Type
		v    any
		want any // an error where it is a string that starts with "!"
	}{
		{one(model.KindBool), true, true},
		{one(model.KindBool), 1, "!int is no bool"},
		{one(model.KindInt8), 127, int64(127)},
		{one(model.KindInt8), 128, "!128 is out of range of int8"},
		{one(model.KindUint), -1, "!-1 is out of range of uint"},
		{one(model.KindUint64), uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{one(model.KindInt64), uint64(math.MaxUint64), "!18446744073709551615 is out of range of int64"},
		{one(model.KindInt), json.Number("42"), int64(42)},
		{one(model.KindInt), json.Number("4.2"), "!json.Number is no int"},
		{one(model.KindInt), 1.0, "!float64 is no int"},
		{one(model.KindInt), &seven, int64(7)},
		{one(model.KindFloat64), 3, float64(3)},
		{one(model.KindFloat64), int64(math.MaxInt64), "!9223372036854775807 has no exact float64"},
		{one(model.KindFloat32), 1e300, "!1e+300 is out of range of float32"},
		{one(model.KindString), Status("new"), "new"},
		{one(model.KindString), &text, "x"},
		{one(model.KindString), id, id.String()},
		{one(model.KindString), 7, "!int is no string"},
		{one(model.KindBytes), []byte("a"), []byte("a")},
		{one(model.KindBytes), "a", "!string is no []byte"},
		{one(model.KindTime), at.In(time.FixedZone("", 3600)), at},
		{one(model.KindTime), "2026-01-02T16:04:05+01:00", at},
		{one(model.KindTime), "2026-01-02", `!"2026-01-02" is no RFC 3339 time (2026-01-02T15:04:05Z)`},
		{one(model.KindUUID), id.String(), id},
		{one(model.KindUUID), "x", `!"x" is no UUID`},
		{one(model.KindDecimal), "19.99", decimal.RequireFromString("19.99")},
		{one(model.KindDecimal), 3, decimal.NewFromInt(3)},
		{one(model.KindDecimal), 19.99, "!float64 is no decimal.Decimal"},
		{one(model.KindJSON), map[string]any{"a": 1}, json.RawMessage(`{"a":1}`)},
		{one(model.KindJSON), make(chan int), "!it does not encode to JSON: json: unsupported type: chan int"},
		{one(model.KindJSON), json.RawMessage("{"), "!it is not valid JSON"},
		{list(model.KindInt), []int8{1, 2}, []int64{1, 2}},
		{list(model.KindString), []any{"a"}, []string{"a"}},
		{list(model.KindString), []string(nil), []string{}},
		{list(model.KindString), []any{"a", nil}, "!element 1: null is no string"},
		{list(model.KindString), "a", "!string is no []string"},
		{list(model.KindUUID), []string{id.String()}, []uuid.UUID{id}},
		{model.Type{Kind: model.KindString, Nullable: true}, (*string)(nil), nil},
		{one(model.KindString), (*string)(nil), "!null is no string"},
		{one(model.KindString), nil, "!null is no string"},
	} {
		got, err := model.Convert(tc.to, tc.v)
		if err != nil {
			var ce *model.ConvertError
			if !errors.As(err, &ce) {
				t.Errorf("Convert(%s, %v): %T is no ConvertError", tc.to, tc.v, err)
			}
			got = "!" + err.Error()
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("Convert(%s, %#v) (-want +got):\n%s", tc.to, tc.v, diff)
		}
	}
}

// TestFits: what Fits lets through, Convert converts, for the extreme values of
// each type.
func TestFits(t *testing.T) {
	t.Parallel()
	samples := map[model.Kind][]any{
		model.KindBool: {true}, model.KindString: {"x"}, model.KindBytes: {[]byte("x")}, model.KindTime: {time.Now()},
		model.KindUUID: {uuid.New()}, model.KindDecimal: {decimal.New(1, -3)},
		model.KindInt8: {math.MinInt8, math.MaxInt8}, model.KindInt16: {math.MinInt16, math.MaxInt16}, model.KindInt32: {math.MinInt32, math.MaxInt32},
		model.KindUint8: {math.MaxUint8}, model.KindUint16: {math.MaxUint16}, model.KindUint32: {math.MaxUint32},
		model.KindFloat32: {math.MaxFloat32}, model.KindFloat64: {1.5},
	}
	fits := 0
	for from, values := range samples {
		for to := range samples {
			if !model.Fits(model.Type{Kind: from}, model.Type{Kind: to}) {
				continue
			}
			fits++
			for _, v := range values {
				if _, err := model.Convert(model.Type{Kind: to}, v); err != nil {
					t.Errorf("%s fits %s, but %v does not convert: %v", from, to, v, err)
				}
			}
		}
	}
	if fits < len(samples) {
		t.Errorf("only %d pairs fit", fits)
	}
	for _, pair := range [][2]model.Type{
		{{Kind: model.KindInt64}, {Kind: model.KindInt32}}, {{Kind: model.KindUint64}, {Kind: model.KindInt64}}, {{Kind: model.KindInt64}, {Kind: model.KindUint64}},
		{{Kind: model.KindFloat64}, {Kind: model.KindInt64}}, {{Kind: model.KindString}, {Kind: model.KindUUID}}, {{Kind: model.KindString}, {Kind: model.KindTime}},
		{{Kind: model.KindString, Array: true}, {Kind: model.KindString}}, {{Kind: model.KindBool}, {Kind: model.KindInt64}},
	} {
		if model.Fits(pair[0], pair[1]) {
			t.Errorf("%s fits %s", pair[0], pair[1])
		}
	}
}

func TestParseText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		to   model.Kind
		text string
		want string
	}{
		{model.KindBool, "true", "true"}, {model.KindBool, "maybe", `!"maybe" is neither true nor false`},
		{model.KindInt, "42", "42"}, {model.KindInt, "4.5", "!json.Number is no int"}, {model.KindInt, "many", `!"many" is no number`},
		{model.KindDecimal, "1.50", "1.5"}, {model.KindString, "a b", "a b"}, {model.KindJSON, `{"a":[1]}`, `{"a":[1]}`}, {model.KindJSON, `{`, "!it is not valid JSON"},
	} {
		v, err := model.ParseText(model.Type{Kind: tc.to}, tc.text)
		got := fmt.Sprint(v)
		if raw, ok := v.(json.RawMessage); ok {
			got = string(raw)
		}
		if err != nil {
			got = "!" + err.Error()
		}
		if got != tc.want {
			t.Errorf("ParseText(%s, %q) = %s, want %s", tc.to, tc.text, got, tc.want)
		}
	}
}
