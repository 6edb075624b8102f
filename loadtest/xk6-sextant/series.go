package sextant

import (
	"math"
	"sort"
	"sync"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Histograms hold microseconds up to a minute with three significant digits, as those of the load
// test in TypeScript: 140 kB each.
const (
	lowestUs  = 1
	highestUs = 60_000_000
	digits    = 3
)

// seriesMax bounds memory: past so many, what is new is counted under otherKey.
const seriesMax = 512

// key says of what a histogram is.
type key struct {
	kind, arm, step string
}

var otherKey = key{kind: "other", arm: "", step: ""}

// series is one histogram and what it counts besides.
type series struct {
	histogram *hdr.Histogram
	failed    int64
	// clamped are values above the highest, which are recorded as the highest.
	clamped int64
}

// table keeps a series per kind, arm and step.
type table struct {
	sync.Mutex
	series map[key]*series
	max    int
}

func newTable(max int) *table {
	return &table{series: map[key]*series{}, max: max}
}

// record counts a value of microseconds.
func (t *table) record(of key, valueUs float64, isFailed bool) {
	t.Lock()
	defer t.Unlock()
	found := t.series[of]
	if found == nil {
		if len(t.series) >= t.max && of != otherKey {
			of = otherKey
			found = t.series[of]
		}
		if found == nil {
			found = &series{histogram: hdr.New(lowestUs, highestUs, digits)}
			t.series[of] = found
		}
	}
	value := int64(math.Round(valueUs))
	if value < lowestUs {
		value = lowestUs
	}
	if value > highestUs {
		value = highestUs
		found.clamped++
	}
	// It is within what the histogram takes.
	_ = found.histogram.RecordValue(value)
	if isFailed {
		found.failed++
	}
}

// keys are in order, so that the same counts give the same file.
func (t *table) keys() []key {
	keys := make([]key, 0, len(t.series))
	for one := range t.series {
		keys = append(keys, one)
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if a.arm != b.arm {
			return a.arm < b.arm
		}
		if a.kind != b.kind {
			return a.kind < b.kind
		}
		return a.step < b.step
	})
	return keys
}

// encode is a histogram in the compressed V2 encoding, in base64.
func encode(histogram *hdr.Histogram) (string, error) {
	bytes, err := histogram.Encode(hdr.V2CompressedEncodingCookieBase)
	return string(bytes), err
}
