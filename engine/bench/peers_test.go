package bench

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow/internal/testdb"
	"gorm.io/gorm"
)

var (
	rounds = flag.Int("rounds", 40, "how many turns each peer has for each operation")
	only   = flag.String("only", "", "measure this operation alone")
	on     = flag.String("on", "", "measure on this database alone: SQLite or PostgreSQL")
)

// seeded is how many items there are.
const seeded = 100_000

// A contender is a peer in the columns of the table.
type contender struct {
	name             string
	sqlite, postgres func(ctx context.Context, dsn string) (peer, error)
}

// The first is what all are measured against.
var contenders = []contender{
	{"by hand", openByHandSQLite, openByHandPostgres},
	{"DataFlow", openDirect, openDirect},
	{"DataFlow, typed", openTyped, openTyped},
	{"DataFlow, workflow", openOneNode, openOneNode},
	{"GORM", openGORM(gorm.Config{}), openGORM(gorm.Config{})},
	{"GORM, tuned", openGORM(gorm.Config{SkipDefaultTransaction: true, PrepareStmt: true}), openGORM(gorm.Config{SkipDefaultTransaction: true, PrepareStmt: true})},
	{"ent", openEnt, openEnt},
	{"bun", openBun, openBun},
}

// A contestant is a contender on a database of its own.
type contestant struct {
	peer
	admin *sql.DB // prepares and cleans up, outside of what is measured
	bulk  func(ctx context.Context) error
	ids   []int64
	next  int
}

// A cell is an operation. measured does it n times, between before and after.
type cell struct {
	name     string
	n        int // how often in one turn: short ones meet what else the machine does alike
	before   func(t testing.TB, c *contestant, n int)
	measured func(ctx context.Context, c *contestant, i int) error
	after    func(t testing.TB, c *contestant)
}

func newItem(i int) item {
	return item{SKU: fmt.Sprintf("sku-%07d", i), Name: fmt.Sprint("item ", i), Price: float64(i) / 4, Stock: int64(i % 1000), Active: i%2 == 0}
}

func newItems(from, n int) []item {
	items := make([]item, n)
	for i := range items {
		items[i] = newItem(from + i)
	}
	return items
}

