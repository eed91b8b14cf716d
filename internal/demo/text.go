package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf16"
)

// A position counts lines and UTF-16 units from 0, as the protocol does.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

type textEdit struct {
	Range   span   `json:"range"`
	NewText string `json:"newText"`
}

// apply changes a text as an editor does.
func apply(text string, edits []textEdit) string {
	for _, e := range lastFirst(edits) {
		text = text[:offset(text, e.Range.Start)] + e.NewText + text[offset(text, e.Range.End):]
	}
	return text
}

// lastFirst orders edits so that none moves what a later one names.
func lastFirst(edits []textEdit) []textEdit {
	edits = slices.Clone(edits)
	slices.Reverse(edits) // of inserts at one place the first stays first
	slices.SortStableFunc(edits, func(a, b textEdit) int {
		return cmp.Or(cmp.Compare(b.Range.Start.Line, a.Range.Start.Line), cmp.Compare(b.Range.Start.Character, a.Range.Start.Character))
	})
	return edits
}

// offset is the byte at a position.
func offset(text string, p position) int {
	at := 0
	for range p.Line {
		next := strings.IndexByte(text[at:], '\n')
		if next < 0 {
			return len(text)
		}
		at += next + 1
	}
	units := 0
	for i, r := range text[at:] {
		if units >= p.Character || r == '\n' {
			return at + i
		}
		units += utf16.RuneLen(r)
	}
	return len(text)
}

// unified is the difference of two texts as diff -u prints it, with three lines
// of context.
func unified(name, before, after string) string {
	a, b := lines(before), lines(after)
	ops := difference(a, b)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s (mended)\n", name, name)
	const context = 3
	for i := 0; i < len(ops); {
		if ops[i].sign == ' ' {
			i++
			continue
		}
		// A hunk ends where more equal lines follow than two contexts hold.
		from, to := max(0, i-context), i
		for j := i; j < len(ops) && j <= to+2*context; j++ {
			if ops[j].sign != ' ' {
				to = j
			}
		}
		to = min(len(ops), to+context+1)
		var removed, added int
		for _, op := range ops[from:to] {
			if op.sign != '+' {
				removed++
			}
			if op.sign != '-' {
				added++
			}
		}
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", ops[from].a+1, removed, ops[from].b+1, added)
		for _, op := range ops[from:to] {
			fmt.Fprintf(&out, "%c%s\n", op.sign, op.text)
		}
		i = to
	}
	return out.String()
}

// An op is one line of a difference: kept ' ', removed '-' or added '+'.
type op struct {
	sign rune
	text string
	a, b int // lines before it in the two texts
}

// difference finds the fewest lines to remove and add, by the longest common
// subsequence; the files here are short.
func difference(a, b []string) []op {
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var ops []op
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			ops = append(ops, op{' ', a[i], i, j})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || longest[i+1][j] >= longest[i][j+1]):
			ops = append(ops, op{'-', a[i], i, j})
			i++
		default:
			ops = append(ops, op{'+', b[j], i, j})
			j++
		}
	}
	return ops
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// sourceOnly leaves out what a run of the example has left in its folder.
type sourceOnly struct{ fs.FS }

// ReadDir lists a folder without those whose names start with a dot.
func (s sourceOnly) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }), err
}
