package runs

import (
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/examples/corpus/billing"
	"github.com/dataflow-go/dataflow/examples/corpus/blog/flows"
	"github.com/dataflow-go/dataflow/examples/corpus/blog/schema"
	"github.com/dataflow-go/dataflow/examples/corpus/chat"
	"github.com/dataflow-go/dataflow/examples/corpus/crm"
	"github.com/dataflow-go/dataflow/examples/corpus/inspect"
	"github.com/dataflow-go/dataflow/examples/corpus/inventory"
	"github.com/dataflow-go/dataflow/examples/corpus/iot"
	"github.com/dataflow-go/dataflow/examples/corpus/library"
	"github.com/dataflow-go/dataflow/examples/corpus/market"
	"github.com/dataflow-go/dataflow/examples/corpus/ops"
	"github.com/dataflow-go/dataflow/examples/corpus/patterns"
	"github.com/dataflow-go/dataflow/examples/corpus/saas"
	"github.com/dataflow-go/dataflow/examples/corpus/shop"
	"github.com/dataflow-go/dataflow/examples/corpus/tour"
)

type (
	in  = dataflow.Params
	out = map[string]any
)

func tourDomain() Domain {
	return Domain{"tour", []any{tour.User{}, tour.Order{}, tour.OrderItem{}}, []Run{
		{Workflow: tour.CreateUser(), Want: out{"create.id": "user-123", "create.active": true}},
		{Workflow: tour.CreateThree(), Want: out{"create1.active": true, "create3.active": false}},
		{Workflow: tour.CreateOne("user-9"), Want: out{"create.email": "user-9@example.com"}},
		{Workflow: tour.PlaceOrders(), Want: out{"orders.count": 2}},
		{Workflow: tour.UserOrders(), Want: out{"read.name": "Alice", "list.count": 2}},
		{Workflow: tour.OrdersOf(), Want: out{"list.records.1.total": 7}},
		{Workflow: tour.SaveUser(), Want: out{"upsert.created": false, "upsert.record.name": "Alice Updated"}},
		{Workflow: tour.SaveUserByID(), Want: out{"upsert.created": true, "upsert.record.name": "Dora"}},
		{Workflow: tour.SaveUserByID(), Want: out{"upsert.action": "updated", "upsert.record.name": "Dora Updated"}},
		{Workflow: tour.SaveItem(), Want: out{"upsert.created": true, "upsert.record.quantity": 5}},
		{Workflow: tour.SaveItem(), Want: out{"upsert.created": false, "upsert.record.quantity": 10}},
		{Workflow: tour.SaveUserByHand(), Want: out{"create.name": "Erin", "update": nil}},
		{Workflow: tour.SaveUserByHand(), Want: out{"create": nil, "update.name": "Erin Updated"}},
		{Workflow: tour.CountUsers(), Want: out{"count.count": 7, "count_active.count": 6, "count_complex.count": 6}},
		{Workflow: tour.ListUsers(), Want: out{"list.count": 2, "list.total": 7, "list.records.0.name": "Alice Updated"}},
	}}
}

