package analysis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/model"
)

// TestGeneratedModels generates structs, sensible and not, and checks that source and
// reflection make the same models of them and find the same mistakes.
func TestGeneratedModels(t *testing.T) {
	t.Parallel()
	structs, seed := 150, 1
	if os.Getenv("DATAFLOW_TORTURE") != "" {
		structs, seed = 2000, rand.IntN(1<<40)
	}
	t.Logf("seed %d", seed)
	dir := corpusModule(t)
	var all, list strings.Builder
	for i := range structs {
		name := fmt.Sprintf("Thing%d", i)
		all.WriteString(generatedStruct(name).Example(seed+i) + "\n")
		fmt.Fprintf(&list, "\t\t%s{},\n", name)
	}
	writeFile(t, filepath.Join(dir, "models", "models.go"), generatedTypes+all.String())
	writeFile(t, filepath.Join(dir, "models", "all.go"), "package models\n\n// All are the models.\nfunc All() []any {\n\treturn []any{\n\t\tGood{},\n"+list.String()+"\t}\n}\n")
	writeFile(t, filepath.Join(dir, "main.go"), reflectProgram)

	cmd := exec.Command("go", "run", ".")
	cmd.Dir, cmd.Env = dir, offline()
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var reflected struct {
		Models   []*model.Model
		Problems []string
	}
	if err := json.Unmarshal(out.Bytes(), &reflected); err != nil {
		t.Fatal(err)
	}
	pkgs, err := analysis.Load(context.Background(), analysis.Options{Dir: dir, Env: offline()}, "./models")
	if err != nil || len(pkgs) != 1 {
		t.Fatal(pkgs, err)
	}
	var problems []string
	for _, d := range pkgs[0].Diagnostics {
		problems = append(problems, fmt.Sprintf("%s %s: %s", d.Details.Model, d.Code, d.Message))
	}
	slices.Sort(problems)
	slices.Sort(reflected.Problems)
	if diff := cmp.Diff(reflected.Problems, problems); diff != "" {
		t.Errorf("mistakes differ (-reflection +source):\n%s", diff)
	}
	byName := map[string]*model.Model{}
	for _, m := range pkgs[0].Models {
		byName[m.Name] = m
	}
	for _, want := range reflected.Models {
		if diff := cmp.Diff(modelText(t, want), modelText(t, byName[want.Name])); diff != "" {
			t.Errorf("%s differs (-reflection +source):\n%s", want.Name, diff)
		}
	}
	t.Logf("%d models, %d mistakes", len(reflected.Models), len(problems))
	if len(reflected.Models) != structs+1 || len(problems) == 0 {
		t.Error("models or mistakes are missing: the test sees nothing")
	}
}

