package engine

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A cursor is where the next page starts: the values by which the last record of
// a page is sorted. Its text is opaque to users, and is not trusted when it comes
// back: the values are only ever bound.
type cursor struct {
	Order  []string      `json:"o"`
	Values []cursorValue `json:"v"`
}

// A cursorValue is one value of a record; all are empty for null. It is the same
// on every database.
type cursorValue struct {
	I *int64   `json:"i,omitempty"`
	F *float64 `json:"f,omitempty"`
	B []byte   `json:"b,omitempty"` // text, whatever bytes it has
	X []byte   `json:"x,omitempty"` // bytes
	J []byte   `json:"j,omitempty"` // anything else, as JSON
	T uint8    `json:"t,omitempty"` // which of B, X and J, so that empty ones are told from null
}

const (
	cursorText  = 1
	cursorBytes = 2
	cursorJSON  = 3
	cursorFloat = 4 // in B, for infinity, which JSON does not have
)

func orderNames(order []sortKey) []string {
	names := make([]string, len(order))
	for i, k := range order {
		names[i] = k.c.name
		if k.desc {
			names[i] = "-" + names[i]
		}
	}
	return names
}

func encodeCursor(order []sortKey, values []any) any {
	c := cursor{Order: orderNames(order), Values: make([]cursorValue, len(values))}
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			c.Values[i].I = &v
		case float64:
			if math.IsInf(v, 0) {
				c.Values[i] = cursorValue{B: []byte(strconv.FormatFloat(v, 'g', -1, 64)), T: cursorFloat}
			} else {
				c.Values[i].F = &v
			}
		case string:
			c.Values[i] = cursorValue{B: []byte(v), T: cursorText}
		case []byte:
			c.Values[i] = cursorValue{X: v, T: cursorBytes}
		case uuid.UUID:
			c.Values[i] = cursorValue{B: []byte(v.String()), T: cursorText}
		case decimal.Decimal:
			c.Values[i] = cursorValue{B: []byte(v.String()), T: cursorText}
		case nil:
		default:
			data, err := json.Marshal(v)
			if err != nil {
				return nil
			}
			c.Values[i] = cursorValue{J: data, T: cursorJSON}
		}
	}
	data, err := json.Marshal(c)
	if err != nil { // texts and numbers: cannot be
		return nil
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// decodeCursor reads a cursor that was made for the same order.
func (x *operation) decodeCursor(given any, order []sortKey) ([]any, error) {
	d := x.details()
	d.Param, d.Value = "cursor", sourceOf(given)
	refuse := func(message string, cause error) ([]any, error) {
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: message, Details: d}, cause)
	}
	text, ok := given.(string)
	if !ok {
		return refuse("cursor must be the next_cursor of the page before", nil)
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return refuse("cursor is not the next_cursor of a page", err)
	}
	var c cursor
	if err := json.Unmarshal(data, &c); err != nil || len(c.Values) != len(c.Order) {
		return refuse("cursor is not the next_cursor of a page", err)
	}
	want := orderNames(order)
	if strings.Join(c.Order, ",") != strings.Join(want, ",") || len(c.Values) != len(want) {
		return refuse("cursor is of a page with another order_by: give the same one again", nil)
	}
	values := make([]any, len(c.Values))
	for i, v := range c.Values {
		given, err := v.value()
		if err != nil {
			return refuse("cursor is not the next_cursor of a page", err)
		}
		if given == nil {
			continue
		}
		t := order[i].c.f.Type
		if given, err = model.Convert(t.NotNull(), given); err == nil {
			values[i], err = x.t.d.encode(t, given)
		}
		if err != nil {
			return refuse("cursor is of a page of another model", err)
		}
	}
	return values, nil
}

func (v cursorValue) value() (any, error) {
	switch {
	case v.I != nil:
		return *v.I, nil
	case v.F != nil:
		return *v.F, nil
	case v.T == cursorText:
		return string(v.B), nil
	case v.T == cursorBytes:
		return append([]byte{}, v.X...), nil
	case v.T == cursorFloat:
		return strconv.ParseFloat(string(v.B), 64)
	case v.T == cursorJSON:
		return parseJSON(string(v.J))
	}
	return nil, nil
}

// keyset is the condition for the records after one: (a, b) > (x, y) written out,
// because columns may differ in direction and hold nulls. Nulls come first.
func (x *operation) keyset(b *binder, order []sortKey, after []any) string {
	var either, equal []string
	for i, k := range order {
		expr := x.t.d.ordered(k.c.f.Type, k.c.quoted)
		v := after[i]
		// The values of the columns before are bound again for each alternative.
		prefix := append([]string(nil), equal...)
		for j := range prefix {
			if after[j] != nil {
				prefix[j] += b.arg(after[j])
			}
		}
		var beyond string
		switch {
		case v == nil && k.desc:
			beyond = "FALSE"
		case v == nil:
			beyond = k.c.quoted + " IS NOT NULL"
		case k.desc && k.c.f.Type.Nullable:
			beyond = "(" + expr + " < " + b.arg(v) + " OR " + k.c.quoted + " IS NULL)"
		case k.desc:
			beyond = expr + " < " + b.arg(v)
		default:
			beyond = expr + " > " + b.arg(v)
		}
		either = append(either, conjunction(append(prefix, beyond)))
		if v == nil {
			equal = append(equal, k.c.quoted+" IS NULL")
		} else {
			equal = append(equal, expr+" = ")
		}
	}
	return "(" + strings.Join(either, " OR ") + ")"
}