var cells = []cell{
	{"create", 100, nil, func(ctx context.Context, c *contestant, i int) error {
		_, err := c.create(ctx, newItem(seeded+i))
		return err
	}, shrink},
	{"read by key", 150, nil, func(ctx context.Context, c *contestant, i int) error {
		it, err := c.read(ctx, int64(1+i*97%seeded))
		if err == nil && it.SKU == "" {
			err = errors.New("an empty item")
		}
		return err
	}, nil},
	{"update", 100, nil, func(ctx context.Context, c *contestant, i int) error {
		return c.update(ctx, int64(1+i*97%seeded), int64(i))
	}, nil},
	{"upsert", 100, nil, func(ctx context.Context, c *contestant, i int) error {
		it := newItem(seeded - 50 + i) // half of them are there
		return c.upsert(ctx, it)
	}, shrink},
	{"delete", 100, func(t testing.TB, c *contestant, n int) {
		if err := c.bulkCreate(t.Context(), newItems(seeded, n)); err != nil {
			t.Fatal(err)
		}
		c.ids, c.next = c.ids[:0], 0
		rows, err := c.admin.Query("SELECT id FROM items WHERE id > 100000 ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			c.ids = append(c.ids, id)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}, func(ctx context.Context, c *contestant, _ int) error {
		c.next++
		return c.delete(ctx, c.ids[c.next-1])
	}, shrink},
	{"count of 100,000", 1, nil, func(ctx context.Context, c *contestant, _ int) error {
		n, err := c.count(ctx, 500)
		if err == nil && n == 0 {
			err = errors.New("nothing counted")
		}
		return err
	}, nil},
	{"list 100", 20, nil, func(ctx context.Context, c *contestant, _ int) error { return list(ctx, c, 100) }, nil},
	{"list 10,000", 1, nil, func(ctx context.Context, c *contestant, _ int) error { return list(ctx, c, 10_000) }, nil},
	{"bulk create 10,000", 1, func(_ testing.TB, c *contestant, _ int) {
		c.bulk = prepare(c.peer, newItems(seeded, 10_000))
	}, func(ctx context.Context, c *contestant, _ int) error { return c.bulk(ctx) }, shrink},
	{"order workflow", 20, nil, func(ctx context.Context, c *contestant, i int) error {
		n, err := c.order(ctx, int64(1+i))
		if err == nil && n != 1 {
			err = fmt.Errorf("%d orders counted", n)
		}
		return err
	}, func(t testing.TB, c *contestant) {
		for _, table := range []string{"orders", "order_items", "payments", "invoices", "notifications", "activities"} {
			c.admins(t, "DELETE FROM "+table)
		}
	}},
}

func list(ctx context.Context, c *contestant, n int) error {
	sum, err := c.list(ctx, n)
	if err == nil && sum == 0 {
		err = errors.New("nothing listed")
	}
	return err
}

// shrink makes the table what it was.
func shrink(t testing.TB, c *contestant) {
	c.admins(t, "DELETE FROM items WHERE id > 100000")
}

func (c *contestant) admins(t testing.TB, text string) {
	t.Helper()
	if _, err := c.admin.Exec(text); err != nil {
		t.Fatal(err)
	}
}

// compete opens a contender on a new database with the seeded rows.
func compete(t testing.TB, c contender, postgres bool) *contestant {
	t.Helper()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "bench.db")
	open := c.sqlite
	if postgres {
		dsn, open = testdb.Postgres(t), c.postgres
	}
	// The engine makes the tables.
	db, err := openEngine(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Model("Item").BulkCreate(t.Context(), params{"data": records(newItems(0, seeded))}); err != nil {
		t.Fatal(err)
	}
	var stats []map[string]any
	for range 1000 {
		stats = append(stats, map[string]any{"spent": 0})
	}
	if _, err := db.Model("UserStat").BulkCreate(t.Context(), params{"data": stats}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	admin, isSQLite, err := sqlDB(dsn, true)
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.close(), admin.Close()); err != nil {
			t.Error(err)
		}
	})
	x := &contestant{peer: p, admin: admin}
	if !isSQLite {
		x.admins(t, "VACUUM ANALYZE")
	} else {
		x.admins(t, "ANALYZE")
	}
	return x
}

// A turn is what one round of one contestant took, by operation.
type turn struct {
	ns            float64
	allocs, bytes float64
}

func (c cell) turn(t testing.TB, x *contestant) turn {
	if c.before != nil {
		c.before(t, x, c.n)
	}
	var was, is runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&was)
	start := time.Now()
	for i := range c.n {
		if err := c.measured(t.Context(), x, i); err != nil {
			t.Fatal(c.name, err)
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&is)
	if c.after != nil {
		c.after(t, x)
	}
	n := float64(c.n)
	return turn{float64(took) / n, float64(is.Mallocs-was.Mallocs) / n, float64(is.TotalAlloc-was.TotalAlloc) / n}
}

// p25 is the first quartile of the turns: what it takes when nothing else disturbs.
func p25(turns []turn) turn {
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Compare(a.ns, b.ns) })
	return turns[len(turns)/4]
}

var databases = []string{"SQLite", "PostgreSQL"}

// BenchmarkTable prints the table. The peers take turns, so that what the machine does
// beside disturbs all alike; the figures of the benchmark itself say nothing.
func BenchmarkTable(b *testing.B) {
	for range b.N {
		printTable(b)
	}
}

