package expression_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/internal/expression"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestRun(t *testing.T) {
	t.Parallel()
	env := map[string]any{
		"total": int64(120), "price": dec("0.1"), "name": "Alice", "none": nil,
		"id":       uuid.MustParse("7d444840-9dc0-11d1-b245-5ffdce74fad2"),
		"settings": json.RawMessage(`{"theme":"dark","big":9007199254740993}`),
		"check":    map[string]any{"records": []map[string]any{{"price": dec("1.10")}, {"price": dec("2.20")}}, "count": int64(2)},
	}
	for src, want := range map[string]any{
		`total > 100 && name startsWith "A"`:                true,
		`len(check.records) > 0`:                            true,
		`check.records[1].price`:                            dec("2.20"),
		`price + 0.2 == 0.3`:                                true,
		`price * 3`:                                         dec("0.3"),
		`-price`:                                            dec("-0.1"),
		`1 - price`:                                         dec("0.9"),
		`price / 2 < price`:                                 true,
		`sum(check.records, .price)`:                        dec("3.30"),
		`sum(map(check.records, .price)) > 3`:               true,
		`sum([1, 2, total])`:                                int64(123),
		`id == "7d444840-9dc0-11d1-b245-5ffdce74fad2"`:      true,
		`settings.theme`:                                    "dark",
		`settings.big == 9007199254740993`:                  true,
		`none == nil`:                                       true,
		`none ?? "x"`:                                       "x",
		`$env["check"].count`:                               int64(2),
		`let double = total * 2; double`:                    int(240),
		`filter(check.records, .price > 2)[0].price`:        dec("2.20"),
		`price == "x"`:                                      false,
		`total in [120, 130] ? "in" : "out"`:                "in",
		`{"a": price}`:                                      map[string]any{"a": dec("0.1")},
		`name matches "^[A-Z]" and not (total <= 10)`:       true,
		`all(check.records, .price >= 1) && total % 7 == 1`: true,
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			p, err := expression.Compile(src, []string{"total", "price", "name", "none", "id", "settings", "check"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Run(env)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(number(want), number(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// number makes the widths of integers equal: the language's own are int.
func number(v any) any {
	switch x := v.(type) {
	case int:
		return int64(x)
	case int64:
		return x
	}
	return v
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src, at, unknown string
	}{
		{`total > `, "", ""},
		{`é + totl > 100`, "totl", "totl"},
		{`total > 1 && nme == "x"`, "nme", "nme"},
		{`unknown(total)`, "unknown", "unknown"},
		{``, "", ""},
	} {
		_, err := expression.Compile(c.src, []string{"total", "name", "é"})
		var e *expression.Error
		if !errors.As(err, &e) {
			t.Fatalf("%q: got %v, want an *Error", c.src, err)
		}
		if e.Unknown != c.unknown || c.at != "" && c.src[e.Offset:e.End] != c.at {
			t.Errorf("%q: unknown %q at %q", c.src, e.Unknown, c.src[e.Offset:e.End])
		}
	}
}

func TestUndeclaredNames(t *testing.T) {
	t.Parallel()
	p, err := expression.Compile(`a.b > c && (let d = a; d != nil)`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "c"}, p.Names()); d != "" {
		t.Error(d)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, src := range []string{`1 + 1`, `"yes"`, `len(a)`} {
		if _, err := expression.CompileCondition(src, []string{"a"}); err == nil {
			t.Errorf("%s is accepted as a condition", src)
		}
	}
	p, err := expression.CompileCondition(`a + 1`, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Test(map[string]any{"a": 1}); err == nil || !strings.Contains(err.Error(), "true or false") {
		t.Errorf("a number passed for true, or got %v", err)
	}
	if _, err := p.Test(map[string]any{"a": "x"}); err == nil {
		t.Error("text plus one has a value")
	}
	p, err = expression.CompileCondition(`a > 1`, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := p.Test(map[string]any{"a": 2}); err != nil || !ok {
		t.Errorf("2 > 1 is %v, %v", ok, err)
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]struct {
		value any
		ok    bool
	}{
		`true`:                      {true, true},
		`1 > 2`:                     {false, true},
		`len([1,2]) + 1`:            {3, true},
		`let x = 1; x == 1`:         {true, true},
		`total > 1`:                 {nil, false},
		`now().Year() > 1`:          {nil, false},
		`$env["a"] == nil`:          {nil, false},
		`1 +`:                       {nil, false},
		`filter([1,2], # > 1)[0]`:   {2, true},
		`[1][3]`:                    {nil, false},
		`any([1,2], {# == total})`:  {nil, false},
		`"a" in {"a": 1} ? "x" : 2`: {"x", true},
	} {
		got, ok := expression.Constant(src)
		if ok != want.ok || ok && !cmp.Equal(number(got), number(want.value)) {
			t.Errorf("%s: %v, %v", src, got, ok)
		}
	}
}
