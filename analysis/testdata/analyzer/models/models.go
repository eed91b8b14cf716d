package models // want package:"models: example.com/shop/models.User example.com/shop/models.Order}$"

import "github.com/dataflow-go/dataflow"

// User is found by facts, at any depth.
type User struct {
	dataflow.Model
	ID    string
	Email string `df:",unique" validate:"email"`
	Age   int    `df:",default=0"`
}

// Order has a mistake.
type Order struct {
	dataflow.Model
	ID     int64
	UserID string `df:",ref=User.id"`
	Total  int    `df:",uniqe"` // want `^DF-605 `
}
