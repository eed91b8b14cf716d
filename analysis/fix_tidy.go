package analysis

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
)

// tidied are splices with what the compiler asks for when they take out the last
// use of an import: the import goes, too. ok is false where they would leave a
// variable unused; what it is for is not ours to say.
func tidied(file *source, splices []splice) (out []splice, ok bool) {
	removed := map[string]bool{}
	inside := func(n ast.Node) *splice {
		start, end := file.offset(n.Pos()), file.offset(n.End())
		i := slices.IndexFunc(splices, func(sp splice) bool { return sp.start <= start && end <= sp.end && sp.start < sp.end })
		if i < 0 {
			return nil
		}
		return &splices[i]
	}
	remaining := map[string][]*ast.Ident{}
	ast.Inspect(file.ast, func(n ast.Node) bool {
		if _, isImport := n.(*ast.ImportSpec); isImport {
			return false
		}
		id, isIdent := n.(*ast.Ident)
		if !isIdent {
			return true
		}
		if inside(id) == nil {
			remaining[id.Name] = append(remaining[id.Name], id)
		} else {
			removed[id.Name] = true
		}
		return true
	})
	out = splices
	for name := range removed {
		written := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
		if slices.ContainsFunc(splices, func(sp splice) bool { return written.MatchString(sp.text) }) {
			continue
		}
		if spec, decl := importNamed(file, name); spec != nil {
			if len(remaining[name]) == 0 {
				out = append(slices.Clip(out), importRemoval(file, spec, decl))
			}
			continue
		}
		for _, sp := range splices {
			if fd := functionAt(file, sp.start); fd != nil && unusedIn(fd, remaining[name]) {
				return nil, false
			}
		}
	}
	return out, true
}

// importNamed is the import that a file calls name.
func importNamed(file *source, name string) (*ast.ImportSpec, *ast.GenDecl) {
	for _, d := range file.ast.Decls {
		gd, ok := d.(*ast.GenDecl)
		if !ok || gd.Tok != token.IMPORT {
			continue
		}
		for _, s := range gd.Specs {
			spec := s.(*ast.ImportSpec)
			p, err := strconv.Unquote(spec.Path.Value)
			if err == nil && (spec.Name != nil && spec.Name.Name == name || spec.Name == nil && path.Base(p) == name) {
				return spec, gd
			}
		}
	}
	return nil, nil
}

func importRemoval(file *source, spec *ast.ImportSpec, decl *ast.GenDecl) splice {
	var n ast.Node = spec
	if len(decl.Specs) == 1 {
		n = decl
	}
	start, end := lineStart(file.src, file.offset(n.Pos())), lineEnd(file.src, file.offset(n.End()))
	return splice{start, min(end+1, len(file.src)), ""}
}

func functionAt(file *source, offset int) *ast.FuncDecl {
	for _, d := range file.ast.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && file.offset(fd.Pos()) <= offset && offset < file.offset(fd.End()) {
			return fd
		}
	}
	return nil
}

// unusedIn reports whether of the identifiers in a function only those that define
// or write a variable are left.
func unusedIn(fd *ast.FuncDecl, ids []*ast.Ident) bool {
	written, defined := map[*ast.Ident]bool{}, false
	ast.Inspect(fd, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok && slices.Contains(ids, id) {
					written[id] = true
					defined = defined || n.Tok == token.DEFINE
				}
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				if slices.Contains(ids, id) {
					written[id], defined = true, true
				}
			}
		}
		return true
	})
	return defined && !slices.ContainsFunc(ids, func(id *ast.Ident) bool {
		return fd.Pos() <= id.Pos() && id.Pos() < fd.End() && !written[id]
	})
}
