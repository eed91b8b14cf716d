// Package market is a marketplace: workflows that cross its models.
package market

import "github.com/dataflow-go/dataflow"

// Seller offers things.
type Seller struct {
	dataflow.Model
	ID     string
	Name   string
	Rating float64 `df:",default=0"`
}

// Offer is a thing that a seller offers.
type Offer struct {
	dataflow.Model
	ID       string
	SellerID string `df:",ref=Seller.id"`
	Title    string
	Price    float64 `validate:"gte=0"`
	Tags     []string
	Active   bool `df:",default=true"`
}

// Bid is what a buyer would pay.
type Bid struct {
	dataflow.Model
	ID      int64
	OfferID string `df:",index,ref=Offer.id,ondelete=cascade"`
	Buyer   string
	Amount  float64 `validate:"gt=0"`
}
