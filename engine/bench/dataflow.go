package bench

import (
	"context"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
)

// The models from which the engine makes the tables that all peers use.
type (
	Item struct {
		dataflow.Model
		ID     int64
		SKU    string `df:",unique"`
		Name   string
		Price  float64
		Stock  int64
		Active bool
	}
	Order struct {
		dataflow.Model
		ID     int64
		UserID int64 `df:",index"`
		Status string
		Total  float64
	}
	OrderItem struct {
		dataflow.Model
		ID       int64
		OrderID  int64
		ItemID   int64
		Quantity int64
	}
	Payment struct {
		dataflow.Model
		ID      int64
		OrderID int64
		Amount  float64
	}
	Invoice struct {
		dataflow.Model
		ID      int64
		OrderID int64
		Total   float64
	}
	UserStat struct {
		dataflow.Model
		ID    int64
		Spent float64
	}
	Notification struct {
		dataflow.Model
		ID     int64
		UserID int64
		Text   string
	}
	Activity struct {
		dataflow.Model
		ID     int64
		UserID int64
		Action string
	}
)

type params = dataflow.Params

func openEngine(ctx context.Context, dsn string) (*engine.Engine, error) {
	return engine.Open(ctx, dsn, engine.WithPoolSize(poolSize), engine.WithModels(
		Item{}, Order{}, OrderItem{}, Payment{}, Invoice{}, UserStat{}, Notification{}, Activity{}))
}

// direct is the engine's direct API.
type direct struct {
	db *engine.Engine
	wf *dataflow.Workflow
}

func openDirect(ctx context.Context, dsn string) (peer, error) {
	db, err := openEngine(ctx, dsn)
	return direct{db, orderWorkflow()}, err
}

func record(it item) params {
	return params{"sku": it.SKU, "name": it.Name, "price": it.Price, "stock": it.Stock, "active": it.Active}
}

func fromRecord(r params) item {
	return item{r["id"].(int64), r["sku"].(string), r["name"].(string), r["price"].(float64), r["stock"].(int64), r["active"].(bool)}
}

func (p direct) create(ctx context.Context, it item) (item, error) {
	out, err := p.db.Model("Item").Create(ctx, record(it))
	if err != nil {
		return item{}, err
	}
	return fromRecord(out), nil
}

func (p direct) read(ctx context.Context, id int64) (item, error) {
	out, err := p.db.Model("Item").Read(ctx, params{"id": id})
	if err != nil {
		return item{}, err
	}
	return fromRecord(out), nil
}

func updateParams(id, stock any) params {
	return params{"filter": params{"id": id}, "fields": params{"stock": stock}}
}

func (p direct) update(ctx context.Context, id, stock int64) error {
	_, err := p.db.Model("Item").Update(ctx, updateParams(id, stock))
	return err
}

func (p direct) upsert(ctx context.Context, it item) error {
	create := record(it)
	delete(create, "sku")
	_, err := p.db.Model("Item").Upsert(ctx, params{"where": params{"sku": it.SKU}, "create": create, "update": params{"stock": it.Stock}})
	return err
}

func (p direct) delete(ctx context.Context, id int64) error {
	_, err := p.db.Model("Item").Delete(ctx, params{"id": id})
	return err
}

func countParams(stock any) params {
	return params{"filter": params{"active": true, "stock": params{"$lt": stock}}}
}

func (p direct) count(ctx context.Context, stock int64) (int64, error) {
	out, err := p.db.Model("Item").Count(ctx, countParams(stock))
	if err != nil {
		return 0, err
	}
	return out["count"].(int64), nil
}

func (p direct) list(ctx context.Context, n int) (sum int64, err error) {
	out, err := p.db.Model("Item").List(ctx, params{"order_by": []string{"id"}, "limit": n})
	if err != nil {
		return 0, err
	}
	return sumRecords(out), nil
}

func sumRecords(out params) (sum int64) {
	for _, r := range out["records"].([]map[string]any) {
		sum += r["stock"].(int64)
	}
	return sum
}

func (p direct) bulkCreate(ctx context.Context, items []item) error { return p.prepare(items)(ctx) }

