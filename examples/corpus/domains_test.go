package corpus_test

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
	"github.com/dataflow-go/dataflow/examples/corpus/patterns"
	"github.com/dataflow-go/dataflow/examples/corpus/saas"
	"github.com/dataflow-go/dataflow/examples/corpus/shop"
	"github.com/dataflow-go/dataflow/examples/corpus/tour"
)

type (
	in  = dataflow.Params
	out = map[string]any
)

var tourDomain = domain{"tour", []any{tour.User{}, tour.Order{}, tour.OrderItem{}}, []run{
	{wf: tour.CreateUser(), want: out{"create.id": "user-123", "create.active": true}},
	{wf: tour.CreateThree(), want: out{"create1.active": true, "create3.active": false}},
	{wf: tour.CreateOne("user-9"), want: out{"create.email": "user-9@example.com"}},
	{wf: tour.PlaceOrders(), want: out{"orders.count": 2}},
	{wf: tour.UserOrders(), want: out{"read.name": "Alice", "list.count": 2}},
	{wf: tour.OrdersOf(), want: out{"list.records.1.total": 7}},
	{wf: tour.SaveUser(), want: out{"upsert.created": false, "upsert.record.name": "Alice Updated"}},
	{wf: tour.SaveUserByID(), want: out{"upsert.created": true, "upsert.record.name": "Dora"}},
	{wf: tour.SaveUserByID(), want: out{"upsert.action": "updated", "upsert.record.name": "Dora Updated"}},
	{wf: tour.SaveItem(), want: out{"upsert.created": true, "upsert.record.quantity": 5}},
	{wf: tour.SaveItem(), want: out{"upsert.created": false, "upsert.record.quantity": 10}},
	{wf: tour.SaveUserByHand(), want: out{"create.name": "Erin", "update": nil}},
	{wf: tour.SaveUserByHand(), want: out{"create": nil, "update.name": "Erin Updated"}},
	{wf: tour.CountUsers(), want: out{"count.count": 7, "count_active.count": 6, "count_complex.count": 6}},
	{wf: tour.ListUsers(), want: out{"list.count": 2, "list.total": 7, "list.records.0.name": "Alice Updated"}},
}}

var patternsDomain = domain{"patterns", []any{patterns.Organization{}, patterns.Account{}, patterns.Role{}, patterns.AccountRole{}}, []run{
	{wf: patterns.Lifecycle(), inputs: in{"email": "alice@example.com"}, want: out{"update.credits": 10, "delete.deleted": true}},
	{wf: patterns.Register(), inputs: in{"id": "acc-2", "email": "ben@example.com", "name": "Ben"}, want: out{"greeting.value": "Welcome, Ben", "again": nil}},
	{wf: patterns.Register(), inputs: in{"id": "acc-9", "email": "ben@example.com"}, want: out{"greeting.value": "Welcome back, Ben"}},
	{wf: patterns.Register(), inputs: in{"id": "acc-3", "email": "guest@example.com"}, want: out{"greeting.value": "Welcome, Guest"}},
	{wf: patterns.Import(), want: out{"import.count": 100}},
	{wf: patterns.Import(), want: out{"import.count": 0}},
	{wf: patterns.SecondPage(), want: out{"page.count": 20, "page.has_more": true}},
	{wf: patterns.Page(6), want: out{"page.count": 2, "page.records.0.id": "bulk-098"}},
	{wf: patterns.FollowCursor(), want: out{"first.records.0.id": "acc-2", "second.records.0.id": "bulk-000"}},
	{wf: patterns.Renumber(), want: out{"renumber.count": 2}},
	{wf: patterns.Filters(), inputs: in{"organization": "org-1"}, want: out{"of_organization.count": 0, "either.count": 100, "between.count": 2}},
	{wf: patterns.Search("active", 0), want: out{"found.count": 50}},
	{wf: patterns.Search("", 18), want: out{"found.count": 0}},
	{wf: patterns.Purge(), want: out{"old.count": 100, "rest.count": 2}},
	{wf: patterns.Suspend(), inputs: in{"email": "ben@example.com"}, want: out{"suspend.status": "suspended"}},
	{wf: patterns.Suspend(), inputs: in{"email": "nobody@example.com"}, want: out{"account.found": false, "suspend": nil}},
	{wf: patterns.Grant(), inputs: in{"account": "acc-2"}, want: out{"grant.role_id": 1}},
	{wf: patterns.RolesOf(), inputs: in{"account": "acc-2"}, want: out{"roles.records.0.title": "admin"}},
	{wf: patterns.Revoke(), inputs: in{"account": "acc-2"}, want: out{"revoke.deleted": true}},
	{wf: patterns.Home(), inputs: in{"account": "acc-2"}, want: out{"organization": nil}},
	{wf: patterns.Bonus(), inputs: in{"organization": "org-1"}, fails: errcatalog.DF703},
	{wf: patterns.Hire(), inputs: in{"account": "acc-2"}, want: out{"hire.organization_id": "org-1"}},
	{wf: patterns.Home(), inputs: in{"account": "acc-2"}, want: out{"organization.name": "ACME"}},
	{wf: patterns.Bonus(), inputs: in{"organization": "org-1"}, want: out{"credit_pro.count": 1, "credit_default": nil}},
}}

