// Package inventory knows what lies where.
package inventory

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
)

// Warehouse is a place.
type Warehouse struct {
	dataflow.Model
	Code string `df:",pk"`
	City string
}

// StockLevel is how much of an item lies in a warehouse.
type StockLevel struct {
	dataflow.Model `df:"versioned"`
	Warehouse      string          `df:",pk,ref=Warehouse.code"`
	Item           string          `df:",pk"`
	Quantity       decimal.Decimal `df:",default=0"`
	CountedAt      *time.Time
}

// Move is goods on their way.
type Move struct {
	dataflow.Model
	ID       int64
	From     string `df:"from_warehouse,ref=Warehouse.code"`
	To       string `df:"to_warehouse,ref=Warehouse.code"`
	Item     string
	Quantity decimal.Decimal
}