// modelText is a model without its places.
func modelText(t *testing.T, m *model.Model) string {
	t.Helper()
	if m == nil {
		return "none"
	}
	bare := *m
	bare.Pos.Filename, bare.Pos.Offset, bare.Pos.Line, bare.Pos.Column = "", 0, 0, 0
	bare.Fields = slices.Clone(m.Fields)
	for i := range bare.Fields {
		bare.Fields[i].Pos = bare.Pos
	}
	text, err := json.MarshalIndent(bare, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const reflectProgram = `package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"` + corpusPath + `/models"
	"github.com/dataflow-go/dataflow/model"
)

func main() {
	var out struct {
		Models   []*model.Model
		Problems []string
	}
	add := func(problems []model.Problem) {
		for _, p := range problems {
			out.Problems = append(out.Problems, fmt.Sprintf("%s %s: %s", p.Details.Model, p.Code, p.Message))
		}
	}
	var right []*model.Model
	for _, v := range models.All() {
		m, problems := model.FromStruct(v)
		add(problems)
		out.Models = append(out.Models, m)
		if len(problems) == 0 {
			right = append(right, m)
		}
	}
	add(model.CheckSet(right))
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}
`

const generatedTypes = `// Package models holds generated models.
package models

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
)

var (
	_ json.RawMessage
	_ time.Time
	_ uuid.UUID
	_ decimal.Decimal
)

// Named types of all kinds.
type (
	Level   string
	Count   int32
	Flags   []string
	Place   struct{ Street, City string }
	Options map[string]any
	Stamp   = time.Time
	List[T any] []T
	Pair[T any] struct{ A, B T }
	Raw     []byte
	Func    func()
)

// Mark and the rest make models of what embeds them.
type (
	Mark   = dataflow.Model
	Marked struct {
		dataflow.Model ` + "`df:\"versioned\"`" + `
	}
	Deep struct {
		Marked
		Depth int
	}
	Wide[T any] struct {
		dataflow.Model
		Width T
	}
)

// All that they are made of.
type (
	OfMarked struct {
		Marked
		ID string
	}
	OfDeep struct {
		Deep
		ID string
	}
	OfWide struct {
		Wide[string]
		ID string
	}
)

// Good is what others refer to.
type Good struct {
	dataflow.Model
	ID    string
	Count int64
}

// Stamps are embedded.
type Stamps struct {
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Base is embedded, too.
type Base struct {
	ID   string
	Note *string ` + "`df:\"remark,index\"`" + `
}

`

// generatedStruct draws the source of a model.
func generatedStruct(name string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pick := func(choices ...string) string { return rapid.SampledFrom(choices).Draw(t, "pick") }
		tag := func(s string) string {
			if s == "" {
				return ""
			}
			return " `" + s + "`"
		}
		var b strings.Builder
		mark := pick("dataflow.Model", "dataflow.Model", "dataflow.Model", "Mark", "Marked", "Deep", "Wide[int]")
		fmt.Fprintf(&b, "type %s struct {\n\t%s%s\n", name, mark, tag(pick("", "", "", `df:"table=things"`, `df:"table=`+name+`_x"`, `df:"softdelete"`, `df:"versioned,tenant"`,
			`df:"tenant=org_id,softdelete"`, `df:"unique=a1+a2,index=a2+a1"`, `df:"unique=a1+nothing"`, `df:"sofdelete"`, `df:"table="`, `df:"softdelete,softdelete"`, `json:"-"`, `df:",versioned"`)))
		if pick("y", "y", "n") == "y" {
			b.WriteString("\t" + pick("ID string", "ID int64", "ID uuid.UUID", "ID string `df:\"key\"`", "Key string `df:\",pk\"`", "ID *string", "ID []byte", "ID float64", "Base", "ID string\n\tCode string `df:\",pk\"`") + "\n")
		}
		if pick("y", "n", "n") == "y" {
			b.WriteString("\t" + pick("Stamps", "CreatedAt time.Time", "CreatedAt int64", "UpdatedAt *time.Time", "DeletedAt time.Time", "Version string", "Version int", "TenantID int", "CreatedAt Stamp") + "\n")
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "fields") {
			field := "A" + strconv.Itoa(i)
			if pick("y", "n", "n", "n", "n", "n") == "y" {
				field = pick("URL", "HTTPServer", "Order", "Ünicode", "X", "UserID", "A_b", "a") + strconv.Itoa(i)
			}
			fmt.Fprintf(&b, "\t%s %s%s\n", field, pick(
				"string", "int", "bool", "int8", "uint64", "float32", "[]byte", "time.Time", "uuid.UUID", "decimal.Decimal", "json.RawMessage", "*string", "*int", "*time.Time", "[]string", "[]int64", "[]time.Time", "[]*int",
				"map[string]any", "map[string]string", "map[int]string", "any", "error", "chan int", "func()", "complex64", "Level", "Count", "Flags", "Place", "*Place", "[]Place", "Options", "Stamp", "List[int]", "Pair[string]", "Raw", "Func",
				"struct{ A int }", "[3]int", "[16]byte", "[][]string", "**int", "uintptr", "rune", "time.Duration", "*[]string", "time.Month", "interface{ M() }", "[]any", "[]byte"),
				tag(pick("", "", "", `df:",unique"`, `df:",index"`, `df:"col"`, `df:"col"`, `df:"-"`, `df:"-,"`, `df:",default=1"`, `df:",default=text"`, `df:",default=true"`, `df:",default='a,b'"`, `df:",default="`, `df:",default=2030-01-01"`,
					`df:",default=2.5"`, `df:",uniqe"`, `df:",unique=g,index=h"`, `df:",unique=g"`, `df:",ref=Good.id"`, `df:",ref=Good.nothing"`, `df:",ref=Nothing.id"`, `df:",ref=Good"`, `df:",ref=Good.id,ondelete=cascade"`,
					`df:",ondelete=cascade"`, `df:",ref=Good.id,ondelete=explode"`, `df:",pk"`, `df:",pk,default=x"`, `df:"Some Name"`, `df:"a.b"`, `df:"$x"`, `df:"`+strings.Repeat("long", 20)+`"`, `validate:"required"`, `validate:"max=3"`,
					`validate:"oneof=a b"`, `validate:"nothing"`, `validate:"min=x"`, `validate:"required,email"`, `df:",unique" validate:"min=1"`, `json:"x" df:"y"`, `df`, `df:x`, `df:"created_at"`, `df:"id"`, `df:",default=null"`, `df:",default=1,default=2"`)))
		}
		b.WriteString("}\n")
		return b.String()
	})
}
