package sextant

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

var update = flag.Bool("update", false, "write what this side computes into testdata/vectors.json")

// vectors are shared with loadtest/k6/vectors_test.ts: each side checks what the other has written.
type vectors struct {
	Dice []struct {
		Seed      uint32  `json:"seed"`
		Iteration uint64  `json:"iteration"`
		Dice      float64 `json:"dice"`
	} `json:"dice"`
	Histograms []struct {
		Name   string           `json:"name"`
		Counts map[string]int64 `json:"counts"`
		P50    int64            `json:"p50"`
		P999   int64            `json:"p999"`
		// ByGo and ByTypeScript are the same histogram as each side encodes it.
		ByGo         string `json:"byGo"`
		ByTypeScript string `json:"byTypeScript"`
	} `json:"histograms"`
}

const vectorsPath = "testdata/vectors.json"

func readVectors(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile(vectorsPath)
	if err != nil {
		t.Fatal(err)
	}
	var found vectors
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func fromCounts(t *testing.T, counts map[string]int64) *hdr.Histogram {
	t.Helper()
	histogram := hdr.New(lowestUs, highestUs, digits)
	for text, count := range counts {
		var value int64
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := histogram.RecordValues(value, count); err != nil {
			t.Fatal(err)
		}
	}
	return histogram
}

func TestVectors(t *testing.T) {
	all := readVectors(t)
	if len(all.Dice) == 0 || len(all.Histograms) == 0 {
		t.Fatal("there are no vectors")
	}
	for index := range all.Dice {
		one := &all.Dice[index]
		got := dice(one.Seed, one.Iteration)
		if *update {
			one.Dice = got
		}
		if got != one.Dice {
			t.Errorf("dice(%d, %d) is %v, not %v", one.Seed, one.Iteration, got, one.Dice)
		}
	}
	for index := range all.Histograms {
		one := &all.Histograms[index]
		made := fromCounts(t, one.Counts)
		if *update {
			text, err := encode(made)
			if err != nil {
				t.Fatal(err)
			}
			one.ByGo, one.P50, one.P999 = text, made.ValueAtPercentile(50), made.ValueAtPercentile(99.9)
		}
		for side, text := range map[string]string{"Go": one.ByGo, "TypeScript": one.ByTypeScript} {
			decoded, err := hdr.Decode([]byte(text))
			if err != nil {
				t.Errorf("%s, by %s: %v", one.Name, side, err)
				continue
			}
			if !decoded.Equals(made) {
				t.Errorf("%s, by %s, holds other counts", one.Name, side)
			}
			if decoded.ValueAtPercentile(50) != one.P50 || decoded.ValueAtPercentile(99.9) != one.P999 {
				t.Errorf("%s, by %s: p50 %d, p99.9 %d, not %d and %d", one.Name, side,
					decoded.ValueAtPercentile(50), decoded.ValueAtPercentile(99.9), one.P50, one.P999)
			}
		}
	}
	if *update {
		text, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsPath, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
