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
	arg, err := f.jsonOperand(v, path)
	if err != nil {
		return "", err
	}
	equality := op == "$eq" || op == "$ne"
	var condition string
	switch {
	case !equality && arg.kind != numberJSON && arg.kind != textJSON:
		return "", f.invalid(path, op+" compares numbers or text", v)
	case arg.kind == nullJSON:
		condition = at.isNull()
	case arg.kind == boolJSON:
		condition = at.isBool(arg.v == int64(1))
	}
	if condition != "" {
		if op == "$ne" {
			return negation(condition), nil
		}
		return condition, nil
	}
	sign := comparison[op]
	if sign == "" {
		sign = " = "
	}
	condition = at.compare(sign, arg)
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
	kind jsonKind
	v    any    // as SQLite reads it; an object or a list as text
	raw  string // the JSON
}

// A jsonKind is what JSON tells apart.
type jsonKind uint8

const (
	nullJSON jsonKind = iota
	boolJSON
	numberJSON
	textJSON
	compositeJSON // an object or a list
)

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
	case nil:
		return jsonValue{kind: nullJSON, raw: "null"}, nil
	case string:
		return jsonValue{textJSON, x, string(data)}, nil
	case int64, float64:
		return jsonValue{numberJSON, x, string(data)}, nil
	case bool:
		return jsonValue{boolJSON, int64(b2i(x)), string(data)}, nil
	case uint64:
		return jsonValue{numberJSON, float64(x), string(data)}, nil // as SQLite reads it
	}
	encoded, err := encodeJSON(data)
	if err != nil {
		return jsonValue{}, f.invalid(path, err.Error(), v)
	}
	return jsonValue{compositeJSON, encoded, encoded}, nil
}