var shopDomain = domain{"shop", []any{shop.Customer{}, shop.Article{}, shop.Purchase{}, shop.Line{}, shop.Payment{}, shop.Notice{}}, []run{
	{wf: shop.Fill(), want: out{"articles.created": 2}},
	{
		wf: shop.Checkout(), inputs: in{"email": "amy@example.com", "sku": "tea", "quantity": 3},
		want: out{"customer.created": true, "take.stock": 7, "payment.amount": "13.5", "notice.text": "Order 1: 13.5 paid"},
	},
	{wf: shop.Checkout(), inputs: in{"email": "amy@example.com", "sku": "cup", "quantity": 4}, fails: errcatalog.DF117},
	{wf: shop.Low(), want: out{"low.count": 1, "low.records.0.sku": "cup"}},
	{wf: shop.Oversell(), inputs: in{"stock": -1}, fails: errcatalog.DF117},
	{wf: shop.Refund(), inputs: in{"purchase": 1}, want: out{"cancel.status": "cancelled", "payment.count": 1, "notice.customer_id": "amy@example.com"}},
	{wf: shop.NewCart("amy@example.com").Add("tea", "4.50", 2).Workflow(), want: out{"line_1.quantity": 2}},
	{wf: shop.TeaForTwo(), fails: errcatalog.DF305},
}}

var marketDomain = domain{"market", []any{market.Seller{}, market.Offer{}, market.Bid{}}, []run{
	{wf: market.Open(), want: out{"offer.seller_id": "s1", "bid.offer_id": "o1", "bid.id": 1}},
	{wf: market.Bids(), inputs: in{"bids": []in{{"offer_id": "o1", "buyer": "Cy", "amount": 110}, {"offer_id": "o1", "buyer": "Di", "amount": 105}}}, want: out{"all.count": 3}},
	{wf: market.HighestBid(), inputs: in{"offer": "o1"}, want: out{"bids.records.0.buyer": "Cy", "offer.title": "Bicycle"}},
	{wf: market.ByTag(), want: out{"sport.count": 1, "any.count": 1}},
	{wf: market.Withdraw(), inputs: in{"offer": "o1"}, want: out{"offer.deleted": true, "left.count": 0}},
}}

var saasDomain = domain{"saas", []any{saas.Project{}, saas.Task{}}, []run{
	{wf: saas.NewProject(), tenant: "a", inputs: in{"slug": "site"}, want: out{"project.org_id": "a", "task_plan.title": "plan"}, keep: map[string]string{"task": "task_plan.id"}},
	{wf: saas.NewProject(), tenant: "b", inputs: in{"slug": "site"}, want: out{"project.org_id": "b"}},
	{wf: saas.NewProject(), inputs: in{"slug": "site"}, fails: errcatalog.DF515},
	{wf: saas.Projects(), tenant: "a", want: out{"projects.count": 1, "green.count": 1}},
	{wf: saas.Finish(), tenant: "a", inputs: in{"task": kept("task")}, want: out{"done.done": true, "done.version": 2}},
	{wf: saas.Finish(), tenant: "b", inputs: in{"task": kept("task")}, fails: errcatalog.DF703},
	{wf: saas.Open(), tenant: "a", want: out{"open.count": 1, "open.records.0.title": "build"}},
	{wf: saas.Overdue(time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)), tenant: "b", want: out{"overdue.count": 2}},
	{wf: saas.Archive(), tenant: "b", inputs: in{"slug": "site"}, want: out{"archive.deleted": true, "gone.slug": "site"}},
	{wf: saas.Projects(), tenant: "b", want: out{"projects.count": 0, "ever.count": 1}},
}}

