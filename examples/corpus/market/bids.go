package market

import "github.com/dataflow-go/dataflow"

// HighestBid finds the highest bid for an offer and its offer again.
func HighestBid() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("highest_bid")
	wf.AddNode("BidListNode", "bids", dataflow.Params{
		"filter":   dataflow.Params{"offer_id": dataflow.Input("offer")},
		"order_by": []string{"-amount"},
		"limit":    1,
	})
	wf.AddNode("OfferReadNode", "offer", nil)
	wf.AddConnection("bids", "records.0.offer_id", "offer", "id")
	return wf
}

// Bids places several bids at once, given when it runs.
func Bids() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("bids")
	wf.AddNode("BidBulkCreateNode", "bids", dataflow.Params{"data": dataflow.Input("bids")})
	wf.AddNode("BidCountNode", "all", nil)
	wf.AddDependency("bids", "all")
	return wf
}

// ByTag lists offers by what their tags hold.
func ByTag() *dataflow.Workflow {
	return dataflow.NewWorkflow("by_tag").
		AddNode("OfferListNode", "sport", dataflow.Params{"filter": map[string]any{"tags": map[string]any{"$contains": "sport"}}}).
		AddNode("OfferListNode", "any", dataflow.Params{"filter": map[string]any{"tags": map[string]any{"$overlap": []string{"used", "new"}}}})
}
