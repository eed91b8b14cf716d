package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// An edit is what is typed, and what must come of it.
type edit struct {
	file   string
	at     string // stands in file once
	insert string // typed before it
	shown  string // file whose diagnostics are watched
	expect string // part of a message there
}

// samples are the results of one server on one edit, over all rounds.
type samples struct {
	first, appear, clear []time.Duration
	rss                  []float64 // MiB
}

// run starts a server, opens the files of e, and makes the edit n times, each time
// on text that the server has never seen. The time to the first publish counts from
// the start of the process.
func run(s server, root string, e edit, n int, gap time.Duration, out *samples) error {
	c, err := start(s.command, s.env, root)
	if err != nil {
		return err
	}
	defer c.stop()
	text, err := os.ReadFile(e.file)
	if err != nil {
		return err
	}
	d := &document{c: c, uri: fileURI(e.file), text: string(text), edit: e}
	if e.shown != e.file {
		other, err := os.ReadFile(e.shown)
		if err != nil {
			return err
		}
		open(c, fileURI(e.shown), string(other))
	}
	d.fresh()
	open(c, d.uri, d.text)
	first, err := d.wait(func(publish) bool { return true })
	if err != nil {
		return fmt.Errorf("first publish: %w", err)
	}
	out.first = append(out.first, first.Sub(c.started))
	d.settle()
	for i := range n + 1 {
		time.Sleep(gap)
		appear, err := d.appear()
		if err != nil {
			return fmt.Errorf("edit %d: %w", i, err)
		}
		time.Sleep(gap)
		clear, err := d.clear()
		if err != nil {
			return fmt.Errorf("undoing edit %d: %w", i, err)
		}
		if i > 0 { // the first is to warm up
			out.appear, out.clear = append(out.appear, appear), append(out.clear, clear)
		}
	}
	out.rss = append(out.rss, resident(c.cmd.Process.Pid))
	return nil
}

func open(c *client, uri, text string) {
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "go", "version": 1, "text": text}})
}

// A document is the file that is edited.
type document struct {
	c       *client
	uri     string
	text    string
	version int
	edit    edit
}

var nonce = fmt.Sprintf("\n// lspbench %x", rand.Uint64())

// fresh gives the text a comment at its end that no server has seen: one with a
// cache by content would answer from it, also from one of an earlier run.
func (d *document) fresh() change {
	at := strings.Index(d.text, nonce)
	end := len(d.text)
	if at < 0 {
		at = end
	}
	c := change{span{d.position(at), d.position(end)}, fmt.Sprintf("%s-%x\n", nonce, rand.Uint64())}
	d.text = d.text[:at] + c.Text
	return c
}

func (d *document) position(offset int) position {
	start := strings.LastIndexByte(d.text[:offset], '\n') + 1
	return position{strings.Count(d.text[:offset], "\n"), len(utf16.Encode([]rune(d.text[start:offset])))}
}

// appear types the edit and waits until its diagnostic is shown.
func (d *document) appear() (time.Duration, error) {
	at := strings.Index(d.text, d.edit.at)
	if at < 0 {
		return 0, fmt.Errorf("%q does not stand in %s", d.edit.at, d.edit.file)
	}
	p := d.position(at)
	d.text = d.text[:at] + d.edit.insert + d.text[at:]
	return d.send(true, change{span{p, p}, d.edit.insert})
}

// clear takes the edit back and waits until its diagnostic is gone.
func (d *document) clear() (time.Duration, error) {
	at := strings.Index(d.text, d.edit.insert+d.edit.at)
	c := change{Range: span{d.position(at), d.position(at + len(d.edit.insert))}}
	d.text = d.text[:at] + d.text[at+len(d.edit.insert):]
	return d.send(false, c, d.fresh())
}

func (d *document) send(shown bool, changes ...change) (time.Duration, error) {
	d.drain()
	d.version++
	sent := time.Now()
	d.c.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": d.uri, "version": d.version + 1},
		"contentChanges": changes,
	})
	at, err := d.wait(func(p publish) bool {
		// What names an older version of the edited text is out of date.
		if p.URI == d.uri && p.Version != nil && *p.Version < d.version+1 {
			return false
		}
		return shown == slices.ContainsFunc(p.Diagnostics, func(diagnostic struct {
			Message string `json:"message"`
		}) bool {
			return strings.Contains(diagnostic.Message, d.edit.expect)
		})
	})
	return at.Sub(sent), err
}

// wait returns when a publish of the watched file came that ok takes.
func (d *document) wait(ok func(publish) bool) (time.Time, error) {
	limit := time.After(patience)
	for {
		select {
		case p := <-d.c.pubs:
			if p.URI == fileURI(d.edit.shown) && ok(p) {
				return p.at, nil
			}
		case <-d.c.ended:
			return time.Time{}, errors.New("the server ended")
		case <-limit:
			return time.Time{}, fmt.Errorf("no diagnostics with %q come, or go, in %v", d.edit.expect, patience)
		}
	}
}

func (d *document) drain() {
	for len(d.c.pubs) > 0 {
		<-d.c.pubs
	}
}

// settle waits until nothing was published for two seconds, so that what is measured
// is a server that has done its first work.
func (d *document) settle() {
	for {
		select {
		case <-d.c.pubs:
		case <-time.After(2 * time.Second):
			return
		}
	}
}

// resident is the memory of a process and its children, in MiB, where the system
// tells it as Linux does; else 0.
func resident(pid int) float64 {
	total := 0.0
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			total += kib / 1024
		}
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return total
	}
	for _, task := range tasks {
		children, err := os.ReadFile(task)
		if err != nil {
			continue
		}
		for child := range strings.FieldsSeq(string(children)) {
			var n int
			if _, err := fmt.Sscan(child, &n); err == nil {
				total += resident(n)
			}
		}
	}
	return total
}