var blogDomain = domain{"blog", []any{schema.Author{}, schema.Post{}, schema.Comment{}}, []run{
	{wf: flows.Write(), inputs: in{"handle": "mia", "slug": "hello", "title": "Hello"}, want: out{"author.created": true, "post.tags": "[draft]", "post.published": false}},
	{wf: flows.Write(), inputs: in{"handle": "mi", "slug": "bye", "title": "Bye"}, fails: errcatalog.DF117},
	{wf: flows.Publish(), inputs: in{"slug": "hello"}, want: out{"publish.published": true}},
	{wf: flows.Comment(), inputs: in{"slug": "hello", "text": "Nice"}, want: out{"answer.reply_to": 1}},
	{wf: flows.Thread(), inputs: in{"slug": "hello"}, want: out{"comments.count": 2}},
	{wf: flows.Feed{}.Workflow(), want: out{"posts.count": 1}},
	{wf: flows.Feed{Tag: "fresh", Limit: 5, Count: true}.Workflow(), want: out{"posts.count": 1, "count.count": 1}},
	{wf: flows.Front(), want: out{"posts.count": 1}},
	{wf: flows.PostByID(1), want: out{"record.slug": "hello"}},
	{wf: flows.AuthorByID("mia"), want: out{"record.handle": "mia"}},
	{wf: flows.Dump(), want: out{"Author.count": 1, "Comment.count": 2}},
}}

var billingDomain = domain{"billing", []any{billing.Subscription{}, billing.Invoice{}, billing.Booking{}}, []run{
	{wf: billing.Subscribe(), want: out{"subscription.fee": "100"}},
	{wf: billing.Bill(), inputs: in{"subscription": "sub-1", "number": "2030-01-001"}, want: out{"invoice.gross": "119"}},
	{wf: billing.Bill(), inputs: in{"subscription": "sub-1", "number": "2030-03-001"}, want: out{"invoice.state": "open"}},
	{wf: billing.Reminders, want: out{"open.count": 2}},
	{wf: billing.Book(), inputs: in{"number": "2030-01-001"}, want: out{"settle.state": "paid", "settle.version": 2, "booking.reference": nil}},
	{wf: billing.Peek(), inputs: in{"number": "2030-01-001"}, want: out{"invoice.state": "paid"}},
	{wf: billing.Void(), inputs: in{"number": "2030-03-001"}, want: out{"invoice.state": "void"}},
	{wf: billing.Quarter(), want: out{"sum.result": "238", "month_2.count": 0}},
}}

var crmDomain = domain{"crm", []any{crm.Lead{}, crm.Visit{}}, []run{
	{wf: crm.Intake(), inputs: in{"id": "l1", "email": "lea@example.com", "at": "2030-01-01T10:00:00Z"}, want: out{"again.stage": "new", "again.profile": "map[city:Bern employed:false langs:[de fr]]"}},
	{wf: crm.Score(), inputs: in{"email": "lea@example.com", "score": 85}, want: out{"set_hot.stage": "won", "set_warm": nil, "stages.values": "map[hot:won]"}},
	{wf: crm.Score(), inputs: in{"email": "lea@example.com", "score": 101}, fails: errcatalog.DF117},
	{wf: (&crm.Query{Stages: []string{"won"}, City: "Bern"}).Workflow(), want: out{"leads.count": 1}},
	{wf: (&crm.Query{Phone: new(bool)}).Workflow(), want: out{"leads.count": 1}},
	{wf: (&crm.Query{}).Workflow(), want: out{"leads.count": 1}},
	{wf: crm.Cold(), want: out{"cold.count": 0, "french.count": 0}},
}}

var noon = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

func sample(when time.Time, celsius float32) iot.Sample {
	return iot.Sample{Device: 1000, At: when, Celsius: celsius}
}

