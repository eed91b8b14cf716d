package model

import (
	"go/token"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A Kind is what a single value is.
type Kind uint8

// The kinds. KindRecord and KindAny are never a column's: a record is a row of
// a model (an Upsert's output "record"), any is a value of unknown shape (a
// function node's output).
const (
	KindInvalid Kind = iota
	KindBool
	KindInt // int, platform width; stored as 64 bits
	KindInt8
	KindInt16
	KindInt32
	KindInt64
	KindUint
	KindUint8
	KindUint16
	KindUint32
	KindUint64
	KindFloat32
	KindFloat64
	KindString
	KindBytes
	KindTime
	KindUUID
	KindDecimal
	KindJSON   // json.RawMessage, maps, structs
	KindRecord // a row of a model
	KindAny
)

// A Type is what a column, parameter or output holds.
type Type struct {
	Kind     Kind
	Array    bool   // []T of Kind
	Nullable bool   // *T
	Model    string // KindRecord: whose rows
}

// Auto says who keeps a column, if not the user.
type Auto uint8

// What the engine keeps or makes by itself.
const (
	AutoNone      Auto = iota
	AutoKey            // integer or UUID primary key: made when not given
	AutoCreatedAt      // created_at: set on insert
	AutoUpdatedAt      // updated_at: set on insert and update
	AutoDeletedAt      // deleted_at of a softdelete model
	AutoVersion        // version of a versioned model
	AutoTenant         // the tenant column: from the run, never from params
)

// A Reference is a foreign key: df:",ref=User.id,ondelete=cascade".
type Reference struct {
	Model    string
	Column   string
	OnDelete string // "", "cascade", "restrict", "set null", "no action"
}

// A Field is one column of a model.
type Field struct {
	Name       string // Go field, dotted for one promoted from an embedded struct; "" for a column the engine adds (deleted_at, …)
	Column     string
	Type       Type
	GoType     string // as written in Go, package-qualified: "string", "*string", "time.Time", "[]uuid.UUID"
	Primary    bool
	Auto       Auto
	Default    any // parsed default; nil when there is none
	HasDefault bool
	Validate   string // rules of github.com/go-playground/validator
	Ref        *Reference
	Index      []int          // reflect.Value.FieldByIndex path; the same from go/types
	Pos        token.Position // where it is declared; only from source
}

// A Key is a primary or unique key, simple or composite.
type Key struct {
	Name    string // "" for the primary key, else the group or the column
	Columns []string
	Primary bool
}

// An Index is a secondary, non-unique index.
type Index struct {
	Name    string
	Columns []string
}

// A Model is the one description of a user's struct. It is immutable once made.
type Model struct {
	Name       string // "OrderItem"
	PkgPath    string // package that declares it
	Table      string // "order_items"
	Fields     []Field
	Keys       []Key // the primary key first
	Indexes    []Index
	SoftDelete bool
	Versioned  bool
	Tenant     string         // tenant column, "" without tenancy
	Pos        token.Position // where it is declared; only from source
}

// A Problem is a mistake in a model's declaration (6XX).
type Problem = errcatalog.Finding
