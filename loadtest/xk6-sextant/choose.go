package sextant

// mix32 is the finalizer of MurmurHash3 (Appleby 2011): every bit of its input changes half of the
// bits of its output.
func mix32(value uint32) uint32 {
	value ^= value >> 16
	value *= 0x85ebca6b
	value ^= value >> 13
	value *= 0xc2b2ae35
	value ^= value >> 16
	return value
}

// dice is a number from 0 to 1 for an iteration, the same in every process: segments of a test choose
// what the whole test would have chosen. loadtest/k6/choose.ts computes the same.
func dice(seed uint32, iteration uint64) float64 {
	low := uint32(iteration)
	high := uint32(iteration >> 32)
	hash := mix32(mix32(mix32(seed+0x9e3779b9)^low) + high)
	return float64(hash) / (1 << 32)
}

// choose is the index of the weight that a dice falls on.
func choose(weights []float64, dice float64) int {
	sum := 0.0
	for _, weight := range weights {
		sum += weight
	}
	rest := dice * sum
	for index, weight := range weights {
		if rest < weight {
			return index
		}
		rest -= weight
	}
	return len(weights) - 1
}