var iotDomain = domain{"iot", []any{iot.Device{}, iot.Reading{}, iot.Alarm{}}, []run{
	{wf: iot.Provision(), want: out{"device_3.label": "roof", "device_3.serial": 1002}},
	{wf: iot.First(), want: out{"first.celsius": -4.5, "first.humidity": 40}},
	{wf: iot.Ingest([]iot.Sample{sample(noon, 42), sample(noon.Add(time.Minute), 81)}), want: out{"readings.count": 2, "seen_120000.count": 1}},
	{wf: iot.Ingest([]iot.Sample{sample(noon, 42)}), want: out{"readings.count": 0}},
	{wf: iot.Watch(), inputs: in{"device": uint32(1000)}, want: out{"alarm.level": 2}},
	{wf: iot.Forget(), want: out{"readings.count": 3, "alarms.count": 1}},
	{wf: iot.Retire(1001, 1002), want: out{"retire.count": 2}},
}}

var inventoryDomain = domain{"inventory", []any{inventory.Warehouse{}, inventory.StockLevel{}, inventory.Move{}}, []run{
	{wf: inventory.Setup(), want: out{"warehouses.created": 2, "levels.count": 3}},
	{wf: inventory.Level(), inputs: in{"warehouse": "S"}, want: out{"level.quantity": "12.5"}},
	{wf: inventory.Transfer(), inputs: in{"from": "N", "to": "S", "item": "bolt", "quantity": "7.5"}, want: out{"out_write.quantity": "92.5", "in_write.quantity": "20"}},
	{wf: inventory.Transfer(), inputs: in{"from": "N", "to": "S", "item": "screw", "quantity": 1}, fails: errcatalog.DF703},
	{wf: inventory.Recount(), inputs: in{"warehouse": "S", "item": "bolt", "quantity": 19}, want: out{"recount.created": false, "recount.record.quantity": "19"}},
	{wf: inventory.Recount(), inputs: in{"warehouse": "N", "item": "nut", "quantity": 0}, want: out{"recount.created": true}},
	{wf: inventory.Empty(), want: out{"empty.count": 2, "south.records.0.city": "Ulm"}},
}}

func shelf() *library.Shelf {
	var s library.Shelf
	s.Put("1", "Kästner", "Emil")
	s.Put("2", "Lindgren", "Pippi")
	return &s
}

var libraryDomain = domain{"library", []any{library.Book{}, library.Member{}, library.Loan{}}, []run{
	{wf: shelf().Workflow(), want: out{"books.created": 2}},
	{wf: library.Join(), inputs: in{"name": "Nora"}, want: out{"member.id": 1, "member.locked": false}},
	{wf: library.Lend(), inputs: in{"isbn": "1", "member": 1, "due": noon}, want: out{"loan.isbn": "1"}},
	{wf: library.Lend(), inputs: in{"isbn": "1", "member": 1, "due": noon}, want: out{"lent.count": 1, "loan": nil}},
	{wf: library.GiveBack(), inputs: in{"loan": 1, "now": noon}, want: out{"loan.id": 1}},
	{wf: library.ByTitle(), want: out{"book.isbn": "1"}},
	{wf: library.Weed(false), inputs: in{"isbn": "2"}, want: out{"weed.deleted": true}},
	{wf: library.Weed(true), inputs: in{"isbn": "2"}, want: out{"weed.isbn": "2"}},
}}

var inspectDomain = domain{"inspect", []any{inspect.Item{}}, []run{
	{wf: inspect.Chain(), want: out{"item4.parent": 4, "item4.weight": 4}},
	{wf: inspect.Diamond(), want: out{"bottom.result": 2}},
	{wf: inspect.Islands(), want: out{"west_read.name": "west"}},
}}

var chatDomain = domain{"chat", []any{chat.Room{}, chat.Message{}}, []run{
	{wf: chat.Lobby(), want: out{"room.created": true}},
	{wf: chat.Lobby(), want: out{"room.created": false}},
	{wf: chat.RoomsOf(), inputs: in{"member": "ben"}, want: out{"rooms.records.0.name": "lobby"}},
	{wf: chat.Say(), inputs: in{"room": "lobby", "text": "Hello?"}, want: out{"echo.text": "I heard that."}, keep: map[string]string{"message": "message.id"}},
	{wf: chat.React(), inputs: in{"message": kept("message")}, want: out{"react.reactions": "map[+1:[ben]]"}},
	{wf: chat.History(), want: out{"messages.count": 2, "messages.total": 2, "replies.count": 1}},
	{wf: named("history"), want: out{"messages.count": 2}},
}}

func named(name string) *dataflow.Workflow {
	wf, err := chat.Named(name)
	if err != nil {
		panic(err)
	}
	return wf
}