func (p direct) prepare(items []item) func(ctx context.Context) error {
	data := records(items)
	return func(ctx context.Context) error {
		_, err := p.db.Model("Item").BulkCreate(ctx, params{"data": data})
		return err
	}
}

func records(items []item) []map[string]any {
	data := make([]map[string]any, len(items))
	for i, it := range items {
		data[i] = record(it)
	}
	return data
}

func (p direct) order(ctx context.Context, user int64) (int64, error) {
	return runOrder(ctx, p.db, p.wf, user)
}

func (p direct) close() error { return p.db.Close() }

// orderWorkflow says what needs what, no more: the rest may run at the same time.
func orderWorkflow() *dataflow.Workflow {
	user := dataflow.Input("user")
	return dataflow.NewWorkflow("order").
		AddNode("OrderCreateNode", "order", params{"user_id": user, "status": "new", "total": total}).
		AddNode("OrderItemCreateNode", "item", params{"item_id": user, "quantity": quantity}).
		AddNode("ItemUpdateNode", "inventory", params{"filter": params{"id": user}, "fields": params{"stock": quantity}}).
		AddNode("PaymentCreateNode", "payment", params{"amount": total}).
		AddNode("OrderUpdateNode", "status", params{"fields": params{"status": "paid"}}).
		AddNode("InvoiceCreateNode", "invoice", params{"total": total}).
		AddNode("UserStatUpdateNode", "stats", params{"filter": params{"id": user}, "fields": params{"spent": total}}).
		AddNode("NotificationCreateNode", "notify", params{"user_id": user, "text": "Your order is paid"}).
		AddNode("ActivityCreateNode", "log", params{"user_id": user, "action": "order"}).
		AddNode("OrderCountNode", "orders", params{"filter": params{"user_id": user}}).
		AddConnection("order", "id", "item", "order_id").
		AddConnection("order", "id", "payment", "order_id").
		AddConnection("order", "id", "status", "filter.id").
		AddConnection("order", "id", "invoice", "order_id").
		AddDependency("payment", "status").
		AddDependency("order", "orders")
}

func runOrder(ctx context.Context, db *engine.Engine, wf *dataflow.Workflow, user int64) (int64, error) {
	res, err := db.Run(ctx, wf, engine.WithInputs(params{"user": user}))
	if err != nil {
		return 0, err
	}
	return res.Outputs["orders"]["count"].(int64), nil
}

// typed is the engine's typed records.
type typed struct {
	direct
	items *engine.Repository[Item]
}

func openTyped(ctx context.Context, dsn string) (peer, error) {
	db, err := openEngine(ctx, dsn)
	if err != nil {
		return nil, err
	}
	return typed{direct{db, orderWorkflow()}, engine.Repo[Item](db)}, nil
}

func toItem(it item) Item {
	return Item{ID: it.ID, SKU: it.SKU, Name: it.Name, Price: it.Price, Stock: it.Stock, Active: it.Active}
}

func fromItem(it Item) item {
	return item{it.ID, it.SKU, it.Name, it.Price, it.Stock, it.Active}
}

func (p typed) create(ctx context.Context, it item) (item, error) {
	out, err := p.items.Create(ctx, toItem(it))
	return fromItem(out), err
}

func (p typed) read(ctx context.Context, id int64) (item, error) {
	out, err := p.items.Read(ctx, id)
	return fromItem(out), err
}

func (p typed) update(ctx context.Context, id, stock int64) error {
	_, _, err := p.items.Update(ctx, params{"id": id}, params{"stock": stock})
	return err
}

func (p typed) upsert(ctx context.Context, it item) error {
	_, _, err := p.items.Upsert(ctx, toItem(it), params{"conflict_on": []string{"sku"}})
	return err
}

func (p typed) delete(ctx context.Context, id int64) error {
	_, err := p.items.Delete(ctx, id)
	return err
}

func (p typed) count(ctx context.Context, stock int64) (int64, error) {
	return p.items.Count(ctx, params{"active": true, "stock": params{"$lt": stock}})
}

