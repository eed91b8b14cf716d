package graph

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// nearestValid is the value nearest to v that keeps the field's rules, as Go
// source; "" where there is none, or more than one: a text that is too long is cut
// by whoever knows what is in it.
func nearestValid(field *model.Field, v any) string {
	rules, _, _ := strings.Cut(field.Validate, "dive")
	for rule := range strings.SplitSeq(rules, ",") {
		name, arg, _ := strings.Cut(rule, "=")
		switch x := v.(type) {
		case string:
			v = nearestText(name, arg, x)
		case int64:
			v = nearestInt(name, arg, x)
		case float64:
			v = nearestFloat(name, arg, x)
		default:
			return ""
		}
	}
	if model.Validate(field, v) != nil {
		return ""
	}
	return goLiteral(v)
}

func nearestText(rule, arg, s string) string {
	switch rule {
	case "oneof":
		return orElse(errcatalog.Nearest(s, strings.Fields(arg)), s)
	case "oneofci":
		return orElse(errcatalog.Nearest(strings.ToLower(s), strings.Fields(strings.ToLower(arg))), s)
	case "lowercase":
		return strings.ToLower(s)
	case "uppercase":
		return strings.ToUpper(s)
	case "startswith":
		if !strings.HasPrefix(s, arg) {
			return arg + s
		}
	case "endswith":
		if !strings.HasSuffix(s, arg) {
			return s + arg
		}
	}
	return s
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func nearestInt(rule, arg string, n int64) int64 {
	if rule == "oneof" {
		var all []int64
		for _, field := range strings.Fields(arg) {
			if x, err := strconv.ParseInt(field, 10, 64); err == nil {
				all = append(all, x)
			}
		}
		if len(all) == 0 || slices.Contains(all, n) {
			return n
		}
		return slices.MinFunc(all, func(a, b int64) int { return int(distance(a, n)) - int(distance(b, n)) })
	}
	bound, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		return n
	}
	switch rule {
	case "min", "gte":
		return max(n, bound)
	case "max", "lte":
		return min(n, bound)
	case "gt":
		return max(n, bound+1)
	case "lt":
		return min(n, bound-1)
	case "eq", "len":
		return bound
	}
	return n
}

func distance(a, b int64) int64 { return max(a, b) - min(a, b) }

func nearestFloat(rule, arg string, f float64) float64 {
	bound, err := strconv.ParseFloat(arg, 64)
	if err != nil {
		return f
	}
	switch rule {
	case "min", "gte":
		return math.Max(f, bound)
	case "max", "lte":
		return math.Min(f, bound)
	case "eq":
		return bound
	}
	return f
}
