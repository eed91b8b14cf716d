package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/errcatalog"
)

func newExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "explain [CODE]",
		Short:   "Explain an error code, or list all of them",
		Example: "  dataflow explain DF-101\n  dataflow explain",
		Args:    cobra.MaximumNArgs(1),
	}
	f := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		out := cmd.OutOrStdout()
		if len(args) == 0 {
			return list(out, *f)
		}
		e, err := explain(args[0])
		if err != nil {
			return err
		}
		if *f == formatJSON {
			return writeJSON(out, e)
		}
		_, err = fmt.Fprintln(out, e.Page(colored(out)))
		return err
	}
	return cmd
}

// explain returns the page of a code, as people type it.
func explain(text string) (*errcatalog.Error, error) {
	if code, ok := errcatalog.Parse(text); ok {
		if e, ok := errcatalog.Explain(code); ok {
			return e, nil
		}
	}
	var codes []string
	for _, e := range errcatalog.Entries() {
		codes = append(codes, string(e.Code))
	}
	if near := errcatalog.Nearest(text, codes); near != "" {
		return nil, fmt.Errorf("there is no code %q: did you mean %s (%s)?", text, near, errcatalog.Code(near).Title())
	}
	return nil, fmt.Errorf("there is no code %q: `dataflow explain` lists them all", text)
}

// list prints every code with its title, category by category.
func list(w io.Writer, f format) error {
	type item struct {
		Code     errcatalog.Code     `json:"code"`
		Title    string              `json:"title"`
		Category string              `json:"category"`
		Severity errcatalog.Severity `json:"severity"`
		URL      string              `json:"docs_url"`
	}
	entries := errcatalog.Entries()
	items := make([]item, 0, len(entries))
	for _, e := range entries {
		items = append(items, item{e.Code, e.Title, e.Category, e.Severity, e.Code.DocsURL()})
	}
	if f == formatJSON {
		return writeJSON(w, items)
	}
	paint := painter(colored(w))
	category := ""
	for _, i := range items {
		if i.Category != category {
			if category != "" {
				writeln(w, "")
			}
			category = i.Category
			writeln(w, category)
		}
		if _, err := fmt.Fprintf(w, "  %s  %-8s %s\n", paint.paint(styleYellow, string(i.Code)), i.Severity, i.Title); err != nil {
			return err
		}
	}
	return nil
}
