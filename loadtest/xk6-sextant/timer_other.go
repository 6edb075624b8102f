//go:build !linux

package sextant

import "time"

// preciseTimer is Go's own timer where there is no timerfd.
type preciseTimer struct{}

func newPreciseTimer() *preciseTimer { return &preciseTimer{} }

func (*preciseTimer) sleep(duration time.Duration) { time.Sleep(duration) }

func (*preciseTimer) close() {}

// processCPU is unknown, 0.
func processCPU() time.Duration { return 0 }
