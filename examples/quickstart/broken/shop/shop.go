// Package shop holds the models of a small shop. There is nothing wrong here.
package shop

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
)

// User is someone with an account.
type User struct {
	dataflow.Model `df:"table=users"`
	ID             string
	Email          string `df:",unique" validate:"email,max=254"` // they log in with it
	Name           string `df:"full_name" validate:"max=120"`
	Active         bool   `df:",default=true"` // false once the account is closed
	Tags           []string
	CreatedAt      time.Time // kept by the engine, as in every model
	UpdatedAt      time.Time
}

// Product is something that the shop sells.
type Product struct {
	dataflow.Model
	SKU      string `df:",pk"` // the number on the label
	Name     string
	Category string          `df:",index"`
	Price    decimal.Decimal // in euros
	Stock    int             `df:",default=0" validate:"min=0"`
}

// Order is what a user buys, or has in the cart.
type Order struct {
	dataflow.Model
	ID        int64   // made by the engine
	UserID    string  `df:",index,ref=User.id,ondelete=cascade"`
	Status    string  `df:",default=cart" validate:"oneof=cart placed shipped cancelled"`
	Note      *string // what the customer wants to tell us
	CreatedAt time.Time
}

// OrderItem is one line of an order.
type OrderItem struct {
	dataflow.Model
	ID         int64
	OrderID    int64           `df:",ref=Order.id,ondelete=cascade,unique=line"` // a product stands once in an order
	ProductSKU string          `df:",ref=Product.sku,unique=line"`
	Quantity   int             `df:",default=1" validate:"min=1"`
	UnitPrice  decimal.Decimal // at the time of the order
}
