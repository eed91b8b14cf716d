package market

import "github.com/dataflow-go/dataflow"

// Open makes a seller, an offer and a first bid, one from the other.
func Open() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("open")
	wf.AddNode("SellerCreateNode", "seller", dataflow.Params{"id": "s1", "name": "Sam"})
	wf.AddNode("OfferCreateNode", "offer", dataflow.Params{
		"id":    "o1",
		"title": "Bicycle",
		"price": 120,
		"tags":  []string{"sport", "used"},
	})
	wf.AddNode("BidCreateNode", "bid", dataflow.Params{"buyer": "Bea", "amount": 99.5})
	wf.AddConnection("seller", "id", "offer", "seller_id")
	wf.AddConnection("offer", "id", "bid", "offer_id")
	return wf
}

// Withdraw deletes an offer and, by its foreign key, the bids.
func Withdraw() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("withdraw").
		AddNode("OfferDeleteNode", "offer", dataflow.Params{"id": dataflow.Input("offer")}).
		AddNode("BidCountNode", "left", dataflow.Params{}).
		AddConnection("offer", "id", "left", "filter.offer_id")
	return wf
}
