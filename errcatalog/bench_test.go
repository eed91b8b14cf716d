package errcatalog_test

import (
	"strconv"
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// BenchmarkFull makes errors of patterns that were never seen.
func BenchmarkFull(b *testing.B) {
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{})
	f := missingEmail()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		f.Details.Node = "n" + strconv.Itoa(i)
		_ = e.Error(f)
	}
}

// BenchmarkCached makes errors of one pattern.
func BenchmarkCached(b *testing.B) {
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{})
	f := missingEmail()
	b.ReportAllocs()
	for b.Loop() {
		_ = e.Error(f)
	}
}

func BenchmarkMinimal(b *testing.B) { benchmark(b, errcatalog.Minimal) }

func BenchmarkDisabled(b *testing.B) { benchmark(b, errcatalog.Disabled) }

func benchmark(b *testing.B, mode errcatalog.Mode) {
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: mode})
	f := missingEmail()
	b.ReportAllocs()
	for b.Loop() {
		_ = e.Error(f)
	}
}
