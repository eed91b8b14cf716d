package engine

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/model"
)

// applyJSON compiles an operator on a place inside a JSON column.
func (f filter) applyJSON(p place, op string, v any, path string) (string, error) {
	at := f.x.t.d.json(f.b, p.c.quoted, p.path)
	switch op {
	case "$exists", "$null":
		on, ok := v.(bool)
		if !ok {
			return "", f.invalid(path, op+" takes true or false", v)
		}
		if op == "$null" {
			if !on {
				return negation(at.isNull()), nil
			}
			return at.isNull(), nil
		}
		if !on {
			return negation(at.exists()), nil
		}
		return at.exists(), nil
	case "$like", "$ilike", "$regex":
		// The dialect binds the pattern where it stands; the path comes first or last.
		return f.matchJSON(at, op, v, path)
	case "$contains":
		arg, err := f.jsonOperand(v, path)
		if err != nil {
			return "", err
		}
		return at.memberOrPart(arg), nil
	case "$in", "$nin":
		return f.inJSON(at, op, v, path)
	case "$between":
		bounds, ok := asList(v)
		if !ok || len(bounds) != 2 {
			return "", f.invalid(path, "$between takes a list of two values, the lowest and the highest", v)
		}
		low, err := f.compareJSON(at, "$gte", bounds[0], join(path, "0"))
		if err != nil {
			return "", err
		}
		high, err := f.compareJSON(at, "$lte", bounds[1], join(path, "1"))
		return conjunction([]string{low, high}), err
	case "$eq", "$ne", "$gt", "$gte", "$lt", "$lte":
		return f.compareJSON(at, op, v, path)
	}
	return "", f.unknownOperator(op, path)
}

func (f filter) matchJSON(at jsonPath, op string, v any, path string) (string, error) {
	// An EXISTS over the one value keeps the order of bound values that of the text,
	// whatever form the dialect gives the match.
	from := "EXISTS (SELECT 1 FROM (SELECT " + at.text() + " AS v) AS t WHERE "
	condition, err := f.match("v", op, v, path)
	return from + condition + ")", err
}

func (f filter) compareJSON(at jsonPath, op string, v any, path string) (string, error) {
	if v == nil && (op == "$eq" || op == "$ne") {
		if op == "$ne" {
			return negation(at.isNull()), nil
		}
		return at.isNull(), nil
	}
	if b, ok := v.(bool); ok {
		switch op {
		case "$eq":
			return at.isBool(b), nil
		case "$ne":
			return negation(at.isBool(b)), nil
		}
		return "", f.invalid(path, op+" has no meaning for true and false", v)
	}
	arg, err := f.jsonOperand(v, path)
	if err != nil {
		return "", err
	}
	sign := comparison[op]
	if sign == "" {
		sign = " = "
	}
	condition := at.compare(sign, arg)
	if op == "$ne" {
		return negation(condition), nil
	}
	return condition, nil
}

func (f filter) inJSON(at jsonPath, op string, v any, path string) (string, error) {
	list, ok := asList(v)
	if !ok {
		return "", f.invalid(path, op+" takes a list of values", v)
	}
	parts := make([]string, 0, len(list))
	for i, item := range list {
		part, err := f.compareJSON(at, "$eq", item, join(path, strconv.Itoa(i)))
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	condition := "FALSE"
	if len(parts) > 0 {
		condition = "(" + strings.Join(parts, " OR ") + ")"
	}
	if op == "$nin" {
		return negation(condition), nil
	}
	return condition, nil
}

// A jsonValue is a value to compare with one inside JSON.
type jsonValue struct {
	v         any    // as SQLite reads it
	raw       string // the JSON
	composite bool   // an object or a list, as text
}

// jsonOperand is a value as it stands inside JSON.
func (f filter) jsonOperand(v any, path string) (jsonValue, error) {
	raw, err := model.Convert(model.Type{Kind: model.KindJSON}, v)
	if err != nil {
		return jsonValue{}, f.invalid(path, err.Error(), v)
	}
	data, _ := raw.(json.RawMessage)
	parsed, err := parseJSON(string(data))
	if err != nil {
		return jsonValue{}, f.invalid(path, err.Error(), v)
	}
	switch x := parsed.(type) {
	case string, int64, float64:
		return jsonValue{v: x, raw: string(data)}, nil
	case bool:
		return jsonValue{v: int64(b2i(x)), raw: string(data)}, nil
	case uint64:
		return jsonValue{v: float64(x), raw: string(data)}, nil // as SQLite reads it
	}
	encoded, err := encodeJSON(data)
	if err != nil {
		return jsonValue{}, f.invalid(path, err.Error(), v)
	}
	return jsonValue{encoded, encoded, true}, nil
}