func (p typed) list(ctx context.Context, n int) (sum int64, err error) {
	page, err := p.items.List(ctx, params{"order_by": []string{"id"}, "limit": n})
	for i := range page.Records {
		sum += page.Records[i].Stock
	}
	return sum, err
}

func (p typed) bulkCreate(ctx context.Context, items []item) error { return p.prepare(items)(ctx) }

func (p typed) prepare(items []item) func(ctx context.Context) error {
	list := make([]Item, len(items))
	for i, it := range items {
		list[i] = toItem(it)
	}
	return func(ctx context.Context) error {
		_, err := p.items.BulkCreate(ctx, list)
		return err
	}
}

// oneNode runs each operation as a workflow of one node.
type oneNode struct {
	direct
	creating, reading, updating, upserting, deleting, counting, listing, bulkCreating *dataflow.Workflow
}

func openOneNode(ctx context.Context, dsn string) (peer, error) {
	db, err := openEngine(ctx, dsn)
	if err != nil {
		return nil, err
	}
	in := dataflow.Input
	one := func(nodeType string, p params) *dataflow.Workflow {
		return dataflow.NewWorkflow("one").AddNode(nodeType, "it", p)
	}
	all := params{"sku": in("sku"), "name": in("name"), "price": in("price"), "stock": in("stock"), "active": in("active")}
	create := params{"name": in("name"), "price": in("price"), "stock": in("stock"), "active": in("active")}
	return oneNode{
		direct:       direct{db, orderWorkflow()},
		creating:     one("ItemCreateNode", all),
		reading:      one("ItemReadNode", params{"id": in("id")}),
		updating:     one("ItemUpdateNode", updateParams(in("id"), in("stock"))),
		upserting:    one("ItemUpsertNode", params{"where": params{"sku": in("sku")}, "create": create, "update": params{"stock": in("stock")}}),
		deleting:     one("ItemDeleteNode", params{"id": in("id")}),
		counting:     one("ItemCountNode", countParams(in("stock"))),
		listing:      one("ItemListNode", params{"order_by": []string{"id"}, "limit": in("limit")}),
		bulkCreating: one("ItemBulkCreateNode", params{"data": in("data")}),
	}, nil
}

func (p oneNode) run(ctx context.Context, wf *dataflow.Workflow, inputs params) (params, error) {
	res, err := p.db.Run(ctx, wf, engine.WithInputs(inputs))
	if err != nil {
		return nil, err
	}
	return res.Outputs["it"], nil
}

func (p oneNode) create(ctx context.Context, it item) (item, error) {
	out, err := p.run(ctx, p.creating, record(it))
	if err != nil {
		return item{}, err
	}
	return fromRecord(out), nil
}

func (p oneNode) read(ctx context.Context, id int64) (item, error) {
	out, err := p.run(ctx, p.reading, params{"id": id})
	if err != nil {
		return item{}, err
	}
	return fromRecord(out), nil
}

func (p oneNode) update(ctx context.Context, id, stock int64) error {
	_, err := p.run(ctx, p.updating, params{"id": id, "stock": stock})
	return err
}

func (p oneNode) upsert(ctx context.Context, it item) error {
	_, err := p.run(ctx, p.upserting, record(it))
	return err
}

func (p oneNode) delete(ctx context.Context, id int64) error {
	_, err := p.run(ctx, p.deleting, params{"id": id})
	return err
}

func (p oneNode) count(ctx context.Context, stock int64) (int64, error) {
	out, err := p.run(ctx, p.counting, params{"stock": stock})
	if err != nil {
		return 0, err
	}
	return out["count"].(int64), nil
}

func (p oneNode) list(ctx context.Context, n int) (int64, error) {
	out, err := p.run(ctx, p.listing, params{"limit": n})
	if err != nil {
		return 0, err
	}
	return sumRecords(out), nil
}

func (p oneNode) bulkCreate(ctx context.Context, items []item) error { return p.prepare(items)(ctx) }

func (p oneNode) prepare(items []item) func(ctx context.Context) error {
	data := records(items)
	return func(ctx context.Context) error {
		_, err := p.run(ctx, p.bulkCreating, params{"data": data})
		return err
	}
}
