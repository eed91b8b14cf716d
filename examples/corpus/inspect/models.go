// Package inspect has workflows with a shape worth asking about: chains, diamonds
// and islands.
package inspect

import "github.com/dataflow-go/dataflow"

// Item is anything.
type Item struct {
	dataflow.Model
	ID     int64
	Parent *int64 `df:",ref=Item.id"`
	Name   string `df:",default=item"`
	Weight int    `df:",default=1"`
}
