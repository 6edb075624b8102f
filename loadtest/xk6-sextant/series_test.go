package sextant

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// TestSegmentsMergeExactly splits values as segments do, and merges what they wrote.
func TestSegmentsMergeExactly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	whole := newTable(seriesMax)
	parts := []*table{newTable(seriesMax), newTable(seriesMax), newTable(seriesMax)}
	of := key{"request", "off", "get"}
	for index := range 200_000 {
		valueUs := 100 + random.ExpFloat64()*5000
		whole.record(of, valueUs, false)
		parts[index%3].record(of, valueUs, false)
	}
	merged := hdr.New(lowestUs, highestUs, digits)
	for _, part := range parts {
		text, err := encode(part.series[of].histogram)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := hdr.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if dropped := merged.Merge(decoded); dropped != 0 {
			t.Fatalf("%d values were lost", dropped)
		}
	}
	one, _ := encode(whole.series[of].histogram)
	other, _ := encode(merged)
	if one != other {
		t.Error("the merged histogram is not the whole one")
	}
}

func TestSeriesAreBounded(t *testing.T) {
	small := newTable(2)
	for _, arm := range []string{"a", "b", "c", "d", "a"} {
		small.record(key{"request", arm, ""}, 5, arm == "d")
	}
	if len(small.series) != 3 || small.series[otherKey].histogram.TotalCount() != 2 {
		t.Errorf("%d series, %v", len(small.series), small.keys())
	}
	if small.series[otherKey].failed != 1 {
		t.Error("a failure was lost")
	}
}

func TestValuesOutsideAreCounted(t *testing.T) {
	own := newTable(1)
	of := key{"request", "a", ""}
	for _, valueUs := range []float64{-3, 0.2, 7, 1e9} {
		own.record(of, valueUs, false)
	}
	found := own.series[of]
	if found.histogram.TotalCount() != 4 || found.clamped != 1 || found.histogram.Min() != 1 {
		t.Errorf("count %d, clamped %d", found.histogram.TotalCount(), found.clamped)
	}
}

func TestSegmentFileIsTheSameForTheSameCounts(t *testing.T) {
	write := func(arms ...string) string {
		own := newTable(seriesMax)
		for _, arm := range arms {
			own.record(key{"request", arm, "get"}, 100, false)
		}
		var text bytes.Buffer
		err := writeSegment(&text, segmentHead{Segment: "0:1", Sequence: "0,1"}, own, segmentEnd{IsComplete: true})
		if err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	text := write("b", "a")
	if text != write("a", "b") {
		t.Error("the order of arms is in the file")
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, `{"sextant":`) || !json.Valid([]byte(line)) {
			t.Errorf("not ours: %s", line)
		}
	}
}