func patternsDomain() Domain {
	return Domain{"patterns", []any{patterns.Organization{}, patterns.Account{}, patterns.Role{}, patterns.AccountRole{}}, []Run{
		{Workflow: patterns.Lifecycle(), Inputs: in{"email": "alice@example.com"}, Want: out{"update.credits": 10, "delete.deleted": true}},
		{Workflow: patterns.Register(), Inputs: in{"id": "acc-2", "email": "ben@example.com", "name": "Ben"}, Want: out{"greeting.value": "Welcome, Ben", "again": nil}},
		{Workflow: patterns.Register(), Inputs: in{"id": "acc-9", "email": "ben@example.com"}, Want: out{"greeting.value": "Welcome back, Ben"}},
		{Workflow: patterns.Register(), Inputs: in{"id": "acc-3", "email": "guest@example.com"}, Want: out{"greeting.value": "Welcome, Guest"}},
		{Workflow: patterns.Import(), Want: out{"import.count": 100}},
		{Workflow: patterns.Import(), Want: out{"import.count": 0}},
		{Workflow: patterns.SecondPage(), Want: out{"page.count": 20, "page.has_more": true}},
		{Workflow: patterns.Page(6), Want: out{"page.count": 2, "page.records.0.id": "bulk-098"}},
		{Workflow: patterns.FollowCursor(), Want: out{"first.records.0.id": "acc-2", "second.records.0.id": "bulk-000"}},
		{Workflow: patterns.Renumber(), Want: out{"renumber.count": 2}},
		{Workflow: patterns.Filters(), Inputs: in{"organization": "org-1"}, Want: out{"of_organization.count": 0, "either.count": 100, "between.count": 2}},
		{Workflow: patterns.Search("active", 0), Want: out{"found.count": 50}},
		{Workflow: patterns.Search("", 18), Want: out{"found.count": 0}},
		{Workflow: patterns.Purge(), Want: out{"old.count": 100, "rest.count": 2}},
		{Workflow: patterns.Suspend(), Inputs: in{"email": "ben@example.com"}, Want: out{"suspend.status": "suspended"}},
		{Workflow: patterns.Suspend(), Inputs: in{"email": "nobody@example.com"}, Want: out{"account.found": false, "suspend": nil}},
		{Workflow: patterns.Grant(), Inputs: in{"account": "acc-2"}, Want: out{"grant.role_id": 1}},
		{Workflow: patterns.RolesOf(), Inputs: in{"account": "acc-2"}, Want: out{"roles.records.0.title": "admin"}},
		{Workflow: patterns.Revoke(), Inputs: in{"account": "acc-2"}, Want: out{"revoke.deleted": true}},
		{Workflow: patterns.Home(), Inputs: in{"account": "acc-2"}, Want: out{"organization": nil}},
		{Workflow: patterns.Bonus(), Inputs: in{"organization": "org-1"}, Fails: errcatalog.DF703},
		{Workflow: patterns.Hire(), Inputs: in{"account": "acc-2"}, Want: out{"hire.organization_id": "org-1"}},
		{Workflow: patterns.Home(), Inputs: in{"account": "acc-2"}, Want: out{"organization.name": "ACME"}},
		{Workflow: patterns.Bonus(), Inputs: in{"organization": "org-1"}, Want: out{"credit_pro.count": 1, "credit_default": nil}},
	}}
}

func shopDomain() Domain {
	return Domain{"shop", []any{shop.Customer{}, shop.Article{}, shop.Purchase{}, shop.Line{}, shop.Payment{}, shop.Notice{}}, []Run{
		{Workflow: shop.Fill(), Want: out{"articles.created": 2}},
		{
			Workflow: shop.Checkout(), Inputs: in{"email": "amy@example.com", "sku": "tea", "quantity": 3},
			Want: out{"customer.created": true, "take.stock": 7, "payment.amount": "13.5", "notice.text": "Order 1: 13.5 paid"},
		},
		{Workflow: shop.Checkout(), Inputs: in{"email": "amy@example.com", "sku": "cup", "quantity": 4}, Fails: errcatalog.DF117},
		{Workflow: shop.Low(), Want: out{"low.count": 1, "low.records.0.sku": "cup"}},
		{Workflow: shop.Oversell(), Inputs: in{"stock": -1}, Fails: errcatalog.DF117},
		{Workflow: shop.Customers(), Want: out{"all.count": 1}}, // neither the greedy one nor a second order
		{Workflow: shop.Refund(), Inputs: in{"purchase": 1}, Want: out{"cancel.status": "cancelled", "payment.count": 1, "notice.customer_id": "amy@example.com"}},
		{Workflow: shop.NewCart("amy@example.com").Add("tea", "4.50", 2).Workflow(), Want: out{"line_1.quantity": 2}},
		{Workflow: shop.TeaForTwo(), Fails: errcatalog.DF305},
	}}
}

func marketDomain() Domain {
	return Domain{"market", []any{market.Seller{}, market.Offer{}, market.Bid{}}, []Run{
		{Workflow: market.Open(), Want: out{"offer.seller_id": "s1", "bid.offer_id": "o1", "bid.id": 1}},
		{Workflow: market.Bids(), Inputs: in{"bids": []in{{"offer_id": "o1", "buyer": "Cy", "amount": 110}, {"offer_id": "o1", "buyer": "Di", "amount": 105}}}, Want: out{"all.count": 3}},
		{Workflow: market.HighestBid(), Inputs: in{"offer": "o1"}, Want: out{"bids.records.0.buyer": "Cy", "offer.title": "Bicycle"}},
		{Workflow: market.ByTag(), Want: out{"sport.count": 1, "any.count": 1}},
		{Workflow: market.Withdraw(), Inputs: in{"offer": "o1"}, Want: out{"offer.deleted": true, "left.count": 0}},
	}}
}

