// Package shop places orders: customer, order, lines, stock and payment in one
// transaction, or none of it.
package shop

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
)

// Customer buys.
type Customer struct {
	dataflow.Model
	ID         string
	Email      string `df:",unique" validate:"email"`
	Name       string
	OrderCount int `df:",default=0"`
}

// Article is sold.
type Article struct {
	dataflow.Model
	SKU   string `df:",pk"`
	Name  string
	Price decimal.Decimal
	Stock int `df:",default=0" validate:"min=0"`
}

// Purchase is what a customer orders.
type Purchase struct {
	dataflow.Model
	ID         int64
	CustomerID string `df:",index,ref=Customer.id"`
	Status     string `df:",default=new" validate:"oneof=new paid shipped cancelled"`
	CreatedAt  time.Time
}

// Line is one article of a purchase.
type Line struct {
	dataflow.Model
	ID         int64
	PurchaseID int64  `df:",unique=line,ref=Purchase.id,ondelete=cascade"`
	SKU        string `df:",unique=line,ref=Article.sku"`
	Quantity   int    `validate:"min=1"`
	Price      decimal.Decimal
}

// Payment pays a purchase.
type Payment struct {
	dataflow.Model
	ID         int64
	PurchaseID int64 `df:",unique,ref=Purchase.id"`
	Amount     decimal.Decimal
	Method     string `validate:"oneof=card invoice cash"`
}

// Notice tells a customer something.
type Notice struct {
	dataflow.Model
	ID         int64
	CustomerID string `df:",ref=Customer.id"`
	Text       string `validate:"max=200"`
	SentAt     *time.Time
}
