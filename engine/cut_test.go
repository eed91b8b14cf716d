package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// A wire stands between an engine and its server, and breaks when it is told to:
// after so many bytes, once.
type wire struct {
	to string // the server's socket

	mu    sync.Mutex
	conns []net.Conn
	armed bool
	left  int // bytes until it breaks
	stall bool
	fromServer,
	broke bool
}

// wired returns the URL of a server behind a wire.
func wired(t *testing.T, dsn string) (string, *wire) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	dir, err := os.MkdirTemp("", "wire") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	socket := ".s.PGSQL." + q.Get("port")
	w := &wire{to: filepath.Join(q.Get("host"), socket)}
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { w.join(c) })
		}
	})
	t.Cleanup(func() {
		err := l.Close()
		w.cut()
		wg.Wait()
		if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return u.String(), w
}

// breakAfter arms the wire: after so many bytes one way it is cut, or stalls.
func (w *wire) breakAfter(bytes int, fromServer, stall bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed, w.left, w.fromServer, w.stall, w.broke = true, bytes, fromServer, stall, false
}

// mend disarms the wire and reports whether it broke.
func (w *wire) mend() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	return w.broke
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close() // one that is closed already
	}
	w.conns = nil
}

// join carries a connection.
func (w *wire) join(client net.Conn) {
	server, err := net.Dial("unix", w.to)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.conns = append(w.conns, client, server)
	w.mu.Unlock()
	var wg sync.WaitGroup
	wg.Go(func() { w.carry(server, client, false) })
	wg.Go(func() { w.carry(client, server, true) })
	wg.Wait()
}

func (w *wire) carry(to, from net.Conn, fromServer bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		whole, stall := w.take(&n, fromServer)
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
		switch {
		case whole:
		case stall:
			_, _ = io.Copy(io.Discard, from) // until someone gives up
			return
		default:
			w.cut()
			return
		}
	}
}

// take lowers n to what still goes through.
func (w *wire) take(n *int, fromServer bool) (whole, stall bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.armed || fromServer != w.fromServer {
		return true, false
	}
	if *n <= w.left {
		w.left -= *n
		return true, false
	}
	*n, w.armed, w.broke = w.left, false, true
	return false, w.stall
}

// A connection that is cut anywhere in a transaction, or in an operation, leaves all
// of it or nothing, an error with a code, and an engine that goes on. Nothing is
// done twice.
func TestConnectionCut(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, engine.DefaultRetries} {
		for _, fromServer := range []bool{false, true} {
			t.Run(fmt.Sprintf("retries=%d,fromServer=%v", retries, fromServer), func(t *testing.T) {
				t.Parallel()
				dsn, w := wired(t, testdb.Postgres(t))
				db := open(t, dsn, trips, engine.WithPoolSize(1), engine.WithRetries(retries))
				run(t, db, trip(uuid.NewString()), nil)
				broken, failed := 0, 0
				cutEverywhere := func(work func(id string) error) {
					for at, broke := 0, true; broke; at += often(37, 1) {
						id := uuid.NewString()
						w.breakAfter(at, fromServer, false)
						err := work(id)
						if broke = w.mend(); broke {
							broken++
						}
						if err != nil {
							failed++
						}
						afterCut(t, db, id, at, err)
					}
				}
				cutEverywhere(func(id string) error {
					_, err := db.Run(t.Context(), trip(id))
					return err
				})
				wholeTrips(t, db)
				cutEverywhere(func(id string) error {
					return errOf(db.Model("Trip").Create(t.Context(), P{"id": id, "done": true}))
				})
				t.Logf("cut %d times, %d failed", broken, failed)
				if broken < 10 || retries == 0 && failed < broken/2 {
					t.Errorf("%d of %d cuts were felt", failed, broken)
				}
			})
		}
	}
}

// afterCut checks what the cut left of a trip.
func afterCut(t *testing.T, db *engine.Engine, id string, at int, err error) {
	t.Helper()
	read := func() (P, error) {
		return db.Model("Trip").Read(t.Context(), P{"id": id, "raise_on_not_found": false})
	}
	out, readErr := read()
	if readErr != nil { // without retries, it meets a connection that was cut while idle
		if out, readErr = read(); readErr != nil {
			t.Fatalf("after %d bytes: the engine does not go on: %v", at, readErr)
		}
	}
	var coded *errcatalog.Error
	switch there := out["found"] == true; {
	case err == nil && !there:
		t.Errorf("cut after %d bytes: it went well, and nothing is there", at)
	case err != nil && !errors.As(err, &coded):
		t.Errorf("cut after %d bytes: %v has no code", at, err)
	case err != nil && coded.Code != errcatalog.DF511 && coded.Code != errcatalog.DF402:
		t.Errorf("cut after %d bytes: %v", at, err)
	}
}

// A server that falls silent is waited for as long as the caller says.
func TestConnectionStalls(t *testing.T) {
	t.Parallel()
	dsn, w := wired(t, testdb.Server(t).DSN())
	db := open(t, dsn, trips, engine.WithPoolSize(1))
	run(t, db, trip(uuid.NewString()), nil)
	for i := range 3 {
		// A busy machine may not get as far as the stall in the first time limit.
		for limit, stalled := 100*time.Millisecond, false; !stalled; limit *= 4 {
			if limit > time.Minute {
				t.Fatal("the wire did not stall")
			}
			w.breakAfter(50*i, true, true)
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			err := errOf(db.Model("Trip").Create(ctx, P{"id": uuid.NewString(), "done": true}))
			cancel()
			if stalled = w.mend(); stalled || err != nil {
				want(t, err, errcatalog.DF505)
			}
		}
		must(t)(db.Model("Trip").Count(t.Context(), nil))
	}
}
