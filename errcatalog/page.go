package errcatalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// The colours of Page.
const (
	reset  = "\x1b[0m"
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	green  = "\x1b[32m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[4;34m"
)

// Error returns the page in plain text; one line when the error was made in mode
// Minimal or Disabled.
func (e *Error) Error() string { return e.Page(false) }

// Page returns the whole page: code and title, message, place, context, causes,
// solutions with their code, and the link to the docs. With color it carries
// ANSI colours for a terminal.
func (e *Error) Page(color bool) string {
	var b strings.Builder
	paint := func(style, s string) string {
		if !color {
			return s
		}
		return style + s + reset
	}
	if len(e.Context)+len(e.Causes)+len(e.Solutions) == 0 {
		return paint(red, string(e.Code)) + ": " + visible(e.line())
	}
	fmt.Fprintf(&b, "%s\n\n%s %s\n", paint(red, e.heading()), paint(bold, "Error:"), indent(e.Message, "  "))
	if at := e.at(); at != "" {
		fmt.Fprintf(&b, "%s %s\n", paint(bold, "At:"), at)
	}
	if len(e.Context) > 0 {
		fmt.Fprintf(&b, "\n%s\n", paint(yellow, "Context:"))
		for _, c := range e.Context {
			fmt.Fprintf(&b, "- %s: %s\n", c.Key, indent(c.Value, "  "))
		}
	}
	if len(e.Causes) > 0 {
		fmt.Fprintf(&b, "\n%s\n", paint(yellow, "Causes:"))
		for i, c := range e.Causes {
			fmt.Fprintf(&b, "%d. %s\n", i+1, indent(c, "   "))
		}
	}
	if len(e.Solutions) > 0 {
		fmt.Fprintf(&b, "\n%s\n", paint(yellow, "Solutions:"))
		for i, s := range e.Solutions {
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%d. %s\n", i+1, indent(s.Title, "   "))
			if s.Code != "" {
				fmt.Fprintf(&b, "\n   %s\n", paint(green, indent(s.Code, "   ")))
			}
		}
	}
	if e.DocsURL != "" {
		fmt.Fprintf(&b, "\n%s %s\n", paint(bold, "Documentation:"), paint(blue, e.DocsURL))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// heading is the code and its title.
func (e *Error) heading() string {
	if e.Title == "" {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Title
}

// line is the error in one line, with what it wraps.
func (e *Error) line() string {
	msg := e.Message
	if msg == "" {
		msg = e.Title
	}
	if e.cause == nil {
		return msg
	}
	if cause := e.cause.Error(); !strings.Contains(msg, cause) {
		return strings.TrimPrefix(msg+": "+cause, ": ")
	}
	return msg
}

// at is the position as editors and terminals link it: file:line:column.
func (e *Error) at() string {
	if !e.Position.IsValid() {
		return ""
	}
	return visible(e.Position.String())
}

// visible drops control characters, so that a value cannot steer the terminal
// that a page is printed to.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// indent puts prefix before every line but the first and the empty ones.
func indent(s, prefix string) string {
	s = visible(s)
	return strings.ReplaceAll(strings.ReplaceAll(s, "\n", "\n"+prefix), "\n"+prefix+"\n", "\n\n")
}

// Markdown returns the page for an editor's hover: headings, lists, and code
// fenced as Go.
func (e *Error) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n%s\n", e.heading(), e.Message)
	if e.summary != "" && e.summary != e.Message {
		fmt.Fprintf(&b, "\n%s\n", e.summary)
	}
	if len(e.Context) > 0 {
		b.WriteByte('\n')
		for _, c := range e.Context {
			fmt.Fprintf(&b, "- %s: %s\n", c.Key, codeSpan(c.Value))
		}
	}
	if len(e.Causes) > 0 {
		b.WriteString("\n**Causes**\n\n")
		for i, c := range e.Causes {
			fmt.Fprintf(&b, "%d. %s\n", i+1, indent(c, "   "))
		}
	}
	if len(e.Solutions) > 0 {
		b.WriteString("\n**Solutions**\n\n")
		for i, s := range e.Solutions {
			fmt.Fprintf(&b, "%d. %s\n", i+1, indent(s.Title, "   "))
			if s.Code != "" {
				fmt.Fprintf(&b, "\n   %s\n\n", indent(fenced(s.Code), "   "))
			}
		}
	}
	if e.DocsURL != "" {
		fmt.Fprintf(&b, "\n[%s](%s)\n", e.Code, e.DocsURL)
	}
	return b.String()
}

// fenced puts code into a fence that is longer than any in it.
func fenced(code string) string {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	return fence + language(code) + "\n" + code + "\n" + fence
}

// language tells what a solution's code is written in: Go, unless its first
// line is a shell prompt or the name of the configuration file.
func language(code string) string {
	switch {
	case strings.HasPrefix(code, "$ "):
		return "sh"
	case strings.HasPrefix(code, "# dataflow.yaml"):
		return "yaml"
	}
	return "go"
}

// codeSpan quotes s for Markdown in one line.
func codeSpan(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	ticks := "`"
	for strings.Contains(s, ticks) {
		ticks += "`"
	}
	if len(ticks) > 1 || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// MarshalJSON writes the error as an object with the keys code, title, message,
// context, causes, solutions, docs_url, position and cause; empty ones are left
// out.
func (e *Error) MarshalJSON() ([]byte, error) {
	type item struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	type solution struct {
		Title string `json:"title"`
		Code  string `json:"code,omitempty"`
	}
	type position struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column,omitempty"`
	}
	out := struct {
		Code      Code       `json:"code"`
		Title     string     `json:"title,omitempty"`
		Message   string     `json:"message"`
		Context   []item     `json:"context,omitempty"`
		Causes    []string   `json:"causes,omitempty"`
		Solutions []solution `json:"solutions,omitempty"`
		DocsURL   string     `json:"docs_url,omitempty"`
		Position  *position  `json:"position,omitempty"`
		Cause     string     `json:"cause,omitempty"`
	}{Code: e.Code, Title: e.Title, Message: e.Message, Causes: e.Causes, DocsURL: e.DocsURL}
	for _, c := range e.Context {
		out.Context = append(out.Context, item(c))
	}
	for _, s := range e.Solutions {
		out.Solutions = append(out.Solutions, solution(s))
	}
	if e.Position.IsValid() {
		out.Position = &position{e.Position.Filename, e.Position.Line, e.Position.Column}
	}
	if e.cause != nil {
		out.Cause = e.cause.Error()
	}
	return json.Marshal(out)
}