func saasDomain() Domain {
	return Domain{"saas", []any{saas.Project{}, saas.Task{}}, []Run{
		{Workflow: saas.NewProject(), Tenant: "a", Inputs: in{"slug": "site"}, Want: out{"project.org_id": "a", "task_plan.title": "plan"}, Keep: map[string]string{"task": "task_plan.id"}},
		{Workflow: saas.NewProject(), Tenant: "b", Inputs: in{"slug": "site"}, Want: out{"project.org_id": "b"}},
		{Workflow: saas.NewProject(), Inputs: in{"slug": "site"}, Fails: errcatalog.DF515},
		{Workflow: saas.Projects(), Tenant: "a", Want: out{"projects.count": 1, "green.count": 1}},
		{Workflow: saas.Finish(), Tenant: "a", Inputs: in{"task": Kept("task")}, Want: out{"done.done": true, "done.version": 2}},
		{Workflow: saas.Finish(), Tenant: "b", Inputs: in{"task": Kept("task")}, Fails: errcatalog.DF703},
		{Workflow: saas.Open(), Tenant: "a", Want: out{"open.count": 1, "open.records.0.title": "build"}},
		{Workflow: saas.Overdue(time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)), Tenant: "b", Want: out{"overdue.count": 2}},
		{Workflow: saas.Archive(), Tenant: "b", Inputs: in{"slug": "site"}, Want: out{"archive.deleted": true, "gone.slug": "site"}},
		{Workflow: saas.Projects(), Tenant: "b", Want: out{"projects.count": 0, "ever.count": 1}},
	}}
}

func blogDomain() Domain {
	return Domain{"blog", []any{schema.Author{}, schema.Post{}, schema.Comment{}}, []Run{
		{Workflow: flows.Write(), Inputs: in{"handle": "mia", "slug": "hello", "title": "Hello"}, Want: out{"author.created": true, "post.tags": "[draft]", "post.published": false}},
		{Workflow: flows.Write(), Inputs: in{"handle": "mi", "slug": "bye", "title": "Bye"}, Fails: errcatalog.DF117},
		{Workflow: flows.Publish(), Inputs: in{"slug": "hello"}, Want: out{"publish.published": true}},
		{Workflow: flows.Comment(), Inputs: in{"slug": "hello", "text": "Nice"}, Want: out{"answer.reply_to": 1}},
		{Workflow: flows.Thread(), Inputs: in{"slug": "hello"}, Want: out{"comments.count": 2}},
		{Workflow: flows.Feed{}.Workflow(), Want: out{"posts.count": 1}},
		{Workflow: flows.Feed{Tag: "fresh", Limit: 5, Count: true}.Workflow(), Want: out{"posts.count": 1, "count.count": 1}},
		{Workflow: flows.Front(), Want: out{"posts.count": 1}},
		{Workflow: flows.PostByID(1), Want: out{"record.slug": "hello"}},
		{Workflow: flows.AuthorByID("mia"), Want: out{"record.handle": "mia"}},
		{Workflow: flows.Dump(), Want: out{"Author.count": 1, "Comment.count": 2}},
	}}
}

func billingDomain() Domain {
	return Domain{"billing", []any{billing.Subscription{}, billing.Invoice{}, billing.Booking{}}, []Run{
		{Workflow: billing.Subscribe(), Want: out{"subscription.fee": "100"}},
		{Workflow: billing.Bill(), Inputs: in{"subscription": "sub-1", "number": "2030-01-001"}, Want: out{"invoice.gross": "119"}},
		{Workflow: billing.Bill(), Inputs: in{"subscription": "sub-1", "number": "2030-03-001"}, Want: out{"invoice.state": "open"}},
		{Workflow: billing.Reminders, Want: out{"open.count": 2}},
		{Workflow: billing.Book(), Inputs: in{"number": "2030-01-001"}, Want: out{"settle.state": "paid", "settle.version": 2, "booking.reference": nil}},
		{Workflow: billing.Peek(), Inputs: in{"number": "2030-01-001"}, Want: out{"invoice.state": "paid"}},
		{Workflow: billing.Void(), Inputs: in{"number": "2030-03-001"}, Want: out{"invoice.state": "void"}},
		{Workflow: billing.Quarter(), Want: out{"sum.result": "238", "month_2.count": 0}},
	}}
}

