package model_test

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// The structs that TestFrontEnds reads by reflection and from this file's source.

type Status string

type Address struct{ Street, City string }

type Stamps struct {
	CreatedAt time.Time
	UpdatedAt time.Time
}

type User struct {
	dataflow.Model `df:"table=members"`
	ID             string
	Email          string `df:",unique" validate:"required,email"`
	Name           string `df:"full_name"`
	Nickname       *string
	Status         Status `df:",default=new,index"`
	Stamps
	hidden int //nolint:unused // an unexported field is no column
	Skip   int `df:"-"`
}

type Everything struct {
	dataflow.Model
	ID   uuid.UUID
	B    bool
	I    int
	I8   int8
	I16  int16
	I32  int32
	I64  int64
	U    uint
	U8   uint8
	U16  uint16
	U32  uint32
	U64  uint64
	F32  float32
	F64  float64
	S    string
	By   []byte
	T    time.Time
	UID  uuid.UUID
	Dec  decimal.Decimal
	Raw  json.RawMessage
	Map  map[string]any
	Addr Address
	Ints []int
	Strs []string
	Tms  []time.Time
	UIDs []uuid.UUID
	Decs []decimal.Decimal
	Byss [][]byte
	Anys []any
	Recs []Address
	PI   *int
	PS   *string
	PT   *time.Time
	PU   *uuid.UUID
	PD   *decimal.Decimal
	PA   *Address
	PSs  *[]string
}

type OrderItem struct {
	dataflow.Model
	OrderID   int64  `df:",pk,ref=Order.id,ondelete=cascade"`
	ProductID string `df:",pk,index=by_product"`
	Position  int    `df:",unique=place"`
	Shelf     string `df:",unique=place"`
}

type Document struct {
	dataflow.Model `df:"softdelete,versioned,tenant=org_id"`
	ID             int64
	Title          string
	Version        int
}

type Order struct {
	dataflow.Model
	ID    int64
	Price decimal.Decimal `df:",default=9.99"`
	Due   time.Time       `df:",default=2026-01-02T15:04:05Z"`
	Note  string          `df:",default='a, b'"`
}

type NotAModel struct{ ID string }

type NoKey struct {
	dataflow.Model
	Name string
}

type BadTypes struct {
	dataflow.Model
	ID string
	C  chan int
	F  func()
	N  sql.NullString
	A  [4]int
	M  map[int]string
	I  any
	P  **int
	X  complex128
}

type BadTags struct {
	dataflow.Model `df:"tabel=x,softdelete"`
	ID             string `df:"pk"`
	A              string `df:",uniqe"`
	B              int    `df:",default=many"`
	C              string `df:",ref=User"`
	D              string `df:",ondelete=cascade"`
	E              string `df:"a b"`
	F              string `validate:"nosuchrule"`
}

type Twice struct {
	dataflow.Model
	ID    string
	Email string
	Mail  string `df:"email"`
}

type BadAuto struct {
	dataflow.Model `df:"softdelete"`
	ID             string
	CreatedAt      string
	DeletedAt      time.Time
}

type PointerKey struct {
	dataflow.Model
	ID *string
}

type base struct {
	ID        string
	CreatedAt time.Time
	Name      string
}

type Shadow struct {
	dataflow.Model
	base
	Name int
}

type EmbedsPointer struct {
	dataflow.Model
	ID string
	*Stamps
}

func declared() []any {
	return []any{
		User{}, Everything{}, OrderItem{}, Document{}, Order{}, NotAModel{}, NoKey{}, BadTypes{}, BadTags{}, Twice{}, BadAuto{}, PointerKey{}, Shadow{}, EmbedsPointer{},
	}
}

type Keyed struct {
	dataflow.Model `df:"unique=org+email,index=name+org,unique=email+name"`
	ID             int64
	Org            string
	Email          string
	Name           string
}

type BadKeys struct {
	dataflow.Model `df:"unique=org+nope,index=name+name,unique=name,index=name+"`
	ID             int64
	Org            string
	Name           string `df:",unique"`
}
