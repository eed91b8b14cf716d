package bench

import "context"

// An Item is a row of the table that all operations but the order use. The tags
// are those of dataflow, gorm and bun; ent has its own schema.
type item struct {
	ID     int64
	SKU    string
	Name   string
	Price  float64
	Stock  int64
	Active bool
}

// A peer does each operation the way its users would write it. What it reads it
// decodes to values of Go: a count of rows alone would leave out half the work.
type peer interface {
	// create inserts it and returns the whole row as the database holds it.
	create(ctx context.Context, it item) (item, error)
	read(ctx context.Context, id int64) (item, error)
	// update sets one column of one row.
	update(ctx context.Context, id, stock int64) error
	// upsert inserts it, or sets the stock of the row that has its SKU.
	upsert(ctx context.Context, it item) error
	delete(ctx context.Context, id int64) error
	// count counts the active items with less than stock, which no index helps.
	count(ctx context.Context, stock int64) (int64, error)
	// list reads the first n items in the order of their ids.
	list(ctx context.Context, n int) (sum int64, err error)
	bulkCreate(ctx context.Context, items []item) error
	// order is the order workflow: ten operations on eight tables.
	order(ctx context.Context, user int64) (orders int64, err error)
	close() error
}

// A preparer has its users hold rows in another form than a list of items: maps, or
// structs of its own. What makes them that is no work of the library.
type preparer interface {
	prepare(items []item) (bulkCreate func(ctx context.Context) error)
}

func prepare(p peer, items []item) func(ctx context.Context) error {
	if p, ok := p.(preparer); ok {
		return p.prepare(items)
	}
	return func(ctx context.Context) error { return p.bulkCreate(ctx, items) }
}

// What an order buys, for how much.
const (
	quantity = 2
	total    = 19.8
)

// batch is how many rows the peers that build one statement put into it: GORM's
// and ent's users must choose, since no database takes 10,000 rows' parameters.
const batch = 500

// poolSize is how many connections each peer may use.
const poolSize = 4