func crmDomain() Domain {
	return Domain{"crm", []any{crm.Lead{}, crm.Visit{}}, []Run{
		{Workflow: crm.Intake(), Inputs: in{"id": "l1", "email": "lea@example.com", "at": "2030-01-01T10:00:00Z"}, Want: out{"again.stage": "new", "again.profile": "map[city:Bern employed:false langs:[de fr]]"}},
		{Workflow: crm.Score(), Inputs: in{"email": "lea@example.com", "score": 85}, Want: out{"set_hot.stage": "won", "set_warm": nil, "stages.values": "map[hot:won]"}},
		{Workflow: crm.Score(), Inputs: in{"email": "lea@example.com", "score": 101}, Fails: errcatalog.DF117},
		{Workflow: (&crm.Query{Stages: []string{"won"}, City: "Bern"}).Workflow(), Want: out{"leads.count": 1}},
		{Workflow: (&crm.Query{Phone: new(bool)}).Workflow(), Want: out{"leads.count": 1}},
		{Workflow: (&crm.Query{}).Workflow(), Want: out{"leads.count": 1}},
		{Workflow: crm.Cold(), Want: out{"cold.count": 0, "french.count": 0}},
	}}
}

var noon = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

func sample(when time.Time, celsius float32) iot.Sample {
	return iot.Sample{Device: 1000, At: when, Celsius: celsius}
}

func iotDomain() Domain {
	return Domain{"iot", []any{iot.Device{}, iot.Reading{}, iot.Alarm{}}, []Run{
		{Workflow: iot.Provision(), Want: out{"device_3.label": "roof", "device_3.serial": 1002}},
		{Workflow: iot.First(), Want: out{"first.celsius": -4.5, "first.humidity": 40}},
		{Workflow: iot.Ingest([]iot.Sample{sample(noon, 42), sample(noon.Add(time.Minute), 81)}), Want: out{"readings.count": 2, "seen_120000.count": 1}},
		{Workflow: iot.Ingest([]iot.Sample{sample(noon, 42)}), Want: out{"readings.count": 0}},
		{Workflow: iot.Watch(), Inputs: in{"device": uint32(1000)}, Want: out{"alarm.level": 2}},
		{Workflow: iot.Forget(), Want: out{"readings.count": 3, "alarms.count": 1}},
		{Workflow: iot.Retire(1001, 1002), Want: out{"retire.count": 2}},
	}}
}

func inventoryDomain() Domain {
	return Domain{"inventory", []any{inventory.Warehouse{}, inventory.StockLevel{}, inventory.Move{}}, []Run{
		{Workflow: inventory.Setup(), Want: out{"warehouses.created": 2, "levels.count": 3}},
		{Workflow: inventory.Level(), Inputs: in{"warehouse": "S"}, Want: out{"level.quantity": "12.5"}},
		{Workflow: inventory.Transfer(), Inputs: in{"from": "N", "to": "S", "item": "bolt", "quantity": "7.5"}, Want: out{"out_write.quantity": "92.5", "in_write.quantity": "20"}},
		{Workflow: inventory.Transfer(), Inputs: in{"from": "N", "to": "S", "item": "screw", "quantity": 1}, Fails: errcatalog.DF703},
		{Workflow: inventory.Recount(), Inputs: in{"warehouse": "S", "item": "bolt", "quantity": 19}, Want: out{"recount.created": false, "recount.record.quantity": "19"}},
		{Workflow: inventory.Recount(), Inputs: in{"warehouse": "N", "item": "nut", "quantity": 0}, Want: out{"recount.created": true}},
		{Workflow: inventory.Empty(), Want: out{"empty.count": 2, "south.records.0.city": "Ulm"}},
	}}
}

