package bench

import (
	"context"
	"database/sql"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// The tables as GORM sees them.
type (
	gormOrder struct {
		ID, UserID int64
		Status     string
		Total      float64
	}
	gormOrderItem struct{ ID, OrderID, ItemID, Quantity int64 }
	gormPayment   struct {
		ID, OrderID int64
		Amount      float64
	}
	gormInvoice struct {
		ID, OrderID int64
		Total       float64
	}
	gormUserStat struct {
		ID    int64
		Spent float64
	}
	gormNotification struct {
		ID, UserID int64
		Text       string
	}
	gormActivity struct {
		ID, UserID int64
		Action     string
	}
)

func (gormOrder) TableName() string        { return "orders" }
func (gormOrderItem) TableName() string    { return "order_items" }
func (gormPayment) TableName() string      { return "payments" }
func (gormInvoice) TableName() string      { return "invoices" }
func (gormUserStat) TableName() string     { return "user_stats" }
func (gormNotification) TableName() string { return "notifications" }
func (gormActivity) TableName() string     { return "activities" }

// TableName is the table of an item, for GORM.
func (item) TableName() string { return "items" }

type gormPeer struct {
	db  *gorm.DB
	sql *sql.DB
}

// sqlDB is the same database/sql pool for every peer that needs one.
func sqlDB(dsn string, simple bool) (db *sql.DB, isSQLite bool, err error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		db, err := sqliteDB(path, poolSize)
		return db, true, err
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, false, err
	}
	if simple {
		c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	}
	db = stdlib.OpenDB(*c)
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	return db, false, nil
}

func openGORM(config gorm.Config) func(context.Context, string) (peer, error) {
	return func(_ context.Context, dsn string) (peer, error) {
		pool, isSQLite, err := sqlDB(dsn, false)
		if err != nil {
			return nil, err
		}
		var d gorm.Dialector = postgres.New(postgres.Config{Conn: pool})
		if isSQLite {
			d = sqlite.New(sqlite.Config{Conn: pool})
		}
		c := config
		c.Logger = logger.Discard
		db, err := gorm.Open(d, &c)
		return gormPeer{db, pool}, err
	}
}

func (p gormPeer) create(ctx context.Context, it item) (item, error) {
	err := p.db.WithContext(ctx).Create(&it).Error
	return it, err
}

func (p gormPeer) read(ctx context.Context, id int64) (it item, err error) {
	err = p.db.WithContext(ctx).First(&it, id).Error
	return it, err
}

func (p gormPeer) update(ctx context.Context, id, stock int64) error {
	return p.db.WithContext(ctx).Model(&item{}).Where("id = ?", id).Update("stock", stock).Error
}

func (p gormPeer) upsert(ctx context.Context, it item) error {
	return p.db.WithContext(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "sku"}}, DoUpdates: clause.AssignmentColumns([]string{"stock"}),
	}).Create(&it).Error
}

func (p gormPeer) delete(ctx context.Context, id int64) error {
	return p.db.WithContext(ctx).Delete(&item{}, id).Error
}

func (p gormPeer) count(ctx context.Context, stock int64) (n int64, err error) {
	err = p.db.WithContext(ctx).Model(&item{}).Where("active = ? AND stock < ?", true, stock).Count(&n).Error
	return n, err
}

func (p gormPeer) list(ctx context.Context, n int) (int64, error) {
	var items []item
	err := p.db.WithContext(ctx).Order("id").Limit(n).Find(&items).Error
	return sumItems(items), err
}

func (p gormPeer) bulkCreate(ctx context.Context, items []item) error {
	return p.db.WithContext(ctx).CreateInBatches(items, batch).Error
}

func (p gormPeer) order(ctx context.Context, user int64) (n int64, err error) {
	db := p.db.WithContext(ctx)
	do := func(tx func() *gorm.DB) {
		if err == nil {
			err = tx().Error
		}
	}
	order := gormOrder{UserID: user, Status: "new", Total: total}
	do(func() *gorm.DB { return db.Create(&order) })
	do(func() *gorm.DB { return db.Create(&gormOrderItem{OrderID: order.ID, ItemID: user, Quantity: quantity}) })
	do(func() *gorm.DB { return db.Model(&item{}).Where("id = ?", user).Update("stock", quantity) })
	do(func() *gorm.DB { return db.Create(&gormPayment{OrderID: order.ID, Amount: total}) })
	do(func() *gorm.DB { return db.Model(&gormOrder{}).Where("id = ?", order.ID).Update("status", "paid") })
	do(func() *gorm.DB { return db.Create(&gormInvoice{OrderID: order.ID, Total: total}) })
	do(func() *gorm.DB { return db.Model(&gormUserStat{}).Where("id = ?", user).Update("spent", total) })
	do(func() *gorm.DB { return db.Create(&gormNotification{UserID: user, Text: "Your order is paid"}) })
	do(func() *gorm.DB { return db.Create(&gormActivity{UserID: user, Action: "order"}) })
	do(func() *gorm.DB { return db.Model(&gormOrder{}).Where("user_id = ?", user).Count(&n) })
	return n, err
}

func (p gormPeer) close() error { return p.sql.Close() }
