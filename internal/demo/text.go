package main

import (
	"cmp"
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

// sourceOnly leaves out what a run of the example has left in its folder.
type sourceOnly struct{ fs.FS }

// ReadDir lists a folder without those whose names start with a dot.
func (s sourceOnly) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }), err
}