func shelf() *library.Shelf {
	var s library.Shelf
	s.Put("1", "Kästner", "Emil")
	s.Put("2", "Lindgren", "Pippi")
	return &s
}

func libraryDomain() Domain {
	return Domain{"library", []any{library.Book{}, library.Member{}, library.Loan{}}, []Run{
		{Workflow: shelf().Workflow(), Want: out{"books.created": 2}},
		{Workflow: library.Join(), Inputs: in{"name": "Nora"}, Want: out{"member.id": 1, "member.locked": false}},
		{Workflow: library.Lend(), Inputs: in{"isbn": "1", "member": 1, "due": noon}, Want: out{"loan.isbn": "1"}},
		{Workflow: library.Lend(), Inputs: in{"isbn": "1", "member": 1, "due": noon}, Want: out{"lent.count": 1, "loan": nil}},
		{Workflow: library.GiveBack(), Inputs: in{"loan": 1, "now": noon}, Want: out{"loan.id": 1}},
		{Workflow: library.ByTitle(), Want: out{"book.isbn": "1"}},
		{Workflow: library.Weed(false), Inputs: in{"isbn": "2"}, Want: out{"weed.deleted": true}},
		{Workflow: library.Weed(true), Inputs: in{"isbn": "2"}, Want: out{"weed.isbn": "2"}},
	}}
}

func inspectDomain() Domain {
	return Domain{"inspect", []any{inspect.Item{}}, []Run{
		{Workflow: inspect.Chain(), Want: out{"item4.parent": 4, "item4.weight": 4}},
		{Workflow: inspect.Diamond(), Want: out{"bottom.result": 2}},
		{Workflow: inspect.Islands(), Want: out{"west_read.name": "west"}},
	}}
}

func chatDomain() Domain {
	return Domain{"chat", []any{chat.Room{}, chat.Message{}}, []Run{
		{Workflow: chat.Lobby(), Want: out{"room.created": true}},
		{Workflow: chat.Lobby(), Want: out{"room.created": false}},
		{Workflow: chat.RoomsOf(), Inputs: in{"member": "ben"}, Want: out{"rooms.records.0.name": "lobby"}},
		{Workflow: chat.Say(), Inputs: in{"room": "lobby", "text": "Hello?"}, Want: out{"echo.text": "I heard that."}, Keep: map[string]string{"message": "message.id"}},
		{Workflow: chat.React(), Inputs: in{"message": Kept("message")}, Want: out{"react.reactions": "map[+1:[ben]]"}},
		{Workflow: chat.History(), Want: out{"messages.count": 2, "messages.total": 2, "replies.count": 1}},
		{Workflow: named("history"), Want: out{"messages.count": 2}},
	}}
}

func named(name string) *dataflow.Workflow {
	wf, err := chat.Named(name)
	if err != nil {
		panic(err)
	}
	return wf
}

func opsDomain() Domain {
	plan := ops.Plan{Service: "api", Version: "1.0", Hosts: []string{"h1", "", "h2"}}
	canary := plan
	canary.Version, canary.Canary = "1.1", true
	host := "h1"
	return Domain{"ops", []any{ops.Host{}, ops.Service{}, ops.Deployment{}}, []Run{
		{Workflow: ops.AddHost("h1", "eu", ops.Cores(8), ops.Label("disk", "ssd")), Want: out{"host.created": true, "host.record.labels": "map[disk:ssd]"}},
		{Workflow: ops.AddHost("h2", "us"), Want: out{"host.record.cores": 1}},
		{Workflow: ops.Register("api"), Want: out{"service.id": 1}},
		{Workflow: ops.Must(plan.Workflow()), Want: out{"on_h1.version": "1.0", "on_h2.state": "running"}},
		{Workflow: ops.Must(canary.Workflow()), Fails: errcatalog.DF310},
		{Workflow: ops.Overview(), Want: out{"services.count": 1, "hosts.count": 1}},
		{Workflow: ops.Failures(&host), Want: out{"mark.count": 1, "host.labels": "map[broken:true]"}},
		{Workflow: ops.Report(), Want: out{"failed.count": 1, "running.count": 1, "host.name": "h2"}},
		{Workflow: ops.Failures(nil), Want: out{"mark.count": 1, "host": nil}},
	}}
}
