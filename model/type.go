package model

import "strings"

var kindNames = [...]string{
	KindInvalid: "invalid", KindBool: "bool", KindInt: "int", KindInt8: "int8", KindInt16: "int16", KindInt32: "int32",
	KindInt64: "int64", KindUint: "uint", KindUint8: "uint8", KindUint16: "uint16", KindUint32: "uint32", KindUint64: "uint64",
	KindFloat32: "float32", KindFloat64: "float64", KindString: "string", KindBytes: "[]byte", KindTime: "time.Time",
	KindUUID: "uuid.UUID", KindDecimal: "decimal.Decimal", KindJSON: "JSON", KindRecord: "record", KindAny: "any",
}

// String returns the kind in Go's words: "int64", "time.Time", "JSON".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// IsInteger reports whether k is one of Go's integer kinds.
func (k Kind) IsInteger() bool { return KindInt <= k && k <= KindUint64 }

// IsUnsigned reports whether k is one of Go's unsigned integer kinds.
func (k Kind) IsUnsigned() bool { return KindUint <= k && k <= KindUint64 }

// IsFloat reports whether k is float32 or float64.
func (k Kind) IsFloat() bool { return k == KindFloat32 || k == KindFloat64 }

// Bits is the width of an integer or float kind, 64 for int and uint; 0 for other kinds.
func (k Kind) Bits() int {
	switch k {
	case KindInt8, KindUint8:
		return 8
	case KindInt16, KindUint16:
		return 16
	case KindInt32, KindUint32, KindFloat32:
		return 32
	case KindInt, KindInt64, KindUint, KindUint64, KindFloat64:
		return 64
	}
	return 0
}

// String returns the type in Go's words: "[]string", "*time.Time", "User record".
func (t Type) String() string {
	var b strings.Builder
	if t.Nullable {
		b.WriteByte('*')
	}
	if t.Array {
		b.WriteString("[]")
	}
	if t.Kind == KindRecord && t.Model != "" {
		b.WriteString(t.Model)
	} else {
		b.WriteString(t.Kind.String())
	}
	return b.String()
}

// Elem is the type of one element of an array type.
func (t Type) Elem() Type { return Type{Kind: t.Kind, Model: t.Model} }

// NotNull is t without null.
func (t Type) NotNull() Type { t.Nullable = false; return t }

// Example is a value of the type, as Go source, to show in errors and to insert
// in fixes. column makes it telling: a column named "email" gets an address.
func (t Type) Example(column string) string {
	if t.Array {
		return "[]" + t.Elem().NotNull().GoSource() + "{" + t.Elem().Example(column) + "}"
	}
	switch k := t.Kind; {
	case k == KindBool:
		return "true"
	case k.IsInteger():
		return "1"
	case k.IsFloat():
		return "1.5"
	case k == KindString:
		switch {
		case column == "id" || strings.HasSuffix(column, "_id"):
			return `"` + strings.TrimSuffix(column, "_id") + `-123"`
		case strings.Contains(column, "email"):
			return `"alice@example.com"`
		case strings.Contains(column, "name"):
			return `"Alice"`
		}
		return `"text"`
	case k == KindBytes:
		return `[]byte("data")`
	case k == KindTime:
		return `"2026-01-02T15:04:05Z"`
	case k == KindUUID:
		return `"7d444840-9dc0-11d1-b245-5ffdce74fad2"`
	case k == KindDecimal:
		return `"19.99"`
	}
	return `dataflow.Params{"key": "value"}`
}

// Zero is the type's zero value as Go source, as a quick fix inserts it.
func (t Type) Zero() string {
	if t.Array {
		return "[]" + t.Elem().GoSource() + "{}"
	}
	switch k := t.Kind; {
	case k == KindBool:
		return "false"
	case k.IsInteger(), k.IsFloat():
		return "0"
	case k == KindString:
		return `""`
	case k == KindBytes:
		return "[]byte{}"
	case k == KindTime:
		return "time.Now()"
	case k == KindUUID:
		return "uuid.New()"
	case k == KindDecimal:
		return `"0"`
	}
	return "dataflow.Params{}"
}

// GoSource is the type as Go source that a program can write for a value of it.
func (t Type) GoSource() string {
	s := ""
	if t.Array {
		s = "[]"
	}
	switch t.Kind {
	case KindJSON, KindAny:
		return s + "any"
	case KindRecord:
		return s + "dataflow.Params"
	}
	return s + t.Kind.String()
}
