package sextant

import (
	"math"
	"testing"
)

func TestArmsAreChosenByWeight(t *testing.T) {
	weights := []float64{1, 2, 1}
	counts := make([]float64, len(weights))
	const count = 400_000
	for iteration := range uint64(count) {
		counts[choose(weights, dice(7, iteration))]++
	}
	for index, weight := range weights {
		expected := count * weight / 4
		if math.Abs(counts[index]-expected) > 5*math.Sqrt(expected) {
			t.Errorf("arm %d was chosen %v times of %v", index, counts[index], expected)
		}
	}
}

func TestDiceKnowNothingOfTheirNeighbours(t *testing.T) {
	// The correlation of an iteration with the next, and of a seed with the next.
	const count = 200_000
	var next, seed float64
	for iteration := range uint64(count) {
		own := dice(1, iteration) - 0.5
		next += own * (dice(1, iteration+1) - 0.5)
		seed += own * (dice(2, iteration) - 0.5)
	}
	for name, sum := range map[string]float64{"next": next, "seed": seed} {
		if correlation := 12 * sum / count; math.Abs(correlation) > 5/math.Sqrt(count) {
			t.Errorf("%s: correlation %v", name, correlation)
		}
	}
}

func TestChooseAtTheEnds(t *testing.T) {
	if choose([]float64{1, 1}, 0) != 0 || choose([]float64{1, 1}, 0.9999999) != 1 || choose([]float64{1, 1}, 1) != 1 {
		t.Error("the ends belong to the first and the last")
	}
}
