package analysis

import (
	"bytes"
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// fixes are the ways to mend a problem of the model's declaration.
func (d *declared) fixes(p model.Problem) []errcatalog.Fix {
	body, ok := d.spec.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	switch p.Code {
	case errcatalog.DF605:
		return d.renameOption(p)
	case errcatalog.DF606:
		return d.addPrimaryKey(body)
	case errcatalog.DF608:
		return d.changeType(p)
	}
	return nil
}

// fix makes a fix in the file that declares the model.
func (d *declared) fix(title string, preferred bool, splices ...splice) errcatalog.Fix {
	budget := formatBudget
	s := site{budget: &budget}
	return s.fix(d.file, title, preferred, splices...)
}

// renameOption replaces what is wrong in a df tag by the nearest that is right.
func (d *declared) renameOption(p model.Problem) []errcatalog.Fix {
	bad, to := p.Details.Value, p.Details.Suggestion
	start, end := p.Span.Start.Offset, p.Span.End.Offset
	if bad == "" || to == "" || end > len(d.file.src) || start < 1 || d.file.src[start-1] != '`' {
		return nil
	}
	text := d.file.src[start:end]
	i := bytes.Index(text, []byte(`df:"`))
	if i < 0 {
		return nil
	}
	i += len(`df:"`)
	n := bytes.IndexByte(text[i:], '"')
	if n < 0 {
		return nil
	}
	at := partOf(string(text[i:i+n]), bad)
	if at < 0 {
		return nil
	}
	at += start + i
	return []errcatalog.Fix{d.fix(fmt.Sprintf("Change to %q", to), true, splice{at, at + len(bad), to})}
}

// partOf finds a name in a tag where it is not a part of a longer one.
func partOf(tag, name string) int {
	for from := 0; ; {
		i := strings.Index(tag[from:], name)
		if i < 0 {
			return -1
		}
		i += from
		after := i + len(name)
		if (i == 0 || strings.ContainsRune(",=+ ", rune(tag[i-1]))) && (after == len(tag) || strings.ContainsRune(",=+ ", rune(tag[after]))) {
			return i
		}
		from = i + 1
	}
}

// addPrimaryKey adds a field ID, or makes a key of a field that could be one.
func (d *declared) addPrimaryKey(body *ast.StructType) []errcatalog.Fix {
	var fixes []errcatalog.Fix
	for _, f := range body.Fields.List {
		if len(f.Names) > 0 || !strings.HasSuffix(d.file.text(f.Type), "Model") {
			continue
		}
		at := d.file.offset(f.End())
		if f.Comment != nil {
			at = d.file.offset(f.Comment.End())
		}
		if at = lineEnd(d.file.src, at); at > d.file.offset(body.Fields.Closing) {
			continue // all on one line
		}
		indent := indentation(d.file.src, d.file.offset(f.Pos()))
		fixes = append(fixes, d.fix("Add ID string", false, splice{at, at, "\n" + indent + "ID string"}))
		break
	}
	for i := range d.model.Fields {
		f := &d.model.Fields[i]
		if f.Pos.Filename != d.file.name || f.Type.Nullable || f.Type.Array || f.Auto != model.AutoNone || len(fixes) > 3 {
			continue
		}
		if k := f.Type.Kind; k != model.KindString && k != model.KindUUID && !k.IsInteger() {
			continue
		}
		field := fieldAt(d.file, f.Pos.Offset)
		if field == nil || len(field.Names) != 1 {
			continue
		}
		if sp, ok := tagOption(d.file, field, "pk"); ok {
			fixes = append(fixes, d.fix("Make "+f.Name+" the primary key", false, sp))
		}
	}
	return fixes
}

// changeType gives a field that the engine keeps the type that it needs.
func (d *declared) changeType(p model.Problem) []errcatalog.Fix {
	to := p.Details.Type
	if to == "" || p.Span == d.file.span(d.spec.Name) {
		return nil // the field stands in another file
	}
	splices := []splice{{p.Span.Start.Offset, p.Span.End.Offset, to}}
	if pkg, rest, ok := strings.Cut(strings.TrimPrefix(to, "*"), "."); ok {
		if pkg != "time" {
			return nil
		}
		switch name := importName(d.file, "time", "time"); name {
		case "":
			splices = append(splices, addImport(d.file, "time"))
		default:
			splices[0].text = strings.Repeat("*", strings.Count(to, "*")) + name + "." + rest
		}
	}
	return []errcatalog.Fix{d.fix("Change the type to "+to, true, splices...)}
}

// embedModel makes a model of a struct.
func embedModel(file *source, spec *ast.TypeSpec, budget *int) []errcatalog.Fix {
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	s := site{budget: budget}
	name := importName(file, rootPath, "dataflow")
	for _, f := range body.Fields.List {
		if !slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return id.Name == "Model" }) {
			continue
		}
		if len(f.Names) > 1 || name == "" || file.text(f.Type) != name+".Model" {
			return nil
		}
		sp := splice{file.offset(f.Pos()), file.offset(f.Type.Pos()), ""}
		return []errcatalog.Fix{s.fix(file, "Embed "+name+".Model in "+spec.Name.Name, true, sp)}
	}
	var splices []splice
	if name == "" {
		name = "dataflow"
		sp, ok := addRootImport(file)
		if !ok {
			return nil
		}
		splices = append(splices, sp)
	}
	at := file.offset(body.Fields.Opening) + 1
	text := "\n\t" + name + ".Model"
	if !bytes.HasPrefix(bytes.TrimLeft(file.src[at:], " \t\r"), []byte("\n")) {
		text += "\n" // all on one line
	}
	title := "Embed " + name + ".Model in " + spec.Name.Name
	return []errcatalog.Fix{s.fix(file, title, true, append(splices, splice{at, at, text})...)}
}

// addRootImport imports package dataflow beside one of its own packages, which is
// where gofmt would keep it.
func addRootImport(file *source) (splice, bool) {
	for _, imp := range file.ast.Imports {
		path, err := strconv.Unquote(imp.Path.Value)
		if err != nil || !strings.HasPrefix(path, rootPath+"/") {
			continue
		}
		parenthesised := slices.ContainsFunc(file.ast.Decls, func(d ast.Decl) bool {
			gd, ok := d.(*ast.GenDecl)
			return ok && gd.Lparen.IsValid() && gd.Pos() < imp.Pos() && imp.End() < gd.End()
		})
		if !parenthesised {
			at := lineStart(file.src, file.offset(imp.Pos()))
			return splice{at, at, "import " + strconv.Quote(rootPath) + "\n"}, true
		}
		at := lineStart(file.src, file.offset(imp.Pos()))
		return splice{at, at, "\t" + strconv.Quote(rootPath) + "\n"}, true
	}
	return splice{}, false
}
