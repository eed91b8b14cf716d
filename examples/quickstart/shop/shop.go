// Package shop holds the models of a small shop. Each struct that embeds
// dataflow.Model is a table, and yields eleven node types: User yields
// UserCreateNode, UserReadNode, UserListNode and so on.
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
	Email          string `df:",unique" validate:"email,max=254"`
	Name           string `df:"full_name" validate:"max=120"`
	Active         bool   `df:",default=true"`
	Tags           []string
	CreatedAt      time.Time // kept by the engine
	UpdatedAt      time.Time
}

// Product is something that the shop sells.
type Product struct {
	dataflow.Model
	SKU      string `df:",pk"`
	Name     string
	Category string `df:",index"`
	Price    decimal.Decimal
	Stock    int `df:",default=0" validate:"min=0"`
}

// Order is what a user buys, or has in the cart.
type Order struct {
	dataflow.Model
	ID        int64  // made by the engine
	UserID    string `df:",index,ref=User.id,ondelete=cascade"`
	Status    string `df:",default=cart" validate:"oneof=cart placed shipped cancelled"`
	Note      *string
	CreatedAt time.Time
}

// OrderItem is one line of an order.
type OrderItem struct {
	dataflow.Model
	ID         int64
	OrderID    int64  `df:",ref=Order.id,ondelete=cascade,unique=line"`
	ProductSKU string `df:",ref=Product.sku,unique=line"`
	Quantity   int    `df:",default=1" validate:"min=1"`
	UnitPrice  decimal.Decimal
}