func printTable(t testing.TB) {
	fmt.Printf("%s %s/%s, %d processors; p25 of %d turns; time is the ratio to statements by hand, then allocations and KiB for each operation.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), *rounds)
	for _, database := range databases {
		if *on != "" && *on != database {
			continue
		}
		var xs []*contestant
		for _, c := range contenders {
			xs = append(xs, compete(t, c, database == "PostgreSQL"))
		}
		fmt.Printf("\n| %s | %s |\n|---|", database, strings.Join(names(), " | "))
		fmt.Println(strings.Repeat("---|", len(contenders)))
		for _, c := range cells {
			if *only == "" || *only == c.name {
				c.row(t, xs)
			}
		}
	}
}

func names() (names []string) {
	for _, c := range contenders {
		names = append(names, c.name)
	}
	return names
}

func (c cell) row(t testing.TB, xs []*contestant) {
	turns := make([][]turn, len(xs))
	for round := range *rounds + 1 {
		for i := range xs {
			i = (i + round) % len(xs) // no one always comes after the same
			if got := c.turn(t, xs[i]); round > 0 {
				turns[i] = append(turns[i], got)
			}
		}
	}
	fmt.Printf("| %s |", c.name)
	base := p25(turns[0])
	for i := range xs {
		is := p25(turns[i])
		if i == 0 {
			fmt.Printf(" %s", time.Duration(is.ns).Round(100*time.Nanosecond))
		} else {
			fmt.Printf(" %.2f", is.ns/base.ns)
		}
		fmt.Printf(" · %.0f · %.1f |", is.allocs, is.bytes/1024)
	}
	fmt.Println()
}

// TestPeersAgree holds that all do the same work: after each operation, the tables
// of all are equal.
func TestPeersAgree(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			var first string
			for i, c := range contenders {
				x := compete(t, c, database == "PostgreSQL")
				var seen strings.Builder
				for _, cell := range cells {
					if cell.before != nil {
						cell.before(t, x, cell.n)
					}
					for i := range cell.n {
						if err := cell.measured(t.Context(), x, i); err != nil {
							t.Fatal(c.name, cell.name, err)
						}
					}
					fmt.Fprintln(&seen, cell.name, x.state(t))
					if cell.after != nil {
						cell.after(t, x)
					}
				}
				if i == 0 {
					first = seen.String()
				} else if seen.String() != first {
					t.Errorf("%s leaves other rows than %s:\n%s\nnot\n%s", c.name, contenders[0].name, seen.String(), first)
				}
			}
		})
	}
}

// state is a digest of all tables. Keys are left out, where the database makes
// them: an upsert may use some up.
func (c *contestant) state(t testing.TB) string {
	t.Helper()
	var all []string
	for _, q := range []string{
		"SELECT count(*), sum(stock), sum(price), min(sku), max(name) FROM items",
		"SELECT count(*), sum(user_id), sum(total), min(status), max(status) FROM orders",
		"SELECT count(*), sum(item_id), sum(quantity), 0, 0 FROM order_items o WHERE EXISTS (SELECT 1 FROM orders WHERE id = o.order_id)",
		"SELECT count(*), sum(amount), 0, 0, 0 FROM payments o WHERE EXISTS (SELECT 1 FROM orders WHERE id = o.order_id)",
		"SELECT count(*), sum(total), 0, 0, 0 FROM invoices o WHERE EXISTS (SELECT 1 FROM orders WHERE id = o.order_id)",
		"SELECT count(*), sum(spent), 0, 0, 0 FROM user_stats",
		"SELECT count(*), sum(user_id), min(text), max(text), 0 FROM notifications",
		"SELECT count(*), sum(user_id), min(action), max(action), 0 FROM activities",
	} {
		var row [5]any
		if err := c.admin.QueryRow(q).Scan(&row[0], &row[1], &row[2], &row[3], &row[4]); err != nil {
			t.Fatal(q, err)
		}
		all = append(all, fmt.Sprint(row))
	}
	return strings.Join(all, " ")
}

// Benchmark is every cell for go test -bench and its profiles.
func Benchmark(b *testing.B) {
	for _, database := range databases {
		for _, c := range contenders {
			b.Run(database+"/"+c.name, func(b *testing.B) {
				x := compete(b, c, database == "PostgreSQL")
				for _, cell := range cells {
					b.Run(cell.name, func(b *testing.B) {
						b.ReportAllocs()
						for b.Loop() {
							b.StopTimer()
							if cell.before != nil {
								cell.before(b, x, cell.n)
							}
							b.StartTimer()
							for i := range cell.n {
								if err := cell.measured(b.Context(), x, i); err != nil {
									b.Fatal(err)
								}
							}
							b.StopTimer()
							if cell.after != nil {
								cell.after(b, x)
							}
							b.StartTimer()
						}
						b.ReportMetric(float64(b.Elapsed())/float64(b.N*cell.n), "ns/one")
					})
				}
			})
		}
	}
}
