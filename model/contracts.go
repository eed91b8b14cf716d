package model

import "strings"

// ContractOf derives what one of m's node types accepts and yields.
func ContractOf(m *Model, op Operation) *Contract {
	c := &Contract{NodeType: NodeType(m.Name, op), Model: m, Operation: op}
	switch op {
	case Create:
		for i := range m.Fields {
			if f := &m.Fields[i]; f.Settable() {
				c.Params = append(c.Params, columnParam(f, f.RequiredOnCreate()))
			}
		}
		c.Outputs = recordOutputs(m)
	case Read:
		c.Params = append(keyParams(m),
			Param{Name: "filter", Shape: ShapeFilter, Doc: "Conditions that pin a primary or unique key, in place of the key."},
			flag("raise_on_not_found", "true", "Whether a missing record is an error (DF-703)."),
			includeDeleted(m))
		c.Outputs = append(recordOutputs(m), output("found", KindBool, "Whether the record is there."))
	case Update:
		c.Params = []Param{
			{Name: "filter", Shape: ShapeFilter, Required: true, Doc: "Conditions that pin a primary or unique key."},
			{Name: "fields", Shape: ShapeFields, Required: true, Doc: "The columns to change, with their new values."},
			{Name: "version", Type: Type{Kind: KindInt64}, Doc: "The version that was read; another one now is DF-514."},
		}
		if !m.Versioned {
			c.Params[2].NoUse = m.Name + " is not versioned"
		}
		c.Outputs = append(recordOutputs(m), output("updated", KindBool, "Whether a record was updated."))
	case Delete:
		c.Params = append(keyParams(m),
			Param{Name: "filter", Shape: ShapeFilter, Doc: "Conditions that pin a primary or unique key, in place of the key."},
			hard(m))
		c.Outputs = []Param{output("deleted", KindBool, "Whether a record was deleted.")}
		for _, p := range keyParams(m) {
			p.Doc = "The key of the record."
			c.Outputs = append(c.Outputs, p)
		}
	case List:
		c.Params = []Param{
			{Name: "filter", Shape: ShapeFilter, Doc: "Conditions; without any, every record."},
			{Name: "fields", Shape: ShapeColumns, Doc: "The columns to return; without any, all."},
			{Name: "order_by", Shape: ShapeOrder, Doc: `Columns to sort by; "-" sorts descending: ["-created_at", "id"].`},
			number("limit", "100", "How many records at most; at least 1."),
			number("offset", "0", "How many records to skip."),
			{Name: "cursor", Type: Type{Kind: KindString, Nullable: true}, Doc: "The next_cursor of the page before."},
			includeDeleted(m),
			flag("with_total", "false", "Whether to count all matching records as total."),
		}
		c.Outputs = []Param{
			{Name: "records", Shape: ShapeRows, Type: Type{Kind: KindRecord, Array: true, Model: m.Name}, Doc: "The records of the page."},
			output("count", KindInt64, "How many records the page has."),
			output("has_more", KindBool, "Whether there are records after the page."),
			{Name: "next_cursor", Type: Type{Kind: KindString, Nullable: true}, Doc: "Where the next page starts; null on the last."},
			{Name: "total", Type: Type{Kind: KindInt64, Nullable: true}, Doc: "How many records match in all, with with_total."},
		}
	case Count:
		c.Params = []Param{{Name: "filter", Shape: ShapeFilter, Doc: "Conditions; without any, every record."}, includeDeleted(m)}
		c.Outputs = []Param{output("count", KindInt64, "How many records match.")}
	case Upsert:
		c.Params = []Param{
			{Name: "where", Shape: ShapeWhere, Required: true, Doc: "Column values that find the record, and go into a new one."},
			{Name: "create", Shape: ShapeFields, Required: true, Doc: "The columns of a new record."},
			{Name: "update", Shape: ShapeFields, Doc: "The columns to change in a record that is there."},
			{Name: "conflict_on", Shape: ShapeColumns, Doc: "The primary or unique key to match on; the columns of where by default."},
		}
		c.Outputs = []Param{
			output("created", KindBool, "Whether the record is new."),
			output("action", KindString, `"created" or "updated".`),
			{Name: "record", Type: Type{Kind: KindRecord, Model: m.Name}, Doc: "The record after the upsert."},
		}
	case BulkCreate:
		c.Params = []Param{
			{Name: "data", Shape: ShapeRows, Required: true, Doc: "The records to create; at least one."},
			number("batch_size", "", "How many rows go into one statement."),
			{Name: "on_conflict", Type: Type{Kind: KindString}, Default: `"error"`, Enum: []string{"error", "skip", "update"}, Doc: "What to do with a record whose key is there already."},
		}
		c.Outputs = []Param{countOutput(), {Name: "ids", Shape: ShapeKeys, Type: keysType(m), Doc: "The keys of the new records, in the order of data."}}
	case BulkUpdate:
		c.Params = []Param{
			{Name: "filter", Shape: ShapeFilter, Doc: "Which records to change, with fields."},
			{Name: "fields", Shape: ShapeFields, Doc: "The columns to change, with their new values."},
			{Name: "data", Shape: ShapeRows, Doc: "Or rows, each with its primary key and the columns to change."},
		}
		c.Outputs = []Param{countOutput()}
	case BulkDelete:
		c.Params = []Param{
			{Name: "filter", Shape: ShapeFilter, Doc: "Which records to delete."},
			{Name: "ids", Shape: ShapeKeys, Type: keysType(m), Doc: "Or the keys of the records."},
			flag("confirm", "false", "Needed to delete every record: an empty filter."),
			hard(m),
		}
		c.Outputs = []Param{countOutput()}
	case BulkUpsert:
		c.Params = []Param{
			{Name: "data", Shape: ShapeRows, Required: true, Doc: "The records to create or update; at least one."},
			{Name: "conflict_on", Shape: ShapeColumns, Doc: "The primary or unique key to match on; the primary key by default."},
		}
		c.Outputs = []Param{countOutput(), output("created", KindInt64, "How many records are new."), output("updated", KindInt64, "How many were there."),
			{Name: "ids", Shape: ShapeKeys, Type: keysType(m), Doc: "The keys of the records, in the order of data."},
			{Name: "actions", Type: Type{Kind: KindString, Array: true}, Doc: `"created" or "updated" for each record, in the order of data.`}}
	}
	return c
}

