package sextant

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// heapMax is where the heap is collected between two slots, which takes some ten milliseconds, and
// heapLimit where it is within one. A heap that is kept small is memory that was used before: new
// pages cost more than what is done with them.
const (
	heapMax   = 32 << 20
	heapLimit = 1 << 30
)

// collector keeps Go's garbage collection out of slots: on one core it holds requests up by tens of
// milliseconds, which would be taken for the server's.
type collector struct {
	heap []metrics.Sample
}

func newCollector() *collector {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heapLimit)
	return &collector{heap: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}}
}

// between collects when it is worth it, after a slot and before its reply.
func (c *collector) between() {
	metrics.Read(c.heap)
	if c.heap[0].Value.Uint64() > heapMax {
		runtime.GC()
	}
}
