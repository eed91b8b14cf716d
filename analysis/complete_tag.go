package analysis

import (
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/model"
)

// A tagOpt is one option of a struct tag.
type tagOpt struct{ name, doc string }

// fieldTagOptions are those of a field's df tag, in the order of the docs.
var fieldTagOptions = []tagOpt{
	{"pk", "primary key"},
	{"unique", "a unique key of its own; unique=NAME joins fields into one"},
	{"index", "an index of its own; index=NAME joins fields into one"},
	{"default=", "the value where none is given"},
	{"ref=", "foreign key: ref=Model.column"},
	{"ondelete=", "what happens to it when what it refers to goes: cascade, restrict, set null, no action"},
}

// modelTagOptions are those of the tag of the embedded dataflow.Model.
var modelTagOptions = []tagOpt{
	{"table=", "the table's name"},
	{"softdelete", "Delete keeps the row, with the time in deleted_at"},
	{"tenant", "rows belong to a tenant; tenant=COLUMN names the column"},
	{"versioned", "a version column that finds lost updates"},
	{"unique=", "a unique key of several columns, joined by +"},
	{"index=", "an index of several columns, joined by +"},
}

// validateRules are the rules of github.com/go-playground/validator that models use most.
var validateRules = []tagOpt{
	{"required", "not the zero value"}, {"email", "an e-mail address"}, {"url", "a URL"}, {"uuid", "a UUID in text"},
	{"min=", "at least; of a text its length"}, {"max=", "at most; of a text its length"}, {"len=", "exactly"},
	{"gt=", "greater than"}, {"gte=", "greater than or equal"}, {"lt=", "less than"}, {"lte=", "less than or equal"},
	{"oneof=", "one of these, separated by spaces"}, {"alpha", "letters"}, {"alphanum", "letters and digits"},
	{"numeric", "a number in text"}, {"lowercase", "no upper case"}, {"uppercase", "no lower case"},
	{"startswith=", "begins with"}, {"endswith=", "ends with"}, {"contains=", "has in it"}, {"e164", "a telephone number"},
	{"ip", "an IP address"}, {"hostname", "a host name"}, {"omitempty", "no rule for the zero value"}, {"dive", "the rules behind it are for each element"},
}

// tag offers the options of the df and validate tags of a model's fields.
func (x *completer) tag() {
	if !x.c.Raw || !x.inModel() {
		return
	}
	before := x.c.Before
	i := strings.LastIndexByte(before, '"')
	if i < 0 || strings.Count(before, `"`)%2 == 0 { // between the keys
		word := before[strings.LastIndexByte(before, ' ')+1:]
		x.out.Start, x.out.End = x.offset-len(word), x.offset
		for _, key := range []tagOpt{{"df", "column and options"}, {"validate", "rules for the value"}} {
			if !strings.Contains(x.src[x.c.Start:x.c.End], key.name+":") {
				x.add(Candidate{Kind: CandidateOption, Label: key.name + `:""`, Detail: key.doc})
			}
		}
		return
	}
	key := before[:i]
	key = strings.TrimSuffix(key[strings.LastIndexByte(key, ' ')+1:], ":")
	value := before[i+1:]
	word := value[strings.LastIndexByte(value, ',')+1:]
	x.out.Start, x.out.End = x.offset-len(word), x.offset
	given := strings.Split(value, ",")
	switch key {
	case "validate":
		x.options(validateRules, given)
	case "df":
		x.dfOptions(given, word)
	}
}

// dfOptions offers the options of a df tag: those of a model in the tag of the embedded
// dataflow.Model.
func (x *completer) dfOptions(given []string, word string) {
	line := x.src[strings.LastIndexByte(x.src[:x.c.Start], '\n')+1 : x.c.Start]
	if fields := strings.Fields(line); len(fields) > 0 && strings.HasSuffix(fields[0], "Model") && (len(fields) == 1 || strings.HasPrefix(fields[1], "`")) {
		x.options(modelTagOptions, given)
		return
	}
	switch {
	case len(given) == 1: // the column comes first
	case strings.HasPrefix(word, "ref="):
		x.references()
	case strings.HasPrefix(word, "ondelete="):
		x.out.Start += len("ondelete=")
		for _, action := range []string{"cascade", "restrict", "set null", "no action"} {
			x.add(Candidate{Kind: CandidateValue, Label: action})
		}
	default:
		x.options(fieldTagOptions, given)
	}
}

func (x *completer) options(options []tagOpt, given []string) {
	for i, o := range options {
		name := strings.TrimSuffix(o.name, "=")
		if !slices.ContainsFunc(given[:len(given)-1], func(g string) bool {
			return strings.TrimSpace(g) == name || strings.HasPrefix(strings.TrimSpace(g), name+"=")
		}) {
			x.add(Candidate{Kind: CandidateOption, Label: o.name, Detail: o.doc, Rank: i})
		}
	}
}

// references offers the keys that a foreign key can refer to.
func (x *completer) references() {
	x.out.Start += len("ref=")
	for _, name := range x.models.Names() {
		m := x.models.Model(name)
		for _, k := range m.Keys {
			if len(k.Columns) == 1 {
				f := m.FieldByColumn(k.Columns[0])
				if f != nil {
					x.add(Candidate{Kind: CandidateColumn, Label: name + "." + f.Column, Detail: f.Type.String(), Rank: rankOf(k)})
				}
			}
		}
	}
}

func rankOf(k model.Key) int {
	if k.Primary {
		return 0
	}
	return 1
}

// inModel reports whether the struct around the cursor embeds dataflow.Model.
func (x *completer) inModel() bool {
	open := x.c.open()
	if open < 0 {
		return false
	}
	body := x.src[open:]
	if end := strings.Index(body, "\n}"); end >= 0 {
		body = body[:end]
	}
	embedded := "Model"
	if x.pkgName != "." {
		embedded = x.pkgName + ".Model"
	}
	for line := range strings.SplitSeq(body, "\n") {
		if fields := strings.Fields(strings.TrimLeft(line, "{")); len(fields) > 0 && fields[0] == embedded {
			return true
		}
	}
	return false
}

// open is where the innermost bracket around the cursor stands, or -1.
func (c *Cursor) open() int {
	if top := c.top(); top != nil {
		return top.at
	}
	return -1
}
