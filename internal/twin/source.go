package twin

import (
	"fmt"
	"strconv"
	"strings"
)

// models writes a package of models. Those of the first have plain names, so that
// every flow means them; the others have the package's name before them.
func (w *writer) models(pkg string, n int, first bool) {
	prefix := strings.ToUpper(pkg[:1]) + pkg[1:]
	if first {
		prefix = ""
		w.modelsIn = pkg
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\t\"time\"\n\n\t\"github.com/dataflow-go/dataflow\"\n)\n", pkg)
	for i := range n {
		name, email := prefix+"Customer", FieldMark
		if i > 0 {
			name, email = fmt.Sprintf("%sRecord%d", prefix, i), "Email string"
		}
		fmt.Fprintf(&b, `
// A %[1]s is kept for as long as its owner wants it.
type %[1]s struct {
	dataflow.Model
	ID string

	%[2]s

	Name string `+"`df:\"full_name\"`"+`
	Active bool `+"`df:\",default=true\"`"+`
	Total float64 `+"`df:\",default=0\"`"+`
	Tags []string
	Nickname *string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Label is how a page shows it.
func (r %[1]s) Label() string {
	if r.Nickname != nil {
		return *r.Nickname
	}
	return r.Name + " <" + r.Email + ">"
}
`, name, email)
	}
	w.write(pkg+"/models.go", b.String())
}

// flows writes a file with n functions that build workflows and m plain ones. The
// first workflow of the edited file holds ParamMark.
func (w *writer) flows(pkg, file string, seed, n, m int, edited bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\t\"fmt\"\n\t\"sort\"\n\t\"strings\"\n\n\t\"github.com/dataflow-go/dataflow\"\n\n\t%q\n)\n",
		pkg, Module+"/"+w.modelsIn)
	fmt.Fprintf(&b, "\n// Shown%[1]d is what a page lists.\nfunc Shown%[1]d(c %[2]s.Customer) string { return c.Email + c.Label() }\n", seed, w.modelsIn)
	for i := range n {
		input := fmt.Sprintf("email%d", i)
		if edited && i == 0 {
			input = "edited"
		}
		fmt.Fprintf(&b, `
// Flow%[1]d_%[2]d signs a customer up and lists who is like them.
func Flow%[1]d_%[2]d(kind string) *dataflow.Workflow {
	wf := dataflow.NewWorkflow("flow-%[1]d-%[2]d")
	wf.AddNode("CustomerCreateNode", "create", dataflow.Params{
		"id": "customer-%[2]d", "email": dataflow.Input(%[3]q),
		"full_name": "Alice", "active": true,
	})
	wf.AddNode("CustomerListNode", "like", dataflow.Params{
		"filter": dataflow.Params{"active": true, "email": dataflow.Params{"$like": "%%@example.com"}},
		"order_by": []string{"-created_at", "id"},
		"limit": 20,
	})
	wf.AddNode("Record1UpdateNode", "touch", dataflow.Params{
		"filter": dataflow.Params{"id": "record-%[2]d"},
		"fields": dataflow.Params{"full_name": "Bob", "total": 12.5},
	})
	if kind == "welcome" {
		wf.AddNode("Record2CreateNode", "welcome", dataflow.Params{"id": "welcome", "email": "a@example.com", "full_name": "Welcome"})
		wf.AddDependency("create", "welcome")
	}
	wf.AddNode("CustomerReadNode", "read", nil)
	wf.AddConnection("create", "id", "read", "id")
	wf.AddConnection("read", "email", "touch", "fields.email")
	wf.AddDependency("create", "like")
	return wf
}
`, seed, i, input)
	}
	for i := range m {
		b.WriteString(plainFunc(5_000_000+seed*100+i, nil))
	}
	if m == 0 {
		b.WriteString("\nvar _ = fmt.Sprint\nvar _ = sort.Strings\nvar _ = strings.ToUpper\n")
	}
	w.write(pkg+"/"+file, b.String())
}

// plain writes a file with n types and their functions that have nothing to do with
// workflows. They call functions of the packages that uses names.
func (w *writer) plain(pkg, file string, seed, n int, uses []int) {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\t\"fmt\"\n\t\"sort\"\n\t\"strings\"\n", pkg)
	for _, u := range uses {
		fmt.Fprintf(&b, "\n\t%q", fmt.Sprintf("%s/p%03d", Module, u))
	}
	b.WriteString("\n)\n")
	calls := make([]string, len(uses))
	for i, u := range uses {
		calls[i] = fmt.Sprintf("p%03d.Summary%d(name, weights)", u, u*10000)
	}
	for i := range n {
		use := calls
		if i > 0 {
			use = nil
		}
		b.WriteString(plainFunc(seed*10000+i, use))
	}
	w.write(pkg+"/"+file, b.String())
}

// plainFunc is some 55 lines of everyday Go: a type, two methods, a function.
func plainFunc(id int, calls []string) string {
	var more strings.Builder
	for _, c := range calls {
		fmt.Fprintf(&more, "\ttotal += len(%s)\n", c)
	}
	return strings.NewReplacer("«N»", strconv.Itoa(id), "«CALLS»", more.String()).Replace(`
// A Table«N» counts what it is given by name.
type Table«N» struct {
	names  []string
	counts map[string]int
	parent *Table«N»
}

// Add counts a name, here and in every table above.
func (t *Table«N») Add(name string, weight int) *Table«N» {
	for at := t; at != nil; at = at.parent {
		if at.counts == nil {
			at.counts = map[string]int{}
		}
		if _, known := at.counts[name]; !known {
			at.names = append(at.names, name)
		}
		at.counts[name] += weight
	}
	return t
}

// Top returns the n names with the highest counts.
func (t *Table«N») Top(n int) ([]string, error) {
	if n < 0 {
		return nil, fmt.Errorf("table «N»: %d names are asked for", n)
	}
	sorted := append([]string(nil), t.names...)
	sort.Slice(sorted, func(i, j int) bool {
		a, b := t.counts[sorted[i]], t.counts[sorted[j]]
		if a != b {
			return a > b
		}
		return strings.Compare(sorted[i], sorted[j]) < 0
	})
	if n < len(sorted) {
		sorted = sorted[:n]
	}
	return sorted, nil
}

// Summary«N» describes the names that weigh most.
func Summary«N»(name string, weights map[string]int) string {
	table := &Table«N»{parent: &Table«N»{}}
	total := 0
«CALLS»	for key, weight := range weights {
		if strings.HasPrefix(key, name) && weight > 0 {
			table.Add(key, weight)
			total += weight
		}
	}
	top, err := table.Top(3)
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	for i, key := range top {
		if i > 0 {
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%s: %d of %d", key, table.counts[key], total)
	}
	return out.String()
}
`)
}