// Param returns the parameter of a name, or nil.
func (c *Contract) Param(name string) *Param { return find(c.Params, name) }

// Output returns the output of a name, or nil.
func (c *Contract) Output(name string) *Param { return find(c.Outputs, name) }

// ParamNames lists the names of the parameters.
func (c *Contract) ParamNames() []string { return names(c.Params) }

// OutputNames lists the names of the outputs.
func (c *Contract) OutputNames() []string { return names(c.Outputs) }

// TypeString is the parameter's type or form in words: "string", "filter", "[]User".
func (p *Param) TypeString() string {
	switch p.Shape {
	case ShapeFilter:
		return "filter"
	case ShapeFields, ShapeWhere:
		return "column → value"
	case ShapeColumns, ShapeOrder:
		return "[]string"
	case ShapeRows:
		if p.Type.Model != "" {
			return p.Type.String()
		}
		return "[]record"
	}
	if len(p.Enum) > 0 {
		return strings.Join(p.Enum, " | ")
	}
	return p.Type.String()
}

func find(params []Param, name string) *Param {
	for i := range params {
		if params[i].Name == name {
			return &params[i]
		}
	}
	return nil
}

func names(params []Param) []string {
	out := make([]string, len(params))
	for i, p := range params {
		out[i] = p.Name
	}
	return out
}

func columnParam(f *Field, required bool) Param {
	return Param{Name: f.Column, Type: f.Type, Required: required, Field: f}
}

func recordOutputs(m *Model) []Param {
	params := make([]Param, len(m.Fields))
	for i := range m.Fields {
		params[i] = columnParam(&m.Fields[i], false)
	}
	return params
}

// keyParams are the columns of the primary key. They are not marked required:
// a filter may stand for them (DF-702, DF-705).
func keyParams(m *Model) []Param {
	var params []Param
	for _, column := range m.PrimaryKey() {
		params = append(params, columnParam(m.FieldByColumn(column), false))
	}
	return params
}

func keysType(m *Model) Type {
	if key := m.PrimaryKey(); len(key) == 1 {
		return Type{Kind: m.FieldByColumn(key[0]).Type.Kind, Array: true}
	}
	return Type{Kind: KindRecord, Array: true, Model: m.Name}
}

func output(name string, k Kind, doc string) Param {
	return Param{Name: name, Type: Type{Kind: k}, Doc: doc}
}

func countOutput() Param { return output("count", KindInt64, "How many records were written.") }

func flag(name, def, doc string) Param {
	return Param{Name: name, Type: Type{Kind: KindBool}, Default: def, Doc: doc}
}

func number(name, def, doc string) Param {
	return Param{Name: name, Type: Type{Kind: KindInt64}, Default: def, Doc: doc}
}

func includeDeleted(m *Model) Param {
	p := flag("include_deleted", "false", "Whether deleted records count too.")
	if !m.SoftDelete {
		p.NoUse = m.Name + " is not softdelete"
	}
	return p
}

func hard(m *Model) Param {
	p := flag("hard", "false", "Whether to remove the row rather than mark it deleted.")
	if !m.SoftDelete {
		p.NoUse = m.Name + " is not softdelete"
	}
	return p
}
