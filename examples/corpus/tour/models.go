// Package tour shows each operation once, on the users and orders that the
// documentation talks about.
package tour

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// User is someone with an account.
type User struct {
	dataflow.Model
	ID        string
	Name      string
	Email     string `df:",unique" validate:"email"`
	Active    bool   `df:",default=true"`
	CreatedAt time.Time
}

// Order is what a user bought.
type Order struct {
	dataflow.Model
	ID     string
	UserID string `df:",index,ref=User.id"`
	Total  float64
}

// OrderItem is a line of an order; an order has a product once.
type OrderItem struct {
	dataflow.Model `df:"unique=order_id+product_id"`
	ID             string
	OrderID        string
	ProductID      string
	Quantity       int `validate:"min=1"`
}
